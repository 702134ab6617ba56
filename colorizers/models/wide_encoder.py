"""`shared_encoder` with a wider decoder: twice the neck, half as many filters more after it."""

import keras

from colorizers.models.shared_encoder import (
    ON_ENCODER,
    Tensors,
    join_skips,
    on_encoder,
    reduce_top,
    skips,
    to_ab,
)
from training.encoders.table import USUAL
from training.registry import ModelSpec

NECK = 512  # filters to which the 1280 of the top are reduced
FILTERS = (320, 160, 64, 32)  # filters after each upsampling; all ours


def build(width: float = 1.0, depth: int | None = None, backbone: str = USUAL) -> keras.Model:
    """(N, H, W, 1) lightness -> (N, H, W, 2) ab; H, W multiples of 32. The encoder is frozen."""
    return on_encoder("wide_encoder", decode, width, depth, backbone)


def decode(features: Tensors, width: float = 1.0) -> keras.KerasTensor:
    """The encoder's five feature maps -> (N, H, W, 2) ab."""
    x = reduce_top(features[-1], width, NECK)  # (N, H/32, W/32, 512)
    return to_ab(join_skips(x, skips(features), width, FILTERS))


SPEC = ModelSpec(
    name="wide_encoder",
    build=build,
    n_params=5_254_050,
    source="ours; as shared_encoder",
    **ON_ENCODER,
)
