"""`film_encoder` that predicts at a quarter of the size, as `quarter_encoder` does."""

import keras

from colorizers.models.film_encoder import TOLD_ON_ENCODER, Film, n_film
from colorizers.models.shared_encoder import (
    FILTERS,
    Tensors,
    join_skips,
    on_encoder,
    reduce_top,
    skips,
    to_ab,
)
from colorizers.told import CATEGORY
from preprocessing.categories import CATEGORIES
from training.encoders.table import USUAL
from training.registry import ModelSpec


def build(
    width: float = 1.0,
    depth: int | None = None,
    backbone: str = USUAL,
    n_categories: int = len(CATEGORIES),
) -> keras.Model:
    """As `film_encoder.build`."""
    told = {CATEGORY: (n_categories,)}
    return on_encoder("film_quarter_encoder", decode, width, depth, backbone, told)


def decode(given: Tensors, width: float = 1.0) -> keras.KerasTensor:
    """The encoder's five feature maps and the category -> (N, H, W, 2) ab."""
    *features, category = given
    film = Film(category)
    x = reduce_top(features[-1], width, change=film)
    x = join_skips(x, skips(features)[:3], width, FILTERS[:3], film)  # (N, H/4, W/4, 48)
    return to_ab(x, size=4)


SPEC = ModelSpec(
    name="film_quarter_encoder",
    build=build,
    n_params=3_391_362 + n_film(256 + 192 + 96 + 48),
    source="ours; as film_encoder",
    **TOLD_ON_ENCODER,
)
