"""`shared_encoder` whose decoder also sees the whole photo at once: what kind of scene it is.

The mean of the encoder's top over the photo goes through a dense layer and is added everywhere
where the decoder begins, as the global features of Iizuka et al. 2016, section 3.3, are fused.
"""

import keras
from keras import layers

from colorizers.models.shared_encoder import (
    NECK,
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


def build(width: float = 1.0, depth: int | None = None, backbone: str = USUAL) -> keras.Model:
    """(N, H, W, 1) lightness -> (N, H, W, 2) ab; H, W multiples of 32. The encoder is frozen."""
    return on_encoder("global_encoder", decode, width, depth, backbone)


def decode(features: Tensors, width: float = 1.0) -> keras.KerasTensor:
    """The encoder's five feature maps -> (N, H, W, 2) ab."""
    scene = layers.GlobalAveragePooling2D(keepdims=True)(features[-1])  # (N, 1, 1, 1280)
    scene = layers.Dense(scaled(NECK, width), activation="relu")(scene)
    x = layers.Add()([reduce_top(features[-1], width), scene])  # (N, H/32, W/32, 256)
    return to_ab(join_skips(x, skips(features), width))


SPEC = ModelSpec(
    name="global_encoder",
    build=build,
    n_params=3_409_634 + 1280 * NECK + NECK,
    source="ours; fusion: Iizuka et al. 2016, section 3.3",
    **ON_ENCODER,
)
