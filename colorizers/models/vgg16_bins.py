"""Hwang and Zhou's final network: u* and v* as classes, each cut into bins, and an annealed mean.

A regression chooses the mean of the likely colours, which is dim; classes need not.
"""

import keras
import numpy as np
from keras import layers

from colorizers.models.class_encoder import annealed_mean
from colorizers.models.vgg16_regression import UV, VGG16, creating_side, uv_to_ab
from training.encoders.table import ENCODERS, STRIDE
from training.registry import BINS_UV, ModelSpec

N_BINS = 50  # of u* and of v*, of width 4 from -100 to 100: ours, the source is silent
CENTRES = np.linspace(1 / N_BINS - 1, 1 - 1 / N_BINS, N_BINS, dtype=np.float32)  # u*/100 of each
UV_LOGITS = "uv_bins"  # the layer of a logit for each bin of u*, then of v*


def build(width: float = 1.0, depth: int | None = None, backbone: str = VGG16) -> keras.Model:
    """(N, H, W, 1) lightness -> (N, H, W, 2) ab; H, W multiples of 32. The encoder learns."""
    lightness = keras.Input((None, None, 1), name="lightness")
    x = creating_side(ENCODERS[backbone].build(width, depth)(lightness), width)
    logits = layers.Conv2D(2 * N_BINS, 1, dtype="float32", name=UV_LOGITS)(x)
    means = [annealed_mean(one, CENTRES[:, None]) for one in keras.ops.split(logits, 2, axis=-1)]
    uv = layers.Concatenate(dtype="float32", name=UV)(means)  # (N, H/2, W/2, 2)
    return keras.Model(lightness, uv_to_ab(lightness, uv, 2), name="vgg16_bins")


SPEC = ModelSpec(
    name="vgg16_bins",
    build=build,
    n_params=16_694_856,
    source="Hwang & Zhou 2016, final model; the decoder is ours, as shared_encoder",
    licence="CC-BY-4.0",
    task=BINS_UV,
    stride=STRIDE,
)
