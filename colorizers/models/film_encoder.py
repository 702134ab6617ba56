"""`shared_encoder` whose one decoder is told the category, by a scale and a shift per channel.

After each batch normalization of the decoder every channel is scaled by 1 + g and shifted by b,
both linear in the category: FiLM, Perez et al. 2018, section 2.1. All g and b are zero at first, so
that a network which starts from an untold one begins as that one; and they stay zero for a category
of zeros, "not told". In training some photos are not told theirs (`untold` of a run), and those of
no category never are: untold, it goes on as a universal colorizer. A router's confidences may take
the place of the one-hot category: they blend the categories in one pass, where a decoder for each
needs as many as are blended.
"""

import keras
from keras import layers

from colorizers.models.shared_encoder import (
    ON_ENCODER,
    Tensors,
    join_skips,
    on_encoder,
    reduce_top,
    skips,
    to_ab,
)
from colorizers.told import CATEGORY, FILM
from preprocessing.categories import CATEGORIES
from training.encoders.table import USUAL
from training.registry import ModelSpec

TOLD_ON_ENCODER = {**ON_ENCODER, "inputs": (*ON_ENCODER["inputs"], CATEGORY)}


def build(
    width: float = 1.0,
    depth: int | None = None,
    backbone: str = USUAL,
    n_categories: int = len(CATEGORIES),
) -> keras.Model:
    """[(N, H, W, 1) lightness, (N, n_categories)] -> (N, H, W, 2) ab; H, W multiples of 32.

    The category is one-hot, or confidences that sum to 1, or zeros. The encoder is frozen.
    """
    told = {CATEGORY: (n_categories,)}
    return on_encoder("film_encoder", decode, width, depth, backbone, told)


def decode(given: Tensors, width: float = 1.0) -> keras.KerasTensor:
    """The encoder's five feature maps and the category -> (N, H, W, 2) ab."""
    *features, category = given
    film = Film(category)
    x = reduce_top(features[-1], width, change=film)
    return to_ab(join_skips(x, skips(features), width, change=film))


class Film:
    """Feature-wise linear modulation by one category, of as many feature maps as it is called."""

    def __init__(self, category: keras.KerasTensor) -> None:
        """By a category (N, n_categories)."""
        self.category, self.calls = category, 0

    def __call__(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """(N, h, w, c) -> (N, h, w, c), scaled by 1 + g and shifted by b, both (N, 1, 1, c)."""
        self.calls += 1
        scale = layers.Rescaling(1.0, offset=1.0)(self._linear("scale", x.shape[-1]))
        return layers.Add()([layers.Multiply()([x, scale]), self._linear("shift", x.shape[-1])])

    def _linear(self, what: str, channels: int) -> keras.KerasTensor:
        """(N, 1, 1, channels), linear in the category, zero at first."""
        name = f"{FILM}_{what}_{self.calls}"
        dense = layers.Dense(channels, use_bias=False, kernel_initializer="zeros", name=name)
        return layers.Reshape((1, 1, channels))(dense(self.category))


def n_film(channels: int) -> int:
    """How many parameters tell one of `CATEGORIES` to so many channels."""
    return 2 * len(CATEGORIES) * channels


SPEC = ModelSpec(
    name="film_encoder",
    build=build,
    n_params=3_409_634 + n_film(256 + 192 + 96 + 48 + 32),
    source="ours; FiLM: Perez et al. 2018, section 2.1",
    **TOLD_ON_ENCODER,
)
