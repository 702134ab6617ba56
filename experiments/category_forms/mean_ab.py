"""The form `mean_ab`: a universal network, and a constant chrominance of each category.

The constant is by how much the mean ab of a category's training photos exceeds what the network
predicts for them: of all constants it leaves the least squared error, where the mean ab itself
would be added to a network that has most of it already. It costs no training, and in a bundle two
numbers for each category; a factor, chosen on validation, says how much of it is used.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics import psnr_db
from experiments.category_forms.photos import RoutedPhotos
from experiments.measure import SETTLING, mean_ab, predict, shrink
from imaging.lab import join_lab, split_lab
from preprocessing.packing import load_packed

if TYPE_CHECKING:
    import keras

log = logging.getLogger(__name__)

FACTORS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5)


def mean_errors(
    network: "keras.Model", packed_dir: Path, categories: Sequence[str], size: int
) -> NDArray[np.float64]:
    """(categories, 2): mean of true less predicted ab, over training photos of each, at `size`."""
    found = []
    for category in categories:
        photos = load_packed(packed_dir, category, "train")
        some = np.unique(np.linspace(0, len(photos) - 1, SETTLING).astype(int))
        rgb = shrink(photos[some], size)
        found.append(mean_ab(rgb) - predict(network, rgb).mean(axis=(0, 1, 2), dtype=np.float64))
    return np.stack(found)


def choose_factor(
    network: "keras.Model", errors: NDArray[np.float64], photos: RoutedPhotos
) -> float:
    """The factor of `FACTORS` with the highest mean PSNR over photos of known category."""
    predicted = predict(network, photos.rgb)
    means = {}
    for factor in FACTORS:
        figures = [
            psnr_db(join_lab(split_lab(rgb)[0], shifted(ab, factor * errors[label])), rgb)
            for rgb, ab, label in zip(photos.rgb, predicted, photos.labels, strict=True)
        ]
        means[factor] = float(np.mean(figures))
    log.info("by factor of the category's chrominance: %s", means)
    return max(means, key=lambda one: means[one])


def shifted(ab: NDArray[np.float32], shift: NDArray[np.floating]) -> NDArray[np.float32]:
    """(..., 2) ab and what is added to it, within [-1, 1]."""
    return np.clip(ab + shift, -1, 1, dtype=np.float32)
