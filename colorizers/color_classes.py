"""The plane of ab cut into classes: what a network over them predicts, and is trained on.

A mean over all likely colours is brown where a photo could be red or blue; probabilities of classes
need not decide. The grid is ours; Zhang et al. 2016, section 2, take squares of 10 units.
"""

import numpy as np
from numpy.typing import NDArray

STEP = 0.125  # of ab: 16 units of a*, b*
AXIS = np.arange(-7, 8, dtype=np.float32) * STEP  # sRGB lies within -0.85 .. 0.77
UNIFORM = 0.5  # share of a uniform prior in the weights: lambda of section 2.2
LOGITS = "classes"  # the layer of a decoder that gives a logit for each class


def class_colours() -> NDArray[np.float32]:
    """(225, 2) ab of the classes, a slowest."""
    return np.stack(np.meshgrid(AXIS, AXIS, indexing="ij"), axis=-1).reshape(-1, 2)


def share_classes(ab: NDArray[np.float32]) -> NDArray[np.float64]:
    """(n, 2) ab -> (225,) how they spread over the classes, bilinearly; sums to 1."""
    near = np.maximum(1 - np.abs(ab[:, :, None] - AXIS) / STEP, 0)  # (n, 2, 15)
    counts = (near[:, 0].T.astype(np.float64) @ near[:, 1]).ravel()
    return counts / counts.sum()


def rebalancing(prior: NDArray[np.float64]) -> NDArray[np.float32]:
    """(225,) shares of the classes -> (225,) weights, high for rare ones; 1 in the prior's mean.

    Source: Zhang et al. 2016, section 2.2, equation 4, without its smoothing: our classes are wide.
    """
    weights = 1 / (UNIFORM * prior.mean() + (1 - UNIFORM) * prior)
    return (weights / np.sum(weights * prior)).astype(np.float32)
