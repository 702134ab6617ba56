"""VGG16's convolutions on lightness: the summarizing side of Hwang and Zhou's networks.

Simonyan & Zisserman 2014, configuration D. Weights are Keras' download, or an .npz file of kernels
and biases in network order, as `training.encoders.mobilenet_v2.read_folded` takes them.
"""

import sys
from contextlib import redirect_stdout
from pathlib import Path

import keras
from keras import layers

from basics.errors import CheckpointError
from training.encoders import ENCODER
from training.encoders.mobilenet_v2 import (
    Convolutions,
    convolutions_of,
    read_folded,
    scaled,
    set_folded,
)

BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))  # filters, convolutions
MEANS = (-103.939, -116.779, -123.68)  # of ImageNet's blue, green and red, 0 to 255, subtracted


def build_encoder(width: float = 1.0, depth: int | None = None) -> keras.Model:
    """(N, H, W, 1) lightness -> five feature maps; H and W multiples of 32.

    Args:
        width: factor of all filters: for small networks in tests.
        depth: at most so many convolutions in each block; None takes all.

    Returns:
        A network with the five pooled maps as outputs, (N, H/2, W/2, 64) to (N, H/32, W/32, 512).
    """
    lightness = keras.Input((None, None, 1), name="lightness")
    x = layers.Concatenate()([lightness, lightness, lightness])
    x = layers.Rescaling(255.0, offset=list(MEANS))(x)
    features = []
    for filters, convolutions in BLOCKS:
        for _ in range(min(convolutions, depth or convolutions)):
            x = layers.Conv2D(scaled(filters, width), 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
        features.append(x)
    return keras.Model(lightness, features, name=ENCODER)


def load_encoder_weights(encoder: keras.Model, weights: str | Path) -> None:
    """Start an encoder from ImageNet weights: "imagenet" is Keras' download, else an .npz file.

    Raises:
        CheckpointError: the weights cannot be had, or do not fit.
    """
    number = len(convolutions_of(encoder))
    is_download = str(weights) == "imagenet"
    source = _from_keras() if is_download else read_folded(Path(weights), number, "VGG16")
    set_folded(encoder, source, str(weights), "VGG16")


def _from_keras() -> Convolutions:
    try:
        with redirect_stdout(sys.stderr):  # where Keras prints its progress
            model = keras.applications.VGG16(include_top=False, weights="imagenet")
    except Exception as error:  # Keras raises a plain Exception where a download fails
        raise CheckpointError(
            f"cannot download the ImageNet weights: {error}",
            "--encoder imagenet",
            "give a file that you have",
        ) from error
    kernels = [one for one in model.layers if isinstance(one, layers.Conv2D)]
    return [tuple(one.get_weights()) for one in kernels]
