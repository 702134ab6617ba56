"""A network's output -> the chrominance of one photo. No framework is imported here."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Run = Callable[[Sequence[NDArray[np.float32]]], list[NDArray[np.float32]]]


def with_mirror(lum: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w, 1) lum -> (2, h, w, 1): the photo and its mirror image, one batch for a network.

    What is predicted for both and averaged is nearer to the truth than either.
    """
    return np.stack([lum, lum[:, ::-1]])


def with_mirrors(lums: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """N photos (h, w, 1) lum -> (2 N, h, w, 1): each photo followed by its mirror image."""
    return np.concatenate([with_mirror(lum) for lum in lums])


def predict_ab(inputs: Sequence[NDArray[np.float32]], run: Run) -> NDArray[np.float32]:
    """Predict the chrominance of one photo: the mean of its own and that of its mirror image.

    Args:
        inputs: what the network takes: [lum (2, h, w, 1)], as `with_mirror` makes it, or the
            encoder's feature maps of it.
        run: maps the inputs of a network to its outputs.

    Returns:
        (h, w, 2) ab, held within [-1, 1].
    """
    return predict_abs(inputs, run)[0]


def predict_abs(inputs: Sequence[NDArray[np.float32]], run: Run) -> NDArray[np.float32]:
    """`predict_ab` of several photos at once: inputs of 2 n rows -> (n, h, w, 2)."""
    (ab,) = run(inputs)
    mean = (ab[0::2] + ab[1::2, :, ::-1]) / 2
    return np.clip(mean, -1, 1, dtype=np.float32)


def blend(
    predictions: Sequence[NDArray[np.float32]], weights: Sequence[float]
) -> NDArray[np.float32]:
    """Weighted mean of several (h, w, 2) ab; the weights need not sum to 1."""
    return np.average(np.stack(predictions), axis=0, weights=weights).astype(np.float32)
