"""The temperature of the router, fitted on photos that it was not trained on."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from classifier.metrics import negative_log_likelihood
from pipeline.engine.calibration import calibrate

COLDEST, HOTTEST = 0.2, 5.0  # temperatures to search between
GOLDEN = (5**0.5 - 1) / 2
STEPS = 40  # of the search; the interval shrinks to 1e-8 of its width


def fit_temperature(
    confidences: NDArray[np.floating],
    labels: NDArray[np.integer],
    weights: Sequence[float],
    shares: NDArray[np.floating] | None = None,
) -> float:
    """The temperature under which the true categories are the likeliest.

    The negative log-likelihood has one valley in the temperature: golden section finds its floor.

    Args:
        confidences: (N, categories), of photos that no network was trained on.
        labels: (N,) category indices.
        weights: as `calibrate` takes them.
        shares: (N,) how much each photo counts; None counts all the same.
    """

    def loss(log_temperature: float) -> float:
        calibrated = calibrate(confidences, weights, float(np.exp(log_temperature)))
        return float(np.average(negative_log_likelihood(calibrated, labels), weights=shares))

    low, high = np.log(COLDEST), np.log(HOTTEST)
    for _ in range(STEPS):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        low, high = (low, right) if loss(left) <= loss(right) else (left, high)
    return float(np.exp((low + high) / 2))
