"""Checkpoints: whole networks with their optimizer, one file per kept epoch, and a rolling one.

A run folder holds `epoch_0050.keras`, `epoch_0100.keras`, ... (kept), `rolling_0123.keras` (the
newest state, replaced every two minutes) and, for runs that choose by validation, `best.keras`; for
those that average their weights, `averaged.keras`, the average at the newest state.
Each loads with plain `keras.models.load_model`; where the optimizer is of `training/optimizer.py`,
with `compile=False`.

A task of several networks has a file for each: beside `epoch_0050.keras`, the one that is shipped,
`epoch_0050-discriminator.keras`; and `epoch_0050-optimizer.npz`, for their optimizer is one.

A file is read back before it takes its name, and before an older one is removed: see `intact.py`.
"""

import hashlib
import logging
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np

from basics.errors import CheckpointError
from basics.files import atomic_write
from training import optimizer as _optimizer  # noqa: F401  checkpoints name a class of it
from training.intact import DAMAGE, read_arrays, require_finite, require_intact
from training.task import NETWORK, Parts

log = logging.getLogger(__name__)

LONGEST = 300  # characters of what a library says of a damaged file
EPOCH_NAME = "epoch_{:04d}.keras"
ROLLING_NAME = "rolling_{:04d}.keras"
BEST_NAME = "best.keras"
AVERAGED_NAME = "averaged.keras"


def save_checkpoint(network: keras.Model, path: Path) -> None:
    """Save a network with its optimizer atomically, so that a kill leaves no half checkpoint.

    Raises:
        CheckpointError: the disk is full, what was written does not come back, or a weight is not
            finite; the file that was there stays.
    """
    with _disk_errors(path), atomic_write(path) as side:
        network.save(side)
        with _read_back(path):
            arrays = require_intact(side, n_arrays=len(network.trainable_variables))
        require_finite(arrays, path)


@contextmanager
def _read_back(path: Path) -> Iterator[None]:
    """Tell where what was just written does not come back."""
    try:
        yield
    except DAMAGE as error:
        raise CheckpointError(
            f"what was written does not come back: {str(error)[:LONGEST] or type(error).__name__}",
            path,
            f"look at the disk, then go on with the same command; {_last_good(path.parent)}",
        ) from error


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    """Tell of a full disk; the last good checkpoint is left as it was."""
    try:
        yield
    except OSError as error:
        raise CheckpointError(
            f"cannot write the checkpoint: {error.strerror or error}",
            path,
            f"free disk space, then go on with the same command; {_last_good(path.parent)}",
        ) from error


def _last_good(run_dir: Path) -> str:
    latest = latest_checkpoint(run_dir)
    return f"the last good state is {latest[0].name}" if latest else "there is none before it"


def load_checkpoint(path: Path, *, with_optimizer: bool = True) -> keras.Model:
    """Load a checkpoint, by default with its optimizer.

    Raises:
        CheckpointError: there is none, or it is no checkpoint of ours.
    """
    if not path.is_file():
        raise CheckpointError("no such checkpoint", path, "give the path of a .keras file")
    try:
        require_intact(path)
        return keras.models.load_model(path, compile=with_optimizer)
    except DAMAGE as error:
        what = f"cannot load the checkpoint: {str(error)[:LONGEST] or type(error).__name__}"
        raise CheckpointError(what, path, "train again, or remove it") from error


def save_parts(parts: Parts, optimizer: keras.Optimizer, path: Path) -> None:
    """Save the networks of a task; `path` is that of the one which is shipped, written last.

    A single network holds the optimizer, with which it is compiled, in its own file.
    """
    for name, part in parts.items():
        if name != NETWORK:
            save_checkpoint(part, _beside(path, f"{name}.keras"))
    if len(parts) > 1:
        variables = [keras.ops.convert_to_numpy(one) for one in optimizer.variables]
        state = {f"{i:05d}": one for i, one in enumerate(variables)}
        beside = _beside(path, "optimizer.npz")
        with _disk_errors(beside), atomic_write(beside) as side:
            np.savez(side, allow_pickle=False, **state)
            with _read_back(beside):
                arrays = read_arrays(side)
            require_finite(arrays, beside)
    save_checkpoint(parts[NETWORK], path)


def load_parts(path: Path) -> Parts:
    """The networks of a task, by the path of the one which is shipped.

    Raises:
        CheckpointError: there are none, or they are no checkpoints of ours.
    """
    start = f"{path.stem}-"
    others = sorted(path.parent.glob(f"{start}*.keras"))
    parts = {
        NETWORK: load_checkpoint(path),
        **{one.stem.removeprefix(start): load_checkpoint(one) for one in others},
    }
    if len(parts) > 1:
        _read_optimizer(path)
    return parts


def load_newest(run_dir: Path) -> tuple[Path, int, Parts] | None:
    """The newest state of a run that can be loaded; None where the run has none at all.

    A checkpoint that is damaged is told, set aside as NAME.damaged once an older one has been
    loaded, and the one before it is taken.

    Raises:
        CheckpointError: all of them are damaged.
    """
    damaged: list[Path] = []
    first: CheckpointError | None = None
    for path, epoch in all_checkpoints(run_dir):
        try:
            parts = load_parts(path)
        except CheckpointError as error:
            log.warning("a damaged checkpoint: %s", error)
            first, damaged = first or error, [*damaged, path]
            continue
        for one in damaged:
            log.warning("%s is set aside; going on from %s", one, path.name)
            one.replace(one.with_name(f"{one.name}.damaged"))
        return path, epoch, parts
    if first is not None:
        raise CheckpointError(
            f"every checkpoint of the run is damaged; {first.what}",
            first.where,
            "restore one from a copy, or remove the run's folder to start anew",
        ) from first
    return None


def load_optimizer(optimizer: keras.Optimizer, path: Path) -> None:
    """Give a built optimizer of several networks the state that was saved with them.

    Args:
        optimizer: built on the variables of the same networks, in the same order.
        path: of the network which is shipped.

    Raises:
        CheckpointError: there is no such state, or it is of another network.
    """
    stored = _read_optimizer(path)
    shapes = [tuple(one.shape) for one in optimizer.variables]
    found = [stored[name].shape for name in sorted(stored)]
    if found != shapes:
        saved = _beside(path, "optimizer.npz")
        raise CheckpointError("the state of another optimizer", saved, "train again")
    for variable, name in zip(optimizer.variables, sorted(stored), strict=True):
        variable.assign(stored[name])


def _read_optimizer(path: Path) -> dict[str, np.ndarray]:
    """The arrays of the optimizer that were saved beside a checkpoint."""
    saved = _beside(path, "optimizer.npz")
    if not saved.is_file():
        raise CheckpointError("no state of the optimizer", saved, "train again")
    try:
        return read_arrays(saved)
    except DAMAGE as error:
        what = f"cannot load the optimizer: {str(error)[:LONGEST] or type(error).__name__}"
        raise CheckpointError(what, saved, "train again, or remove it") from error


def _beside(path: Path, name: str) -> Path:
    return path.with_name(f"{path.stem}-{name}")


def latest_checkpoint(run_dir: Path) -> tuple[Path, int] | None:
    """The newest checkpoint of a run and its number of finished epochs; None if there is none."""
    return next(iter(all_checkpoints(run_dir)), None)


def all_checkpoints(run_dir: Path) -> list[tuple[Path, int]]:
    """The checkpoints of a run, each with its number of finished epochs, the newest first."""
    found = [
        (int(match[1]), path)
        for path in run_dir.glob("*.keras")
        if (match := re.fullmatch(r"(?:epoch|rolling)_(\d{1,9})\.keras", path.name))
    ]
    return [(path, epoch) for epoch, path in sorted(found, reverse=True)]


def chosen_checkpoint(run_dir: Path) -> Path:
    """The checkpoint to ship: the best on validation, or the average, where the run kept it.

    Otherwise it is the newest.

    Raises:
        CheckpointError: the run has none.
    """
    for name in (BEST_NAME, AVERAGED_NAME):
        if (run_dir / name).is_file():
            return run_dir / name
    latest = latest_checkpoint(run_dir)
    if latest is None:
        raise CheckpointError("no checkpoint", run_dir, "train first, or name another folder")
    return latest[0]


def weights_sha256(network: keras.Model) -> str:
    """Hex digest over all weights as float32, in order: what a decoder records of its encoder."""
    digest = hashlib.sha256()
    for weight in network.get_weights():
        digest.update(np.ascontiguousarray(weight, np.float32).tobytes())
    return digest.hexdigest()


def remove_rolling(run_dir: Path, keep: Path | None = None) -> None:
    """Remove rolling checkpoints, all but `keep` and what lies beside it."""
    for path in run_dir.glob("rolling_*"):
        if keep is None or path.stem.split("-")[0] != keep.stem:
            path.unlink()


def is_kept_epoch(epoch: int, every: int, save_at: Collection[int]) -> bool:
    """Whether the checkpoint of a finished epoch (from 1) is kept for good."""
    return epoch % every == 0 or epoch in save_at
