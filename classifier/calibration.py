"""Confidences that mean what they say: of photos at 0.8, eight in ten are right. NumPy only."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from classifier.metrics import negative_log_likelihood

SMALLEST = 1e-12  # stands for a confidence of 0, whose logarithm is not finite
COLDEST, HOTTEST = 0.2, 5.0  # temperatures to search between
GOLDEN = (5**0.5 - 1) / 2
STEPS = 40  # of the search; the interval shrinks to 1e-8 of its width


def calibrate(
    confidences: NDArray[np.floating], weights: Sequence[float], temperature: float = 1.0
) -> NDArray[np.float32]:
    """softmax((log confidences + log weights) / temperature).

    The temperature comes last, so it never changes the order of the categories: above 1 it makes
    the router humbler, below 1 surer.

    Args:
        confidences: (..., categories), each 0 to 1.
        weights: one factor above 0 per category, which undoes how frequent it was in training.
        temperature: above 0; 1 changes nothing.

    Returns:
        (..., categories), each 0 to 1, summing to 1.

    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2.
    """
    logits = np.log(np.maximum(np.asarray(confidences, np.float64), SMALLEST)) + np.log(weights)
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)


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
        told = calibrate(confidences, weights, float(np.exp(log_temperature)))
        return float(np.average(negative_log_likelihood(told, labels), weights=shares))

    low, high = np.log(COLDEST), np.log(HOTTEST)
    for _ in range(STEPS):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        low, high = (low, right) if loss(left) <= loss(right) else (left, high)
    return float(np.exp((low + high) / 2))
