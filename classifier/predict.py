"""A network's confidences -> a ranking of categories. No framework is imported here."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ranking = list[tuple[str, float]]


def rank(confidences: NDArray[np.floating], categories: Sequence[str]) -> Ranking:
    """Pair each category with its confidence, the most confident first.

    Args:
        confidences: (number of categories,), each 0 to 1, summing to 1.
        categories: the names in the order of the network's outputs.
    """
    order: list[int] = np.argsort(-confidences, kind="stable").tolist()
    return [(categories[i], float(confidences[i])) for i in order]
