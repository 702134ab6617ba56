"""From confidences to colorizers: the ranking of categories, and who colours how much."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.engine.bundle import UNIVERSAL, ModelEntry

Ranking = list[tuple[str, float]]  # (category, confidence), the most confident first
Blend = list[tuple[ModelEntry, float]]  # colorizers, each with its weight; the weights sum to 1
NEGLIGIBLE = 0.01  # share of a blend that no eye would miss


def rank(confidences: NDArray[np.floating], categories: Sequence[str]) -> Ranking:
    """Pair each category with its confidence, the most confident first.

    Args:
        confidences: (number of categories,), each 0 to 1, summing to 1.
        categories: the names in the order of the network's outputs.
    """
    order: list[int] = np.argsort(-confidences, kind="stable").tolist()
    return [(categories[i], float(confidences[i])) for i in order]


def fractions(ranking: Ranking, top: int, *, universal_rest: bool) -> dict[str, float]:
    """The `top` most confident categories with their confidences.

    With `universal_rest` the universal colorizer takes what they leave of 1.
    """
    best = dict(ranking[:top])
    rest = max(0.0, 1 - sum(best.values()))
    return {**best, UNIVERSAL: rest} if universal_rest else best


def blend_weights(entries: Mapping[str, ModelEntry], fractions: Mapping[str, float]) -> Blend:
    """The colorizers of some categories, the weightiest first; the weights sum to 1.

    Categories that share a colorizer count as one. One below 1 % of the whole is left out: to
    open it takes longer than its share is worth.

    Args:
        entries: category -> its colorizer.
        fractions: category -> its fraction of the whole, above 0.
    """
    weights: dict[str, tuple[ModelEntry, float]] = {}
    for category, fraction in fractions.items():
        entry = entries[category]
        _, weight = weights.get(entry.file, (entry, 0.0))
        weights[entry.file] = entry, weight + fraction
    least = NEGLIGIBLE * sum(fractions.values())
    kept = [(entry, weight) for entry, weight in weights.values() if weight >= least]
    total = sum(weight for _, weight in kept)
    return [(entry, weight / total) for entry, weight in sorted(kept, key=lambda one: -one[1])]


def by_colorizer(choices: Sequence[Blend]) -> list[tuple[ModelEntry, list[int]]]:
    """Each colorizer that is wanted, with the indices of the photos that want it."""
    wanted: dict[str, tuple[ModelEntry, list[int]]] = {}
    for index, chosen in enumerate(choices):
        for entry, _ in chosen:
            wanted.setdefault(entry.file, (entry, []))[1].append(index)
    return list(wanted.values())
