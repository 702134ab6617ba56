"""The plane of ab cut into classes: what a network over them predicts, and is trained on.

A mean over all likely colours is brown where a photo could be red or blue; probabilities of classes
need not decide. `GRID` is ours, coarse and regular; `ZHANG` are the bins of Zhang et al. 2016.
A network's logits tell by their number which of them it is over.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from keras import KerasTensor, ops
from numpy.typing import NDArray

from imaging.lab import AB_SCALE

STEP = 0.125  # of ab: 16 units of a*, b*
AXIS = np.arange(-7, 8, dtype=np.float32) * STEP  # sRGB lies within -0.85 .. 0.77
UNIFORM = 0.5  # share of a uniform prior in the weights: lambda of section 2.2
LOGITS = "classes"  # the layer of a decoder that gives a logit for each class

BIN = 10  # units of a*, b* between the bins of Zhang et al.
BINS = (  # b* of the first and last bin for a* = -90, -80 .. 100: those within sRGB, section 2
    (50, 90), (20, 90), (0, 90), (-20, 90), (-30, 100), (-40, 100), (-50, 100), (-50, 100),
    (-60, 100), (-70, 100), (-80, 90), (-80, 90), (-90, 90), (-100, 90), (-100, 80), (-110, 80),
    (-110, 80), (-110, 70), (-110, 70), (-90, 0),
)  # fmt: skip
CHUNK = 2**14  # pixels that are counted at a time
NEIGHBOURS, SIGMA = 5, 5 / AB_SCALE  # of the soft encoding, section 2.1; 5 units of a*, b*


@dataclass(frozen=True, kw_only=True, eq=False)
class ColorClasses:
    """A set of classes of colour.

    Attributes:
        colours: (n, 2) ab of each.
        share: (N, h, w, 2) ab -> (N, h, w, n) how much of each pixel belongs to each class.
    """

    colours: NDArray[np.float32]
    share: Callable[[KerasTensor], KerasTensor]


def class_colours() -> NDArray[np.float32]:
    """(225, 2) ab of the classes of `GRID`, a slowest."""
    return np.stack(np.meshgrid(AXIS, AXIS, indexing="ij"), axis=-1).reshape(-1, 2)


def bin_colours() -> NDArray[np.float32]:
    """(313, 2) ab of the bins, a slowest: the rows of the released pts_in_hull.npy."""
    rows = [
        (a, b)
        for a, (first, last) in zip(range(-90, 101, BIN), BINS, strict=True)
        for b in range(first, last + 1, BIN)
    ]
    return np.array(rows, np.float32) / AB_SCALE


def share_bilinearly(ab: KerasTensor) -> KerasTensor:
    """(N, h, w, 2) ab -> (N, h, w, 225): the four classes around it share a pixel; sums to 1."""
    near = ops.maximum(1 - ops.abs(ab[..., None] - AXIS) / STEP, 0)  # (N, h, w, 2, 15)
    shares = near[..., 0, :, None] * near[..., 1, None, :]
    return ops.reshape(shares, (-1, *ab.shape[1:-1], len(AXIS) ** 2))


def share_softly(ab: KerasTensor) -> KerasTensor:
    """(N, h, w, 2) ab -> (N, h, w, 313): the five nearest share it by a Gaussian; sums to 1.

    Source: Zhang et al. 2016, section 2.1.
    """
    colours = bin_colours()
    away = ops.sum(ops.square(ab), axis=-1, keepdims=True) + np.sum(colours**2, axis=-1)
    away = away - 2 * ops.matmul(ab, colours.T)  # squared distance, (N, h, w, 313)
    nearest = -ops.top_k(-away, NEIGHBOURS)[0]
    weights = ops.exp((nearest[..., :1] - away) / (2 * SIGMA**2))
    weights = ops.where(away <= nearest[..., -1:], weights, 0)
    return weights / ops.sum(weights, axis=-1, keepdims=True)


GRID = ColorClasses(colours=class_colours(), share=share_bilinearly)
ZHANG = ColorClasses(colours=bin_colours(), share=share_softly)


def classes_of(n: int) -> ColorClasses:
    """The set of so many classes."""
    return {len(one.colours): one for one in (GRID, ZHANG)}[n]


def share_classes(ab: NDArray[np.float32], classes: ColorClasses = GRID) -> NDArray[np.float64]:
    """(n, 2) ab -> how they spread over the classes; sums to 1."""
    counts = np.zeros(len(classes.colours))
    for start in range(0, len(ab), CHUNK):
        some = ops.convert_to_tensor(ab[None, None, start : start + CHUNK])
        counts += ops.convert_to_numpy(classes.share(some)).sum(axis=(0, 1, 2), dtype=np.float64)
    return counts / counts.sum()


def rebalancing(prior: NDArray[np.float64]) -> NDArray[np.float32]:
    """Shares of the classes -> their weights, high for rare ones; 1 in the prior's mean.

    Source: Zhang et al. 2016, section 2.2, equation 4, without its smoothing: classes share pixels.
    """
    weights = 1 / (UNIFORM * prior.mean() + (1 - UNIFORM) * prior)
    return (weights / np.sum(weights * prior)).astype(np.float32)
