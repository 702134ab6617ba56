"""Files that are there whole or not at all: atomic writes, locks, results."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from basics.errors import DataError, ProjectError, Setting
from basics.temporaries import is_temporary, temporary_file

Commit = Callable[[Path, Path], None]  # how a finished temporary file takes the name of the result
PATIENCE_S = (0.05, 0.2, 0.5)  # for a file that another program of Windows has open


def overwrite(temporary: Path, path: Path) -> None:
    """Take a name, whatever bears it: a link is replaced itself, never what it leads to."""
    for pause_s in PATIENCE_S if sys.platform == "win32" else ():
        try:
            temporary.replace(path)
        except PermissionError:
            time.sleep(pause_s)
        else:
            return
    temporary.replace(path)


def take_free_name(temporary: Path, path: Path) -> None:
    """Take a name that nothing bears; of many at once that want it, one gets it.

    Raises:
        DataError: something has that name already, be it a link that leads nowhere.
    """
    try:
        os.link(temporary, path)
    except FileExistsError as error:
        raise exists_already(path) from error
    except OSError:  # FAT has no hard links: an empty file keeps the place for an instant
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError as error:
            raise exists_already(path) from error
        try:
            overwrite(temporary, path)
        except OSError:
            path.unlink(missing_ok=True)
            raise


def exists_already(path: Path) -> DataError:
    """The error of a name that is taken."""
    fix = "choose another output, or overwrite it"
    return DataError("the output exists already", path, fix, Setting("force", True))


@contextmanager
def atomic_write(path: Path, *, commit: Commit = overwrite) -> Iterator[Path]:
    """Give a temporary file to write, which takes the name `path` when the block ends well.

    Else it is removed. What it holds is on the disk before it takes the name. It keeps the suffix,
    by which writers choose a format.

    Args:
        path: of the result.
        commit: how it takes the name: `overwrite`, or `take_free_name`.
    """
    with temporary_file(path) as temporary:
        yield temporary
        lasts = not is_temporary(path)  # a part of something is synced as a whole
        if lasts:
            _sync(temporary)
        commit(temporary, path)
        if lasts and sys.platform != "win32":
            with suppress(OSError):  # some file systems cannot sync a folder
                _sync(path.parent)


def _sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def lock(path: Path, refusal: ProjectError) -> Iterator[None]:
    """Hold a lock file; raise `refusal` where another process holds it. A kill lets it go."""
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path, timeout=0):
            yield
    except Timeout as error:
        raise refusal from error


def write_all(folder: Path, results: Mapping[str, Any]) -> list[Path]:
    """Write pandas tables (.csv, without their index) and matplotlib figures, each aside.

    Args:
        folder: where they go.
        results: file name -> table or figure.

    Returns:
        Their paths, in this order.
    """
    paths = []
    for name, result in results.items():
        paths.append(folder / name)
        with atomic_write(paths[-1]) as temporary:
            if paths[-1].suffix == ".csv":
                result.to_csv(temporary, index=False)
            else:
                result.savefig(temporary)
    return paths


def write_table_and_figure(results_dir: Path, stem: str, table: Any, figure: Any) -> list[Path]:
    """Write a table as STEM.csv and the figure of it as STEM.png; see `write_all`."""
    return write_all(results_dir, {f"{stem}.csv": table, f"{stem}.png": figure})
