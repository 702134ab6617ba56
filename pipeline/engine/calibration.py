"""Confidences that mean what they say: of photos at 0.8, eight in ten are right. NumPy only."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SMALLEST = 1e-12  # stands for a confidence of 0, whose logarithm is not finite


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
