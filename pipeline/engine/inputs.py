"""What a colorizer takes in, by the names in its bundle: one function and one line for each kind.

A frame passes a network with its mirror image, as two rows of one batch: test-time augmentation.
What is predicted for both and averaged is nearer to the truth than either.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from basics.errors import CheckpointError
from imaging.upsampling import at_size
from pipeline.engine.bundle import AB, LIGHTNESS, ModelEntry
from pipeline.engine.results import Encoded

Run = Callable[[Sequence[NDArray[np.float32]]], list[NDArray[np.float32]]]
Make = Callable[[ModelEntry, Sequence[Encoded]], list[NDArray[np.float32]]]


def with_mirrors(images: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """N (h, w, c) -> (2 N, h, w, c): each image followed by its mirror image."""
    return np.stack([one for image in images for one in (image, image[:, ::-1])])


def predict_ab(inputs: Sequence[NDArray[np.float32]], run: Run) -> NDArray[np.float32]:
    """Chrominance of N images: of each the mean of its own and that of its mirror image.

    Args:
        inputs: what the network takes, 2 N rows, as `with_mirrors` makes them.
        run: maps the inputs of a network to its outputs.

    Returns:
        (N, h, w, 2) ab, held within [-1, 1].

    Raises:
        CheckpointError: the network gives something else.
    """
    ab, *others = run(inputs)
    rows = len(inputs[0]) if inputs else len(ab)
    if others or ab.ndim != 4 or ab.shape[0] != rows or ab.shape[3] != 2:
        what = f"a colorizer gives {ab.shape} and {len(others)} others, not ab of {rows} rows"
        raise CheckpointError(what, AB, "get the bundle anew, or give another one")
    mean = (ab[0::2] + ab[1::2, :, ::-1]) / 2
    return np.clip(mean, -1, 1, dtype=np.float32)


def blend(
    predictions: Sequence[NDArray[np.float32]], weights: Sequence[float]
) -> NDArray[np.float32]:
    """Weighted mean of several (h, w, 2) ab, as large as the largest; weights need not sum to 1."""
    height, width = max((ab.shape[:2] for ab in predictions), key=lambda size: size[0] * size[1])
    alike = [at_size(ab, height, width) for ab in predictions]
    return np.average(np.stack(alike), axis=0, weights=weights).astype(np.float32)


def inputs_of(entry: ModelEntry, encoded: Sequence[Encoded]) -> list[NDArray[np.float32]]:
    """What a colorizer takes for N frames of one size: arrays of 2 N rows.

    Raises:
        CheckpointError: it takes something that this program does not know.
    """
    unknown = [name for name in entry.inputs if name not in INPUTS]
    unknown += [name for name in entry.outputs if name not in OUTPUTS]
    if unknown:
        what = f"a colorizer of {', '.join(unknown)}, of which this program knows nothing"
        raise CheckpointError(what, entry.file, "get a newer version of the program")
    return [array for name in entry.inputs for array in INPUTS[name](entry, encoded)]


def sizes_of(entry: ModelEntry, one: Encoded) -> tuple[tuple[int, ...], ...]:
    """Frames of which a colorizer takes arrays of the same sizes pass it together."""
    own = entry.inference_px
    lightness = one.frame.seen(own).shape if LIGHTNESS in entry.inputs else ()
    return one.lightness.shape, lightness


def _features(_: ModelEntry, encoded: Sequence[Encoded]) -> list[NDArray[np.float32]]:
    """The encoder's maps, which the router has left."""
    return [np.concatenate(maps) for maps in zip(*(one.features for one in encoded), strict=True)]


def _lightness(entry: ModelEntry, encoded: Sequence[Encoded]) -> list[NDArray[np.float32]]:
    """(2 N, h, w, 1) at the colorizer's own size."""
    return [with_mirrors([one.frame.seen(entry.inference_px) for one in encoded])]


OUTPUTS = (AB,)
INPUTS: Mapping[str, Make] = {"features": _features, "lightness": _lightness}
