"""EfficientNet-Lite on lightness: a stronger encoder in the place of MobileNetV2.

Tan & Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019, Table 1;
the Lite variants drop squeeze-and-excitation, take relu6 and leave stem and head unscaled
(github.com/tensorflow/tpu, models/official/efficientnet/lite). Batch normalization is folded in.
"""

import math
from pathlib import Path

import keras
from keras import layers

from basics.errors import CheckpointError
from training.encoders import ENCODER
from training.encoders.mobilenet_v2 import convolutions_of, read_folded, scaled, set_folded

STAGES = (  # expansion, filters, blocks, stride of the first block, side of the depthwise kernel
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
SCALING = {"lite0": (1.0, 1.0), "lite1": (1.0, 1.1), "lite2": (1.1, 1.2)}  # of filters, of blocks
STEM_FILTERS, TOP_FILTERS = 32, 1280
STRIDE = 32  # heights and widths must be multiples of it


def build_encoder(
    width: float = 1.0, depth: int | None = None, *, variant: str = "lite0", channels: int = 1
) -> keras.Model:
    """(N, H, W, 1) lightness -> five feature maps; H and W multiples of 32.

    Args:
        width: factor of all filters, beside the variant's own: for small networks in tests.
        depth: at most so many blocks in each stage; None takes all.
        variant: one of `SCALING`.
        channels: 1 for lightness; 3 for sRGB, 0 to 1, as ImageNet's photos are.

    Returns:
        A network with the outputs (N, H/2, W/2, 16), (N, H/4, W/4, 24), (N, H/8, W/8, 40),
        (N, H/16, W/16, 112): the inputs of the blocks of stride 2; (N, H/32, W/32, 1280): the top.
        In lite2 these are 16, 24, 48, 120 and 1280 wide.
    """
    given = keras.Input((None, None, channels), name="lightness" if channels == 1 else "rgb")
    x = layers.Rescaling(255 / 128, offset=-127 / 128)(given)  # (RGB - 127) / 128
    if channels == 1:
        x = layers.Concatenate()([x, x, x])
    x = _convolution(x, scaled(STEM_FILTERS, width), 3, stride=2)  # (N, H/2, W/2, 32)
    features = []
    for expansion, filters, blocks, first_stride, side in stages(variant):
        for block in range(min(blocks, depth or blocks)):
            stride = first_stride if block == 0 else 1
            if stride == 2:
                features.append(x)
            y = _convolution(x, x.shape[-1] * expansion, 1) if expansion > 1 else x
            y = layers.DepthwiseConv2D(side, stride, padding="same")(y)
            y = _convolution(layers.ReLU(6.0)(y), scaled(filters, width), 1, relu=False)
            x = layers.Add()([x, y]) if block else y
    features.append(_convolution(x, scaled(TOP_FILTERS, width), 1))  # (N, H/32, W/32, 1280)
    return keras.Model(given, features, name=ENCODER)


def stages(variant: str) -> list[tuple[int, int, int, int, int]]:
    """`STAGES` with the filters and blocks of a variant; first and last stage keep their blocks."""
    wide, deep = SCALING[variant]
    last = len(STAGES) - 1
    return [
        (t, _round(c * wide), n if i in (0, last) else math.ceil(n * deep), stride, side)
        for i, (t, c, n, stride, side) in enumerate(STAGES)
    ]


def load_encoder_weights(
    encoder: keras.Model, weights: str | Path, *, variant: str = "lite0"
) -> None:
    """Start an encoder from ImageNet weights.

    Args:
        encoder: as `build_encoder` makes it.
        weights: path of an .npz file with the keys `00_w`, `00_b`, ...: kernels (kh, kw, in, out),
            depthwise (kh, kw, c, 1), and biases, batch normalization folded in, in network order.
        variant: whose weights they are.

    Raises:
        CheckpointError: the weights cannot be had, or do not fit.
    """
    name, path = f"EfficientNet-{variant.title()}", Path(weights)
    if str(weights) == "imagenet":
        raise CheckpointError(
            f"Keras has no weights of {name} to download",
            "--weights imagenet",
            "give a file that you have: --weights PATH; or train from scratch: --weights none",
        )
    number = len(convolutions_of(encoder))
    set_folded(encoder, read_folded(path, number, name), str(path), name)


def _round(filters: float) -> int:
    """To the nearest multiple of 8, but never down by more than a tenth."""
    rounded = max(8, int(filters + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * filters else rounded


def _convolution(
    x: keras.KerasTensor, filters: int, side: int, *, stride: int = 1, relu: bool = True
) -> keras.KerasTensor:
    x = layers.Conv2D(filters, side, stride, padding="same")(x)
    return layers.ReLU(6.0)(x) if relu else x
