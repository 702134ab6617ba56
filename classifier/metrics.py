"""How often a classifier is wrong (Table I), and whether it knows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


def top_k_hits(
    confidences: NDArray[np.floating], labels: NDArray[np.integer], k: int
) -> NDArray[np.bool_]:
    """Whether each photo's true category is among the k most confident.

    A tie counts against the classifier: equal confidences are no top-k hit, nor are nan.

    Args:
        confidences: (N, categories).
        labels: (N,) category indices.
        k: how many guesses are allowed.

    Returns:
        (N,) bool.
    """
    true = np.take_along_axis(confidences, np.asarray(labels)[:, None], axis=1)
    return (~(confidences < true)).sum(axis=1) <= k


def top_k_error(confidences: NDArray[np.floating], labels: NDArray[np.integer], k: int) -> float:
    """Share of photos whose true category is not among the k most confident; 0 to 1.

    Source: section V, Table I (k = 3).
    """
    return 1 - float(top_k_hits(confidences, labels, k).mean())


def confusion_matrix(
    predicted: NDArray[np.integer], labels: NDArray[np.integer], n_categories: int
) -> NDArray[np.int64]:
    """(N,) predictions and truths -> (true category, predicted category) counts."""
    matrix = np.zeros((n_categories, n_categories), np.int64)
    np.add.at(matrix, (np.asarray(labels), np.asarray(predicted)), 1)
    return matrix


def negative_log_likelihood(
    confidences: NDArray[np.floating], labels: NDArray[np.integer]
) -> NDArray[np.float64]:
    """(N, categories) confidences, (N,) truths -> (N,) -log of what was given to the truth; nats.

    A confidence of 0 counts as 1e-12.
    """
    true = np.take_along_axis(np.asarray(confidences, np.float64), labels[:, None], axis=1)
    return -np.log(np.maximum(true[:, 0], 1e-12))


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """Photos binned by the confidence of their best category; equally wide bins from 0 to 1.

    Attributes:
        n: (bins,) photos in each.
        confidence: (bins,) their mean confidence; nan where there are none.
        accuracy: (bins,) fraction of them whose best category is the true one; nan alike.
    """

    n: NDArray[np.int64]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]

    @property
    def calibration_error(self) -> float:
        """How far confidence and accuracy lie apart, mean over photos; 0 to 1, lower is better.

        Source: expected calibration error, Guo et al. 2017, equation 3.
        """
        gaps = np.abs(self.accuracy - self.confidence)
        return float(np.nansum(gaps * self.n) / self.n.sum())


def reliability(
    confidences: NDArray[np.floating], labels: NDArray[np.integer], n_bins: int = 10
) -> Reliability:
    """Compare what a classifier says of itself with how often it is right.

    Args:
        confidences: (N, categories), N at least 1.
        labels: (N,) category indices.
        n_bins: how many equally wide bins.
    """
    best = np.max(confidences, axis=1).astype(np.float64)
    right = top_k_hits(confidences, labels, 1)
    bins = np.minimum((best * n_bins).astype(int), n_bins - 1)  # 1.0 goes into the last one
    n = np.bincount(bins, minlength=n_bins)
    with np.errstate(invalid="ignore"):  # 0 photos: 0 / 0 is nan
        confidence = np.bincount(bins, best, n_bins) / n
        accuracy = np.bincount(bins, right, n_bins) / n
    return Reliability(n=n, confidence=confidence, accuracy=accuracy)
