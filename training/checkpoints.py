"""Checkpoints: whole networks with their optimizer, one file per kept epoch, and a rolling one.

A run folder holds `epoch_0050.keras`, `epoch_0100.keras`, ... (kept), `rolling_0123.keras` (the
newest state, replaced every two minutes) and, for runs that choose by validation, `best.keras`.
Each loads with plain `keras.models.load_model`.

A task of several networks has a file for each: beside `epoch_0050.keras`, the one that is shipped,
`epoch_0050-discriminator.keras`; and `epoch_0050-optimizer.npz`, for their optimizer is one.
"""

import hashlib
import re
from collections.abc import Collection
from pathlib import Path

import keras
import numpy as np

from basics.errors import CheckpointError
from basics.files import atomic_write
from training.task import NETWORK, Parts

EPOCH_NAME = "epoch_{:04d}.keras"
ROLLING_NAME = "rolling_{:04d}.keras"
BEST_NAME = "best.keras"


def save_checkpoint(network: keras.Model, path: Path) -> None:
    """Save a network with its optimizer atomically, so that a kill leaves no half checkpoint."""
    with atomic_write(path) as side:
        network.save(side)


def load_checkpoint(path: Path, *, with_optimizer: bool = True) -> keras.Model:
    """Load a checkpoint, by default with its optimizer.

    Raises:
        CheckpointError: there is none, or it is no checkpoint of ours.
    """
    if not path.is_file():
        raise CheckpointError("no such checkpoint", path, "give the path of a .keras file")
    try:
        return keras.models.load_model(path, compile=with_optimizer)
    except (ValueError, OSError, TypeError, KeyError) as error:
        raise CheckpointError(
            f"cannot load the checkpoint: {error}", path, "train again"
        ) from error


def save_parts(parts: Parts, optimizer: keras.Optimizer, path: Path) -> None:
    """Save the networks of a task; `path` is that of the one which is shipped, written last.

    A single network holds the optimizer, with which it is compiled, in its own file.
    """
    for name, part in parts.items():
        if name != NETWORK:
            save_checkpoint(part, _beside(path, f"{name}.keras"))
    if len(parts) > 1:
        variables = [keras.ops.convert_to_numpy(one) for one in optimizer.variables]
        with atomic_write(_beside(path, "optimizer.npz")) as side:
            np.savez(side, allow_pickle=False, **{f"{i:05d}": v for i, v in enumerate(variables)})
    save_checkpoint(parts[NETWORK], path)


def load_parts(path: Path) -> Parts:
    """The networks of a task, by the path of the one which is shipped.

    Raises:
        CheckpointError: there are none, or they are no checkpoints of ours.
    """
    start = f"{path.stem}-"
    others = sorted(path.parent.glob(f"{start}*.keras"))
    return {
        NETWORK: load_checkpoint(path),
        **{one.stem.removeprefix(start): load_checkpoint(one) for one in others},
    }


def load_optimizer(optimizer: keras.Optimizer, path: Path) -> None:
    """Give a built optimizer of several networks the state that was saved with them.

    Args:
        optimizer: built on the variables of the same networks, in the same order.
        path: of the network which is shipped.

    Raises:
        CheckpointError: there is no such state.
    """
    saved = _beside(path, "optimizer.npz")
    if not saved.is_file():
        raise CheckpointError("no state of the optimizer", saved, "train again")
    with np.load(saved) as stored:
        for variable, name in zip(optimizer.variables, sorted(stored), strict=True):
            variable.assign(stored[name])


def _beside(path: Path, name: str) -> Path:
    return path.with_name(f"{path.stem}-{name}")


def latest_checkpoint(run_dir: Path) -> tuple[Path, int] | None:
    """The newest checkpoint of a run and its number of finished epochs; None if there is none."""
    found = [
        (int(match[1]), path)
        for path in run_dir.glob("*.keras")
        if (match := re.fullmatch(r"(?:epoch|rolling)_(\d+)\.keras", path.name))
    ]
    if not found:
        return None
    epoch, path = max(found)
    return path, epoch


def chosen_checkpoint(run_dir: Path) -> Path:
    """The checkpoint to ship: the best on validation where the run kept it, else the newest.

    Raises:
        CheckpointError: the run has none.
    """
    best = run_dir / BEST_NAME
    if best.is_file():
        return best
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
