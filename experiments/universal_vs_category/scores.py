"""The test photos through the networks that are compared, and the way that routing takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basics import cli
from colorizers.config import UNIVERSAL
from evaluation.category_matrix import load_test
from evaluation.encoded import encode_photo
from evaluation.harness import mean_tints
from experiments.measure import MEASURES, SETTLING, open_network, predict, score_all, shrink
from experiments.universal_vs_category.runs import (
    CONTINUED,
    EACH,
    FINE_TUNED,
    FOR_ALL,
    HALF,
    SCRATCH,
    ComparisonConfig,
    Network,
)
from pipeline.colorizer import Colorizer
from training.batches import load_photos
from training.checkpoints import chosen_checkpoint

GRAY, TINT = "gray", "mean tint of the category"
ROUTED = "fine-tuned, routed"  # by the router's first choice, right or wrong
UNSURE = "fine-tuned, routed or universal"  # universal where the bundle says that it is unsure
METHODS = (GRAY, TINT, FOR_ALL, CONTINUED, SCRATCH, EACH, FINE_TUNED, ROUTED, UNSURE)


@dataclass(frozen=True, kw_only=True)
class RoutedPhotos:
    """The test photos of all categories, numbered through.

    Attributes:
        rgb: (n, size, size, 3) uint8.
        categories: (n,) the true category of each.
        first: (n,) the router's most confident category among those that were trained; "universal"
            if it knows none of them.
        chosen: (n,) the same, or "universal" where the router is unsure.
    """

    rgb: NDArray[np.uint8]
    categories: NDArray[np.str_]
    first: NDArray[np.str_]
    chosen: NDArray[np.str_]


def load_test_photos(
    packed_dir: Path, categories: Sequence[str], size: int, router: Colorizer
) -> RoutedPhotos:
    """Shrink the test photos to `size` px, and ask the router for each at its own size.

    Raises:
        DataError: a category has no test photos.
    """
    small, truth, first, chosen = [], [], [], []
    for category in cli.progress(categories, "routing"):
        photos = load_test(packed_dir, category)
        small.append(shrink(photos, size))
        for rgb in photos:
            ranking = encode_photo(router, np.asarray(rgb)).ranking
            name = next((one for one, _ in ranking if one in categories), UNIVERSAL)
            is_unsure = ranking[0][1] < router.bundle.fallback_threshold
            truth.append(category)
            first.append(name)
            chosen.append(UNIVERSAL if is_unsure else name)
    names = (np.array(one) for one in (truth, first, chosen))
    return RoutedPhotos(rgb=np.concatenate(small), **dict(zip(_NAMES, names, strict=True)))


def score_networks(
    config: ComparisonConfig, networks: Sequence[Network], photos: RoutedPhotos
) -> pd.DataFrame:
    """Colour the test photos by every network that may be asked for them.

    Returns:
        One row per photo, arm, network and seed: photo, category, arm, network, seed and the
        figures of `MEASURES`. A fine-tuned network colours, besides its own category, what the
        router takes for it.

    Raises:
        CheckpointError: a network was not trained.
    """
    categories = list(dict.fromkeys(photos.categories))
    measured = [one for one in networks if one.name != HALF]
    found = []
    for one in cli.progress(measured, "measuring"):
        numbers = _asked_of(one, config, photos)
        names = categories if one.category == UNIVERSAL else [one.category]
        train = load_photos(config.packed_dir, names, "train")
        some = np.linspace(0, len(train) - 1, min(SETTLING, len(train))).astype(int)
        start = shrink(train.take(some), config.size)
        path = chosen_checkpoint(one.training.run_dir)
        network = open_network(config.architecture, path, start)
        rgb = photos.rgb[numbers]
        about = {"arm": one.name, "network": one.category, "seed": one.seed}
        found += _rows(numbers, photos, score_all(rgb, predict(network, rgb)), about)
    return pd.DataFrame(found)


def score_baselines(packed_dir: Path, photos: RoutedPhotos) -> pd.DataFrame:
    """Gray, and the mean tint of the true category's training photos: rows as `by_method` gives."""
    categories = list(dict.fromkeys(photos.categories))
    tints = mean_tints(packed_dir, categories).by_category
    found = []
    for category in categories:
        numbers = np.flatnonzero(photos.categories == category)
        for method, tint in ((GRAY, np.zeros(2)), (TINT, tints[category])):
            scores = score_all(photos.rgb[numbers], tint)
            found += _rows(numbers, photos, scores, {"method": method, "seed": 0})
    return pd.DataFrame(found)


def by_method(scores: pd.DataFrame, photos: RoutedPhotos) -> pd.DataFrame:
    """Which network's colours each method takes for a photo; none is coloured anew.

    Returns:
        photo, category, method, seed and the figures of `MEASURES`.
    """
    is_own = scores["network"].isin([UNIVERSAL]) | (scores["network"] == scores["category"])
    parts = [scores[is_own].rename(columns={"arm": "method"})]
    first_seed = scores[scores["seed"] == 0]
    tuned = first_seed[first_seed["arm"] == FINE_TUNED]
    universal = first_seed[first_seed["arm"] == CONTINUED]
    for method, choice in ((ROUTED, photos.first), (UNSURE, photos.chosen)):
        own = tuned[tuned["network"] == choice[tuned["photo"]]]
        rest = universal[choice[universal["photo"]] == UNIVERSAL]
        parts.append(pd.concat([own, rest]).assign(method=method))
    table = pd.concat(parts)[["photo", "category", "method", "seed", *MEASURES]]
    return table.sort_values(["method", "seed", "photo"]).reset_index(drop=True)


_NAMES = ("categories", "first", "chosen")


def _asked_of(one: Network, config: ComparisonConfig, photos: RoutedPhotos) -> NDArray[np.int64]:
    """The numbers of the photos that a network colours."""
    if one.category == UNIVERSAL:
        is_asked = np.full(len(photos.rgb), True)
        if one.seed:
            is_asked = photos.categories == config.seed_category
    else:
        is_asked = photos.categories == one.category
        if one.name == FINE_TUNED and one.seed == 0:
            is_asked |= photos.first == one.category
    return np.flatnonzero(is_asked)


def _rows(
    numbers: NDArray[np.int64],
    photos: RoutedPhotos,
    scores: Sequence[Mapping[str, float]],
    about: Mapping[str, object],
) -> list[dict]:
    return [
        {"photo": int(number), "category": str(photos.categories[number]), **about, **figures}
        for number, figures in zip(numbers, scores, strict=True)
    ]
