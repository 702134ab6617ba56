"""What a colorizer takes in, by the names in its bundle: one function and one line for each kind.

Views of one size, of one frame or of several, pass a network together, as rows of one batch.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from basics.errors import CheckpointError
from imaging.upsampling import at_size
from pipeline.engine.bundle import AB, LIGHTNESS, ModelEntry
from pipeline.engine.results import EncodedView

Run = Callable[[Sequence[NDArray[np.float32]]], list[NDArray[np.float32]]]
Make = Callable[[ModelEntry, Sequence[EncodedView]], list[NDArray[np.float32]]]


def alike(keys: Iterable[Hashable]) -> list[list[int]]:
    """The places of equal keys, together; of what is of one size, for example."""
    places: dict[Hashable, list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        places[key].append(place)
    return list(places.values())


def predict_ab(inputs: Sequence[NDArray[np.float32]], run: Run) -> NDArray[np.float32]:
    """Chrominance of N images by one network.

    Args:
        inputs: what the network takes, N rows each, as `inputs_of` makes them.
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
    return np.clip(ab, -1, 1, dtype=np.float32)


def mean_of_views(
    views: Sequence[EncodedView], predictions: Sequence[NDArray[np.float32]]
) -> NDArray[np.float32]:
    """(h, w, 2) ab of a frame, as large as the largest of its views, none of them mirrored."""
    upright = [one.view.turned(ab) for one, ab in zip(views, predictions, strict=True)]
    return blend(upright, [1.0] * len(upright)) if len(upright) > 1 else upright[0]


def blend(
    predictions: Sequence[NDArray[np.float32]], weights: Sequence[float]
) -> NDArray[np.float32]:
    """Weighted mean of several (h, w, 2) ab, as large as the largest; weights need not sum to 1."""
    height, width = max((ab.shape[:2] for ab in predictions), key=lambda size: size[0] * size[1])
    shares = np.asarray(weights, np.float32) / np.float32(sum(weights))
    parts = [
        share * at_size(ab, height, width) for share, ab in zip(shares, predictions, strict=True)
    ]
    return np.add.reduce(parts, dtype=np.float32)


def inputs_of(entry: ModelEntry, views: Sequence[EncodedView]) -> list[NDArray[np.float32]]:
    """What a colorizer takes for N views of one size: arrays of N rows.

    Raises:
        CheckpointError: it takes something that this program does not know.
    """
    unknown = [name for name in entry.inputs if name not in INPUTS]
    unknown += [name for name in entry.outputs if name not in OUTPUTS]
    if unknown:
        what = f"a colorizer of {', '.join(unknown)}, of which this program knows nothing"
        raise CheckpointError(what, entry.file, "get a newer version of the program")
    return [array for name in entry.inputs for array in INPUTS[name](entry, views)]


def sizes_of(entry: ModelEntry, one: EncodedView) -> tuple[tuple[int, ...], ...]:
    """Views of which a colorizer takes arrays of the same sizes pass it together."""
    own = _own_lightness(entry, one).shape if LIGHTNESS in entry.inputs else ()
    return one.lightness.shape, own


def rows(arrays: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Arrays (1, ...) of one size -> (N, ...); a single one is not copied."""
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _features(_: ModelEntry, views: Sequence[EncodedView]) -> list[NDArray[np.float32]]:
    """The encoder's maps, which the router has left."""
    return [rows(maps) for maps in zip(*(one.features for one in views), strict=True)]


def _lightness(entry: ModelEntry, views: Sequence[EncodedView]) -> list[NDArray[np.float32]]:
    """(N, h, w, 1) at the colorizer's own size."""
    return [rows([_own_lightness(entry, one)[None] for one in views])]


def _own_lightness(entry: ModelEntry, one: EncodedView) -> NDArray[np.float32]:
    """(h, w, 1) at the colorizer's own size."""
    return one.view.lightness(one.frame, entry.inference_px)


OUTPUTS = (AB,)
INPUTS: Mapping[str, Make] = {"features": _features, "lightness": _lightness}
