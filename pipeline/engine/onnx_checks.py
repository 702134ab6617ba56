"""An ONNX file of a stranger: opened without other files, its inputs and outputs as told.

The sha256 in bundle.json says that a file is whole, not that it is what its entry says.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from basics.errors import CheckpointError
from pipeline.engine.bundle import AB, FEATURES, LIGHTNESS, ModelEntry

if TYPE_CHECKING:
    import onnxruntime

NOWHERE = "no_such_folder"  # where a network's data outside of its file would be looked for
MAX_SIDE = 8192  # px of an output; networks run at a few hundred
MEND = "get the bundle anew, or give another one"
CHANNELS = {LIGHTNESS: 1, AB: 2}  # of what has a known number of them
FLOAT = "tensor(float)"


def onnx_errors() -> tuple[type[Exception], ...]:
    """What ONNX Runtime raises where it cannot open or run a network."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    own = [one for one in vars(state).values() if isinstance(one, type)]
    return (*(one for one in own if issubclass(one, Exception)), RuntimeError, ValueError)


def keep_inside(options: "onnxruntime.SessionOptions") -> None:
    """Let a network have no data in other files."""
    key = "session.model_external_initializers_file_folder_path"
    options.add_session_config_entry(key, str(Path(__file__).parent / NOWHERE))


def require_fitting(session: "onnxruntime.InferenceSession", entry: ModelEntry) -> None:
    """Check what a network takes and gives against its entry, as far as its file tells.

    Raises:
        CheckpointError: it takes or gives something else; the error names which.
    """
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if FEATURES not in entry.inputs and len(inputs) != len(entry.inputs):
        raise _unfit(f"inputs: {len(inputs)}; bundle.json has {len(entry.inputs)}", entry)
    if FEATURES not in entry.outputs and len(outputs) != len(entry.outputs):
        raise _unfit(f"outputs: {len(outputs)}; bundle.json has {len(entry.outputs)}", entry)
    for what, names, nodes in (
        ("input", entry.inputs, inputs),
        ("output", entry.outputs, outputs),
    ):
        for name, node in zip(_spread(names, len(nodes)), nodes, strict=False):
            _require_kind(node, name, f"{what} {node.name!r}", entry)


def _spread(names: Sequence[str], count: int) -> list[str]:
    """A name for each of a network's arrays: the features are as many as are left."""
    n_features = count - len(names) + 1
    return [one for name in names for one in [name] * (n_features if name == FEATURES else 1)]


def _require_kind(node: Any, name: str, where: str, entry: ModelEntry) -> None:
    if node.type != FLOAT:
        raise _unfit(f"{where} holds {node.type}, not {FLOAT}", entry)
    rank = 2 if name == "confidences" else 4
    if name in (LIGHTNESS, AB, FEATURES, "confidences") and len(node.shape) != rank:
        raise _unfit(f"{where} has {len(node.shape)} axes, not {rank}", entry)
    last = node.shape[-1] if node.shape else None
    if name in CHANNELS and isinstance(last, int) and last != CHANNELS[name]:
        raise _unfit(f"{where} has {last} channels; {name} has {CHANNELS[name]}", entry)


def require_finite(outputs: Sequence[NDArray[np.float32]], file: str) -> None:
    """Check that a network has given numbers.

    Raises:
        CheckpointError: one is not finite, or an output is absurdly large.
    """
    for index, one in enumerate(outputs):
        if max(one.shape, default=0) > MAX_SIDE:
            raise CheckpointError(f"output {index} of a network is {one.shape}", file, MEND)
        if not np.isfinite(one).all():
            what = f"output {index} of a network holds numbers that are not finite"
            raise CheckpointError(what, file, MEND)


def _unfit(what: str, entry: ModelEntry) -> CheckpointError:
    return CheckpointError(f"a network does not fit its entry: {what}", entry.file, MEND)
