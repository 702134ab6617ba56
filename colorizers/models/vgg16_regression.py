"""Hwang and Zhou's baseline: VGG16 sums a photo up, a decoder that joins its maps colours it.

It predicts u*, v* of CIELUV; what leaves the network is a*, b* of the same colours.
"""

import keras
from keras import layers

from colorizers.models.shared_encoder import Tensors, join_skips, reduce_top, skips
from training.encoders.table import ENCODERS, STRIDE
from training.luv_ops import lab_of_luv
from training.registry import REGRESSION_UV, ModelSpec

VGG16 = "vgg16"
UV = "uv"  # the layer of u*/100, v*/100


def build(width: float = 1.0, depth: int | None = None, backbone: str = VGG16) -> keras.Model:
    """(N, H, W, 1) lightness -> (N, H, W, 2) ab; H, W multiples of 32. The encoder learns."""
    lightness = keras.Input((None, None, 1), name="lightness")
    x = creating_side(ENCODERS[backbone].build(width, depth)(lightness), width)
    uv = layers.Conv2D(2, 3, padding="same", kernel_initializer="zeros", dtype="float32", name=UV)(
        x
    )  # (N, H/2, W/2, 2); zero at first: training starts from gray
    return keras.Model(lightness, uv_to_ab(lightness, uv, 2), name="vgg16_regression")


def creating_side(features: Tensors, width: float) -> keras.KerasTensor:
    """The encoder's five feature maps -> (N, H/2, W/2, 32)."""
    return join_skips(reduce_top(features[-1], width), skips(features), width)


def uv_to_ab(lightness: keras.KerasTensor, uv: keras.KerasTensor, size: int) -> keras.KerasTensor:
    """(N, H, W, 1) lightness, (N, H/size, W/size, 2) u*/100, v*/100 -> (N, H, W, 2) ab."""
    large = layers.UpSampling2D(size, interpolation="bilinear", dtype="float32")(uv)
    return lab_of_luv(lightness, large)


SPEC = ModelSpec(
    name="vgg16_regression",
    build=build,
    n_params=16_692_034,
    source="Hwang & Zhou 2016, Fig. 2; the decoder is ours, as shared_encoder",
    licence="CC-BY-4.0",
    task=REGRESSION_UV,
    stride=STRIDE,
)
