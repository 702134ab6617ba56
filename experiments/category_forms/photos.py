"""The photos on which forms are compared, and what a router says of each."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from basics.errors import ConfigError
from evaluation.harness import PackedPhoto, measure_photos, packed_photos
from experiments.measure import shrink

Router = Callable[[Sequence[PackedPhoto]], tuple[NDArray[np.float64], Sequence[str]]]
"""Photos -> (n, R) confidences, and the R categories that the router knows."""

TRUE, FIRST, BEST, ALL = "true", "top 1", "top 3", "confidences"  # how the category is known
TOP = 3  # categories in the blend `BEST`
BATCH = 25  # photos that pass a router at once


@dataclass(frozen=True, kw_only=True)
class RoutedPhotos:
    """The photos of one split, numbered through.

    Attributes:
        rgb: (n, size, size, 3) uint8.
        labels: (n,) index of the true category.
        categories: their names.
        confidences: (n, categories) of the router; the rows sum to 1.
    """

    rgb: NDArray[np.uint8]
    labels: NDArray[np.int64]
    categories: tuple[str, ...]
    confidences: NDArray[np.float64]

    @cached_property
    def known(self) -> dict[str, NDArray[np.float32]]:
        """What forms are told: by `TRUE` and so on, (n, categories) weights that sum to 1.

        The true category; the router's first choice; its three best, by confidence, as
        `pipeline.colorize` blends them; all its confidences.
        """
        n = len(self.categories)
        best = np.argsort(-self.confidences, axis=1, kind="stable")
        three = np.where(best.argsort(axis=1) < TOP, self.confidences, 0)
        found = {
            TRUE: np.eye(n)[self.labels],
            FIRST: np.eye(n)[best[:, 0]],
            BEST: _shares(three),
            ALL: self.confidences,
        }
        return {name: one.astype(np.float32) for name, one in found.items()}

    @cached_property
    def fingerprint(self) -> str:
        """Twelve characters that differ where photos or confidences do."""
        digest = hashlib.sha256(np.ascontiguousarray(self.rgb).tobytes())
        digest.update(self.confidences.round(3).tobytes())
        return digest.hexdigest()[:12]


def load_photos(
    packed_dir: Path, categories: Sequence[str], split: str, size: int, router: Router
) -> RoutedPhotos:
    """The photos of a split at `size` px; the router sees each at its own size.

    Raises:
        DataError: nothing is packed.
        ConfigError: the router knows none of the categories.
    """
    photos = packed_photos(packed_dir, categories, split)
    confidences, known = router(photos)
    if not set(known) & set(categories):
        fix = "give the router that was trained on these photos"
        raise ConfigError(f"the router knows none of {', '.join(categories)}", packed_dir, fix)
    given = np.zeros((len(photos), len(categories)))
    for place, category in enumerate(known):
        if category in categories:
            given[:, categories.index(category)] = confidences[:, place]
    return RoutedPhotos(
        rgb=shrink(np.stack([one.rgb for one in photos]), size),
        labels=np.array([categories.index(one.category) for one in photos]),
        categories=tuple(categories),
        confidences=_shares(given),
    )


def bundle_router(bundle_dir: Path) -> Router:
    """The router of a bundle, with its calibration."""
    from pipeline.colorizer import Colorizer

    colorizer = Colorizer(bundle_dir)

    def confidences(photos: Sequence[PackedPhoto]) -> tuple[NDArray[np.float64], Sequence[str]]:
        known = colorizer.bundle.categories
        rankings = measure_photos(colorizer, photos, lambda _, one: dict(one.ranking), "routing")
        return np.array([[ranking[name] for name in known] for ranking in rankings]), known

    return confidences


def run_router(run_dir: Path) -> Router:
    """The classifier of a run folder, with its confidences as they are.

    Raises:
        CheckpointError: there is no run of a classifier.
    """
    import keras

    from imaging.lab import split_lab
    from training.checkpoints import chosen_checkpoint, load_checkpoint
    from training.runs import read_config

    run = read_config(run_dir)
    network = load_checkpoint(chosen_checkpoint(run_dir), with_optimizer=False)

    def confidences(photos: Sequence[PackedPhoto]) -> tuple[NDArray[np.float64], Sequence[str]]:
        found = []
        for start in range(0, len(photos), BATCH):
            rgb = np.stack([one.rgb for one in photos[start : start + BATCH]])
            lightness, _ = split_lab(shrink(rgb, run["run_px"]))
            found.append(keras.ops.convert_to_numpy(network(lightness, training=False)))
        return np.concatenate(found).astype(np.float64), run["categories"]

    return confidences


def _shares(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows divided by their sums; a row of zeros stays one: nothing is known."""
    sums = weights.sum(axis=1, keepdims=True)
    return np.divide(weights, sums, out=np.zeros_like(weights), where=sums > 0)
