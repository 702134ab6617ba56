"""`class_quarter_encoder` that is told the category, as `film_encoder` is."""

import keras

from colorizers.models.class_encoder import classes_to_ab, n_params
from colorizers.models.film_encoder import TOLD_ON_ENCODER, Film, n_film
from colorizers.models.quarter_encoder import quarter_features
from colorizers.models.shared_encoder import Tensors, on_encoder
from colorizers.told import CATEGORY
from preprocessing.categories import CATEGORIES
from training.encoders.table import USUAL
from training.registry import CLASSES, ModelSpec


def build(
    width: float = 1.0,
    depth: int | None = None,
    backbone: str = USUAL,
    n_categories: int = len(CATEGORIES),
) -> keras.Model:
    """As `film_encoder.build`."""
    told = {CATEGORY: (n_categories,)}
    return on_encoder("film_class_quarter_encoder", decode, width, depth, backbone, told)


def decode(given: Tensors, width: float = 1.0) -> keras.KerasTensor:
    """The encoder's five feature maps and the category -> (N, H, W, 2) ab."""
    *features, category = given
    return classes_to_ab(quarter_features(features, width, Film(category)), size=4)


SPEC = ModelSpec(
    name="film_class_quarter_encoder",
    build=build,
    n_params=n_params(3_391_362 - (48 * 9 + 1) * 2, 48) + n_film(256 + 192 + 96 + 48),
    source="ours; as class_encoder and film_encoder",
    task=CLASSES,
    **TOLD_ON_ENCODER,
)
