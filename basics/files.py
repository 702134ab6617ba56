"""Files that are there whole or not at all: atomic writes, temporaries, locks, results."""

import itertools
import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from basics.errors import ProjectError

SIDE = ".partial-"  # what the names of side files begin with
_sides = itertools.count()  # side files of one process never meet


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Give a side file to write; rename it to `path` when the block ends well, else remove it.

    The side file keeps the suffix, by which writers choose a format.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    side = _side_of(path)
    try:
        yield side
        side.replace(path)
    finally:
        side.unlink(missing_ok=True)


@contextmanager
def temporary_folder(path: Path) -> Iterator[Path]:
    """Give a side folder for the parts of `path`; it is removed when the block ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    side = _side_of(path).with_suffix("")
    side.mkdir()
    try:
        yield side
    finally:
        shutil.rmtree(side, ignore_errors=True)


def remove_stale_temporaries(folder: Path) -> None:
    """Remove the side files and side folders of processes of this machine that were killed."""
    for side in folder.glob(f"{SIDE}{_host()}-*"):
        process = side.name.removeprefix(f"{SIDE}{_host()}-").split("-")[0]
        if process.isdigit() and not _is_running(int(process)):
            if side.is_dir():
                shutil.rmtree(side, ignore_errors=True)
            else:
                side.unlink(missing_ok=True)


def _side_of(path: Path) -> Path:
    return path.with_name(f"{SIDE}{_host()}-{os.getpid()}-{next(_sides)}{path.suffix}")


def _host() -> str:
    """This machine's name, as far as it can be a part of a file's."""
    return "".join(one for one in platform.node() if one.isalnum())[:40]


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True


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
        with atomic_write(paths[-1]) as side:
            if paths[-1].suffix == ".csv":
                result.to_csv(side, index=False)
            else:
                result.savefig(side)
    return paths


def write_table_and_figure(results_dir: Path, stem: str, table: Any, figure: Any) -> list[Path]:
    """Write a table as STEM.csv and the figure of it as STEM.png; see `write_all`."""
    return write_all(results_dir, {f"{stem}.csv": table, f"{stem}.png": figure})
