"""`class_encoder` that predicts at a quarter of the size, as `quarter_encoder` does.

There are four times fewer places of which each has a probability for each colour.
"""

import keras

from colorizers.models.class_encoder import classes_to_ab, n_params
from colorizers.models.quarter_encoder import quarter_features
from colorizers.models.shared_encoder import ON_ENCODER, Tensors, on_encoder
from training.encoders.table import USUAL
from training.registry import CLASSES, ModelSpec


def build(width: float = 1.0, depth: int | None = None, backbone: str = USUAL) -> keras.Model:
    """(N, H, W, 1) lightness -> (N, H, W, 2) ab; H, W multiples of 32. The encoder is frozen."""
    return on_encoder("class_quarter_encoder", decode, width, depth, backbone)


def decode(features: Tensors, width: float = 1.0) -> keras.KerasTensor:
    """The encoder's five feature maps -> (N, H, W, 2) ab."""
    return classes_to_ab(quarter_features(features, width), size=4)


SPEC = ModelSpec(
    name="class_quarter_encoder",
    build=build,
    n_params=n_params(3_391_362 - (48 * 9 + 1) * 2, 48),
    source="ours; as class_encoder",
    task=CLASSES,
    **ON_ENCODER,
)
