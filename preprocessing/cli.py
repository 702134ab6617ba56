"""What every command shares: log, progress bar, exit codes, how an error is printed.

stdout holds results only, one per line; everything else goes to stderr.
"""

import argparse
import itertools
import logging
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from preprocessing.errors import ProjectError

if TYPE_CHECKING:
    from tqdm import tqdm

Item = TypeVar("Item")
SIDE = ".partial-"  # what the names of side files begin with
_sides = itertools.count()  # side files of one process never meet

TALKATIVE = ("httpx", "httpcore", "selenium", "urllib3", "tf2onnx")  # they log every step
DONE, FAILED = 0, 1  # exit codes; argparse itself gives 2 for wrong usage


def run(job: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    """Run a command's job with the log set up; print a `ProjectError` and give its exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr, force=True)
    logging.getLogger("pyvips").setLevel(logging.ERROR)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # what matters of it is raised
    try:
        return job(args)
    except ProjectError as error:
        print_error(error)
        return FAILED
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130  # the shell's code for SIGINT
    except BrokenPipeError:  # the reader of our stdout has gone: `... | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def parser(doc: str | None, module: str) -> argparse.ArgumentParser:
    """An argument parser whose help opens with the first paragraph of the module's docstring."""
    return argparse.ArgumentParser(
        prog=f"python -m {module}",
        description=(doc or "").split("\n\n")[0],
        formatter_class=_HelpWithDefaults,
    )


class _HelpWithDefaults(argparse.ArgumentDefaultsHelpFormatter):
    """Gives each default but those that say nothing: None, False, an empty text or list."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        says_nothing = action.default is None or action.default is False
        if says_nothing or action.default in ("", []):
            return action.help
        return super()._get_help_string(action)


def progress(items: Iterable[Item], what: str, total: int | None = None) -> Iterable[Item]:
    """Iterate with a bar on a terminal, shown only when the work takes over two seconds."""
    from tqdm import tqdm  # a thirtieth of a second

    return tqdm(items, desc=what, total=total, delay=2, disable=None, file=sys.stderr)


def progress_bar(what: str, total: int, done: int) -> "tqdm":
    """A bar for photos that many threads bring: call its `update()`; on a terminal only."""
    from tqdm import tqdm

    return tqdm(
        desc=what, total=total, initial=done, unit="photo", delay=2, disable=None, file=sys.stderr
    )


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
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
def aside(path: Path) -> Iterator[Path]:
    """Give a side folder for the parts of `path`; it is removed when the block ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    side = _side_of(path).with_suffix("")
    side.mkdir()
    try:
        yield side
    finally:
        shutil.rmtree(side, ignore_errors=True)


def remove_leftovers(folder: Path) -> None:
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
def held(lock: Path, refusal: ProjectError) -> Iterator[None]:
    """Hold a lock file; raise `refusal` where another process holds it. A kill lets it go."""
    from filelock import FileLock, Timeout

    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock, timeout=0):
            yield
    except Timeout as error:
        raise refusal from error


def positive(kind: type, *, zero: bool = False) -> Callable[[str], int | float]:
    """An argparse type: a number above zero (or, with `zero`, not below it)."""

    def parse(text: str) -> int | float:
        value = kind(text)
        if not (value > 0 or (zero and value == 0)):  # so that nan is refused too
            raise argparse.ArgumentTypeError(f"{text} is not {'>=' if zero else '>'} 0")
        return value

    parse.__name__ = kind.__name__  # argparse says "invalid int value" by it
    return parse


def print_error(error: ProjectError) -> None:
    """Print what was wrong, where, and what to do."""
    print(f"error: {error}", file=sys.stderr)


def write_results(folder: Path, results: Mapping[str, Any]) -> list[Path]:
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
        with written_aside(paths[-1]) as side:
            if paths[-1].suffix == ".csv":
                result.to_csv(side, index=False)
            else:
                result.savefig(side)
    return paths


def write_result(results_dir: Path, stem: str, table: Any, figure: Any) -> list[Path]:
    """Write a table as STEM.csv and the figure of it as STEM.png; see `write_results`."""
    return write_results(results_dir, {f"{stem}.csv": table, f"{stem}.png": figure})


def print_lines(lines: Sequence[object]) -> None:
    """Print results to stdout, one per line."""
    for line in lines:
        print(line, flush=True)
