"""What can be said of a mean or a rate from few observations: 95 % intervals."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95  # of the intervals
RESAMPLES = 1000  # of the bootstrap


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A rate, and the bounds of its 95 % interval; shares, 0 to 1."""

    rate: float
    low: float
    high: float


def bootstrap_interval(values: NDArray[np.float64], seed: int = 0) -> tuple[float, float]:
    """95 % interval of the mean over photos, by resampling them 1000 times.

    Source: Efron 1979; percentile method.
    """
    if not np.isfinite(values).all():  # identical pictures have infinite PSNR
        return float("nan"), float("nan")
    picks = np.random.default_rng(seed).integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.percentile(values[picks].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def wilson_interval(n_hits: int, n: int) -> Interval:
    """The 95 % score interval of a rate.

    It takes the answers for independent of each other.

    Args:
        n_hits: how often it happened.
        n: how often it could have, 1 or more.

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22; method 3 of Newcombe 1998, "Two-sided
    confidence intervals for the single proportion", Statistics in Medicine 17.
    """
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    rate = n_hits / n
    middle = (rate + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * math.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    low = max(0.0, middle - half) if n_hits else 0.0  # exactly, whatever the rounding
    high = min(1.0, middle + half) if n_hits < n else 1.0
    return Interval(rate=rate, low=low, high=high)


def ratio_interval(
    parts: NDArray[np.float64], wholes: NDArray[np.float64], seed: int = 0
) -> tuple[float, float]:
    """95 % interval of sum(parts) / sum(wholes), photos resampled with both their numbers.

    Args:
        parts: (N,), one per photo.
        wholes: (N,), what each is a part of.
        seed: of the resampling.
    """
    picks = np.random.default_rng(seed).integers(len(parts), size=(RESAMPLES, len(parts)))
    whole = wholes[picks].sum(axis=1)
    ratios = parts[picks].sum(axis=1)[whole > 0] / whole[whole > 0]
    if not len(ratios):
        return float("nan"), float("nan")
    low, high = np.percentile(ratios, [2.5, 97.5])
    return float(low), float(high)


def group_means(
    values: NDArray[np.float64], groups: NDArray[np.integer], seed: int = 0
) -> tuple[float, float, float]:
    """The mean over groups of the mean over their photos, and its 95 % interval.

    Photos are resampled within their group, so that none is ever empty; one group's few photos
    thus count as much as another's many.

    Args:
        values: (N,), of photos.
        groups: (N,), the group of each.
        seed: of the resampling.
    """
    rng = np.random.default_rng(seed)
    members = [values[groups == group] for group in np.unique(groups)]
    mean = float(np.mean([one.mean() for one in members]))
    if not np.isfinite(values).all():
        return mean, float("nan"), float("nan")
    picked = [one[rng.integers(len(one), size=(RESAMPLES, len(one)))] for one in members]
    means = np.mean([one.mean(axis=1) for one in picked], axis=0)
    low, high = np.percentile(means, [2.5, 97.5])
    return mean, float(low), float(high)
