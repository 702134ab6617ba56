"""MobileNetV2 on lightness: the encoder that the router and `shared_encoder` both build on.

Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018, Table 2, width 1.0.
Batch normalization is folded into the convolutions: half the time per training step on a CPU.
"""

import sys
from contextlib import redirect_stdout
from pathlib import Path
from zipfile import BadZipFile

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from basics.errors import CheckpointError
from training.encoders import ENCODER

NAME = "MobileNetV2 1.0"
STAGES = (  # expansion, filters, blocks, stride of the first block
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
TOP_FILTERS = 1280
STRIDE = 32  # heights and widths must be multiples of it

Convolutions = list[tuple[NDArray[np.float32], NDArray[np.float32]]]  # kernel, bias


def build_encoder(width: float = 1.0, depth: int | None = None) -> keras.Model:
    """(N, H, W, 1) lightness -> five feature maps; H and W multiples of 32.

    Args:
        width: factor of all filters (section 4, "width multiplier").
        depth: at most so many blocks in each stage; None takes all.

    Returns:
        A network with the outputs (N, H/2, W/2, 16), (N, H/4, W/4, 24), (N, H/8, W/8, 32),
        (N, H/16, W/16, 96): the inputs of the blocks of stride 2; (N, H/32, W/32, 1280): the top.
    """
    lightness = keras.Input((None, None, 1), name="lightness")
    x = layers.Rescaling(2.0, offset=-1.0)(lightness)  # ImageNet's range -1 .. 1
    x = layers.Concatenate()([x, x, x])
    x = _convolution(x, scaled(32, width), 3, stride=2)  # (N, H/2, W/2, 32)
    x = _depthwise(x, stride=1)
    x = _convolution(x, scaled(16, width), 1, relu=False)
    features = []
    for expansion, filters, blocks, first_stride in STAGES:
        for block in range(min(blocks, depth or blocks)):
            stride = first_stride if block == 0 else 1
            if stride == 2:
                features.append(x)
            y = _convolution(x, x.shape[-1] * expansion, 1)
            y = _depthwise(y, stride=stride)
            y = _convolution(y, scaled(filters, width), 1, relu=False)
            x = layers.Add()([x, y]) if block else y
    features.append(_convolution(x, scaled(TOP_FILTERS, width), 1))  # (N, H/32, W/32, 1280)
    return keras.Model(lightness, features, name=ENCODER)


def scaled(filters: int, width: float) -> int:
    """A number of filters times a factor, at least 2."""
    return max(2, round(filters * width))


def load_encoder_weights(encoder: keras.Model, weights: str) -> None:
    """Start an encoder from ImageNet weights.

    Args:
        encoder: as `build_encoder` makes it.
        weights: "imagenet" (Keras' own download), or the path of an .npz file with the keys
            `00_w`, `00_b`, ... `51_w`, `51_b`: kernels (kh, kw, in, out), depthwise (kh, kw, c, 1),
            and biases, batch normalization folded in.

    Raises:
        CheckpointError: the weights cannot be had, or do not fit.
    """
    number = len(convolutions_of(encoder))
    source = _from_keras() if weights == "imagenet" else read_folded(Path(weights), number, NAME)
    set_folded(encoder, source, weights, NAME)


def set_folded(encoder: keras.Model, source: Convolutions, weights: str, of: str) -> None:
    """Give the convolutions of an encoder their kernels and biases, in network order.

    Args:
        encoder: a network whose batch normalization is folded in.
        source: as many kernels and biases as it has convolutions.
        weights: where they came from, for the error.
        of: the network that they should be of, for the error.

    Raises:
        CheckpointError: they do not fit.
    """
    for layer, (kernel, bias) in zip(convolutions_of(encoder), source, strict=True):
        for name, own, given in (("kernel", layer.kernel, kernel), ("bias", layer.bias, bias)):
            if own.shape != given.shape:
                raise CheckpointError(
                    f"{name} of {layer.name} is {given.shape}, not {tuple(own.shape)}",
                    weights,
                    f"give weights of {of}, batch normalization folded in",
                )
        layer.set_weights([kernel, bias])


def convolutions_of(encoder: keras.Model) -> list[keras.Layer]:
    """The convolutions of an encoder, in network order."""
    return [layer for layer in encoder.layers if _is_convolution(layer)]


def _convolution(
    x: keras.KerasTensor, filters: int, side: int, *, stride: int = 1, relu: bool = True
) -> keras.KerasTensor:
    x = layers.Conv2D(filters, side, stride, padding="same")(x)
    return layers.ReLU(6.0)(x) if relu else x


def _depthwise(x: keras.KerasTensor, *, stride: int) -> keras.KerasTensor:
    return layers.ReLU(6.0)(layers.DepthwiseConv2D(3, stride, padding="same")(x))


def _is_convolution(layer: keras.Layer) -> bool:
    return isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D)


def read_folded(path: Path, number: int, of: str) -> Convolutions:
    """So many kernels and biases `00_w`, `00_b`, ... of an .npz file, in network order.

    Raises:
        CheckpointError: there is no such file, or it does not hold the weights of `of`.
    """
    if not path.is_file():
        raise CheckpointError(
            "no such weights", path, "give `imagenet`, `none` or the path of an .npz file"
        )
    try:
        with path.open("rb") as file, np.lib.npyio.NpzFile(file) as stored:
            return [(stored[f"{i:02d}_w"], stored[f"{i:02d}_b"]) for i in range(number)]
    except (KeyError, OSError, ValueError, BadZipFile) as error:
        raise CheckpointError(
            f"cannot read the weights: {error}", path, f"give weights of {of} as .npz"
        ) from error


def _from_keras() -> Convolutions:
    """Kernels and biases from Keras' download, its batch normalization folded in."""
    try:
        with redirect_stdout(sys.stderr):  # where Keras prints its progress
            model = keras.applications.MobileNetV2(
                (224, 224, 3), include_top=False, weights="imagenet"
            )
    except Exception as error:  # Keras raises a plain Exception where a download fails
        raise CheckpointError(
            f"cannot download the ImageNet weights: {error}",
            "--weights imagenet",
            "give a file that you have: --weights PATH; or train from scratch: --weights none",
        ) from error
    return fold_batch_normalization(model)


def fold_batch_normalization(model: keras.Model) -> Convolutions:
    """Fold each batch normalization of a Keras MobileNetV2 into the convolution before it."""
    convolutions = convolutions_of(model)
    norms = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
    folded: Convolutions = []
    for convolution, norm in zip(convolutions, norms, strict=True):
        gamma, beta, mean, variance = (np.asarray(weight) for weight in norm.get_weights())
        scale = gamma / np.sqrt(variance + norm.epsilon)
        kernel = np.asarray(convolution.get_weights()[0])
        depthwise = isinstance(convolution, layers.DepthwiseConv2D)
        folded.append((kernel * (scale[:, None] if depthwise else scale), beta - mean * scale))
    return folded
