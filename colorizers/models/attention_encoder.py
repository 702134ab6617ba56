"""`shared_encoder` whose decoder compares every place of the photo with every other one.

Self-attention at H/32 and H/16 lets two far parts of one sky, or of one dress, agree on a colour.
It is added to what it looks at, by a factor per channel that is zero at first.
Vaswani et al. 2017, section 3.2; the factor: Touvron et al. 2021 (LayerScale), section 2.
"""

import keras
from keras import layers

from colorizers.models.shared_encoder import (
    FILTERS,
    ON_ENCODER,
    Tensors,
    join_skips,
    on_encoder,
    reduce_top,
    skips,
    to_ab,
)
from training.encoders.mobilenet_v2 import scaled
from training.encoders.table import USUAL
from training.registry import ModelSpec

HEADS, KEY_SIZE = 4, 32  # ours


def build(width: float = 1.0, depth: int | None = None, backbone: str = USUAL) -> keras.Model:
    """(N, H, W, 1) lightness -> (N, H, W, 2) ab; H, W multiples of 32. The encoder is frozen."""
    return on_encoder("attention_encoder", decode, width, depth, backbone)


def decode(features: Tensors, width: float = 1.0) -> keras.KerasTensor:
    """The encoder's five feature maps -> (N, H, W, 2) ab."""
    coarse, *finer = skips(features)
    x = attend(reduce_top(features[-1], width), width)  # (N, H/32, W/32, 256)
    x = attend(join_skips(x, [coarse], width, FILTERS[:1]), width)  # (N, H/16, W/16, 192)
    return to_ab(join_skips(x, finer, width, FILTERS[1:]))


def attend(x: keras.KerasTensor, width: float = 1.0) -> keras.KerasTensor:
    """(N, h, w, c) -> (N, h, w, c), each place with what it takes from all places."""
    normal = layers.LayerNormalization()(x)
    attention = layers.MultiHeadAttention(HEADS, scaled(KEY_SIZE, width), attention_axes=(1, 2))
    taken = attention(normal, normal)
    factor = layers.DepthwiseConv2D(1, use_bias=False, depthwise_initializer="zeros")
    return layers.Add()([x, factor(taken)])


SPEC = ModelSpec(
    name="attention_encoder",
    build=build,
    n_params=3_641_570,
    source="ours; attention: Vaswani et al. 2017, section 3.2",
    **ON_ENCODER,
)
