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
