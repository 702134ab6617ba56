"""What each form predicts for photos, by what it is told of their category."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from colorizers.config import UNIVERSAL
from experiments.category_forms.mean_ab import choose_factor, mean_errors, shifted
from experiments.category_forms.photos import ALL, BEST, FIRST, TRUE, RoutedPhotos
from experiments.category_forms.runs import DECODER, FILM, LAST_STAGE, MEAN_AB, FormsConfig, plan
from experiments.measure import open_network, predict
from training.checkpoints import chosen_checkpoint

if TYPE_CHECKING:
    import keras

NOTHING = "nothing"
WAYS: dict[str, tuple[str, ...]] = {  # in which each form is told the category
    UNIVERSAL: (NOTHING,),
    DECODER: (TRUE, FIRST, BEST),
    FILM: (TRUE, FIRST, BEST, ALL, NOTHING),  # all confidences cost it no more than one category
    LAST_STAGE: (TRUE, FIRST, BEST),
    MEAN_AB: (TRUE, FIRST, BEST, ALL),
}
CHUNK = 100  # photos at a time: 13 MB of ab for each way at 128 px

Told = Mapping[str, NDArray[np.float32]]  # way -> (n, categories) weights that sum to 1, or to 0
ByWay = dict[str, NDArray[np.float32]]  # way -> (n, h, w, 2) ab
Form = Callable[[NDArray[np.uint8], Told], ByWay]


def open_form(
    config: FormsConfig, form: str, seed: int, photos: RoutedPhotos
) -> tuple[Form, float]:
    """A trained form, and the factor of its constant chrominance: 0 where it has none.

    Args:
        config: of the comparison.
        form: a key of `WAYS`.
        seed: of its networks.
        photos: of validation, which choose the factor.
    """
    categories = photos.categories
    if form in (DECODER, LAST_STAGE):
        return by_decoders(_networks(config, form, seed, categories)), 0.0
    (network,) = _networks(config, UNIVERSAL if form == MEAN_AB else form, seed, categories)
    if form == MEAN_AB:
        errors = mean_errors(network, config.packed_dir, categories, config.size)
        factor = choose_factor(network, errors, photos)
        return by_constant(network, factor * errors), factor
    if form == FILM:
        return by_category_input(network), 0.0
    return lambda rgb, told: dict.fromkeys(told, predict(network, rgb)), 0.0


def iter_predictions(
    form: Form, ways: Sequence[str], photos: RoutedPhotos
) -> Iterator[tuple[NDArray[np.int64], ByWay]]:
    """Colour all photos in some ways; yields the numbers of some photos, and their ab."""
    known = {**photos.known, NOTHING: np.zeros_like(photos.known[TRUE])}
    for start in range(0, len(photos.rgb), CHUNK):
        numbers = np.arange(start, min(start + CHUNK, len(photos.rgb)))
        yield numbers, form(photos.rgb[numbers], {way: known[way][numbers] for way in ways})


def by_decoders(networks: "list[keras.Model]") -> Form:
    """The weighted mean of what the categories' networks predict; of weight 0 none is asked."""

    def color(rgb: NDArray[np.uint8], told: Told) -> ByWay:
        ab = {way: np.zeros((*rgb.shape[:3], 2), np.float32) for way in told}
        for place, network in enumerate(networks):
            weights = {way: one[:, place] for way, one in told.items()}
            asked = np.flatnonzero(np.any([one > 0 for one in weights.values()], axis=0))
            if len(asked):
                predicted = predict(network, rgb[asked])
                for way, one in weights.items():
                    ab[way][asked] += one[asked, None, None, None] * predicted
        return ab

    return color


def by_category_input(network: "keras.Model") -> Form:
    """What one network predicts that is told the category."""
    return lambda rgb, told: {way: predict(network, rgb, one) for way, one in told.items()}


def by_constant(network: "keras.Model", constants: NDArray[np.float64]) -> Form:
    """What a network predicts, with a constant ab (categories, 2) of each category."""

    def color(rgb: NDArray[np.uint8], told: Told) -> ByWay:
        predicted = predict(network, rgb)
        return {
            way: shifted(predicted, (one @ constants)[:, None, None]) for way, one in told.items()
        }

    return color


def _networks(
    config: FormsConfig, form: str, seed: int, categories: Sequence[str]
) -> "list[keras.Model]":
    """The trained networks of a form, in float32."""
    found = []
    for one in plan(config, form, categories, seed):
        path = chosen_checkpoint(one.training.run_dir)
        found.append(open_network(one.training.architecture, path, None, config.backbone))
    return found
