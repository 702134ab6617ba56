"""How often a classifier is wrong (Table I)."""

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
