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

TEMPORARY = ".partial-"  # what the names of temporary files begin with
_counter = itertools.count()  # temporary files of one process never meet


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Give a temporary file to write; rename it to `path` when the block ends well, else remove it.

    The temporary file keeps the suffix, by which writers choose a format.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary_path(path)
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def temporary_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder for the parts of `path`; it is removed when the block ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary_path(path).with_suffix("")
    temporary.mkdir()
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def remove_stale_temporaries(folder: Path) -> None:
    """Remove the temporary files and folders of processes of this machine that were killed."""
    for temporary in folder.glob(f"{TEMPORARY}{_host()}-*"):
        process = temporary.name.removeprefix(f"{TEMPORARY}{_host()}-").split("-")[0]
        if process.isdigit() and not _is_running(int(process)):
            if temporary.is_dir():
                shutil.rmtree(temporary, ignore_errors=True)
            else:
                temporary.unlink(missing_ok=True)


def _temporary_path(path: Path) -> Path:
    return path.with_name(f"{TEMPORARY}{_host()}-{os.getpid()}-{next(_counter)}{path.suffix}")


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
        with atomic_write(paths[-1]) as temporary:
            if paths[-1].suffix == ".csv":
                result.to_csv(temporary, index=False)
            else:
                result.savefig(temporary)
    return paths


def write_table_and_figure(results_dir: Path, stem: str, table: Any, figure: Any) -> list[Path]:
    """Write a table as STEM.csv and the figure of it as STEM.png; see `write_all`."""
    return write_all(results_dir, {f"{stem}.csv": table, f"{stem}.png": figure})
