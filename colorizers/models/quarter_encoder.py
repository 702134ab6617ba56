"""`shared_encoder` that predicts at a quarter of the size: the last doubling is left out.

Chrominance is coarse, and the full-size photo's own edges sharpen it afterwards: see
`imaging/upsampling.py`. The convolution at H/2 is the dearest of the decoder.
"""

import keras

from colorizers.models.shared_encoder import (
    FILTERS,
    ON_ENCODER,
    Change,
    Tensors,
    join_skips,
    on_encoder,
    reduce_top,
    skips,
    to_ab,
    unchanged,
)
from training.encoders.table import USUAL
from training.registry import ModelSpec


def build(width: float = 1.0, depth: int | None = None, backbone: str = USUAL) -> keras.Model:
    """(N, H, W, 1) lightness -> (N, H, W, 2) ab; H, W multiples of 32. The encoder is frozen."""
    return on_encoder("quarter_encoder", decode, width, depth, backbone)


def decode(features: Tensors, width: float = 1.0) -> keras.KerasTensor:
    """The encoder's five feature maps -> (N, H, W, 2) ab."""
    return to_ab(quarter_features(features, width), size=4)


def quarter_features(
    features: Tensors, width: float = 1.0, change: Change = unchanged
) -> keras.KerasTensor:
    """The encoder's five feature maps -> (N, H/4, W/4, 48); `change` as `join_skips` has it."""
    x = reduce_top(features[-1], width, change=change)
    return join_skips(x, skips(features)[:3], width, FILTERS[:3], change)


SPEC = ModelSpec(
    name="quarter_encoder",
    build=build,
    n_params=3_391_362,
    source="ours; as shared_encoder",
    **ON_ENCODER,
)
