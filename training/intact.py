"""Is a checkpoint whole: read back byte by byte, without building a network of it.

A .keras file is a ZIP archive of config.json and model.weights.h5; the archive has a checksum of
each. Loading it with Keras takes seconds and memory of the accelerator; this takes neither.
"""

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from basics.errors import CheckpointError

WEIGHTS = "model.weights.h5"
MEMBERS = ("config.json", WEIGHTS)
Arrays = dict[str, NDArray]
DAMAGE = (  # what libraries raise of a damaged file
    OSError, EOFError, ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError,
    NotImplementedError, RecursionError, MemoryError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def require_intact(path: Path, *, n_arrays: int = 0) -> Arrays:
    """Read a checkpoint back.

    Args:
        path: of a .keras file.
        n_arrays: that it holds at least.

    Returns:
        Its arrays, of the network and the optimizer, by their place in the file.

    Raises:
        ValueError: it is not whole; see `DAMAGE` for what else is raised.
    """
    with zipfile.ZipFile(path) as archive:
        missing = {*MEMBERS} - {*archive.namelist()}
        if missing:
            raise ValueError(f"no {', '.join(sorted(missing))} in it")
        damaged = archive.testzip()
        if damaged is not None:
            raise ValueError(f"the checksum of {damaged} in it is wrong")
        arrays: Arrays = {}

        def take(name: str, one: object) -> None:
            if isinstance(one, h5py.Dataset):
                arrays[name] = np.asarray(one)

        with h5py.File(io.BytesIO(archive.read(WEIGHTS)), "r") as weights:
            weights.visititems(take)
    if len(arrays) < n_arrays:
        raise ValueError(f"{len(arrays)} arrays in it, not {n_arrays}")
    return arrays


def read_arrays(path: Path) -> Arrays:
    """The arrays of an .npz file, whole; see `DAMAGE` for what is raised."""
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def require_finite(arrays: Mapping[str, NDArray], path: Path) -> None:
    """Check that what is about to be saved are numbers.

    Raises:
        CheckpointError: they are not: training has gone astray.
    """
    for name, one in arrays.items():
        if one.dtype.kind == "f" and not np.isfinite(one).all():
            raise CheckpointError(
                f"not saved: the weights are not finite ({name})",
                path,
                "train in another run folder with a lower --learning-rate",
            )
