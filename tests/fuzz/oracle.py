"""What must hold of every answer: whole results or clear errors, and nothing else."""

import json
import logging
import re
import stat
import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from tests.fuzz.driver import Answer

MOST_STDERR = 4_000  # bytes per file
MOST_MEMORY = 750_000_000  # bytes more than before; the networks take 250 MB
MOST_APART = 1.0  # levels of 255 in the mean, between a photo alone and among others
ERROR = re.compile(
    r"^error: ([^\n]+(?:\n(?!error: )[^\n]*){,9}?)\n  where: (.+)\n  fix: (.+)$", re.M
)
PLAIN = re.compile(r"^error: .+\n  where: .+\n  fix: .+$", re.MULTILINE)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
PICTURES = ("_compare", "_ranking")  # what is written beside a result


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Something that must not be.

    Attributes:
        name: of the file, or of the folder.
        kind: a word: crash, hang, trace, unforeseen, silent, partial, changed, ...
        what: more about it.
    """

    name: str
    kind: str
    what: str


def judge(name: str, answer: Answer, n_files: int) -> Iterator[Failure]:
    """What is wrong with how a job ended and what it printed."""
    if answer.ended:
        kind, _, what = answer.ended.partition(": ")
        yield Failure(name=name, kind=kind, what=f"{what}; {answer.stderr[-3000:]}")
        return
    if answer.trace or "Traceback" in answer.stderr:
        yield Failure(name=name, kind="trace", what=answer.trace or answer.stderr[-2000:])
    elif answer.code not in (0, 1):
        yield Failure(name=name, kind="exit code", what=str(answer.code))
    elif "report this as a bug" in answer.stderr:
        yield Failure(name=name, kind="unforeseen", what=_around(answer.stderr, "report this as"))
    if len(answer.stderr) > MOST_STDERR * n_files:
        yield Failure(name=name, kind="long stderr", what=f"{len(answer.stderr)} bytes")
    n_errors = len(re.findall("^error: ", answer.stderr, re.MULTILINE))
    if len(PLAIN.findall(answer.stderr)) != n_errors:
        yield Failure(name=name, kind="untidy error", what=answer.stderr[-800:])
    if CONTROL.search(answer.stderr):
        yield Failure(name=name, kind="control characters", what=repr(answer.stderr[:500]))
    for word in ("VIPS-WARNING", "GLib", "Warning:"):
        if word in answer.stderr:
            yield Failure(name=name, kind="library's words", what=_around(answer.stderr, word))
    if answer.peak - answer.before > MOST_MEMORY:
        what = f"{(answer.peak - answer.before) / 1e6:.0f} MB at the most"
        yield Failure(name=name, kind="memory", what=what)


def errors_in(stderr: str) -> list[tuple[str, str, str]]:
    """The errors that were printed: what, where, fix."""
    return [(one[1], one[2], one[3]) for one in ERROR.finditer(stderr)]


def results_in(stdout: str) -> list[Path]:
    """The results that were printed, as paths or as JSON."""
    lines = stdout.splitlines()
    return [Path(json.loads(one)["output"] if one.startswith("{") else one) for one in lines]


def sizes_in(stdout: str) -> dict[Path, tuple[int, int]]:
    """Width and height of the results that were printed as JSON."""
    found = [json.loads(one) for one in stdout.splitlines() if one.startswith("{")]
    return {Path(one["output"]): (one["width"], one["height"]) for one in found}


def judge_sizes(name: str, stdout: str, wanted: Collection[int] = ()) -> Iterator[Failure]:
    """Results of another size than was told, or than the sides of the photo, where known."""
    for path, told in sizes_in(stdout).items():
        if not path.exists():
            continue
        height, width = pixels(path).shape[:2]
        if (width, height) != told or (wanted and {width, height} != set(wanted)):
            what = f"{path.name}: {width} x {height} px; told: {told}, photo: {[*wanted]}"
            yield Failure(name=name, kind="size", what=what)


def judge_results(name: str, folder: Path, results: Sequence[Path]) -> Iterator[Failure]:
    """What is wrong with the files that were written into a folder."""
    there = [one for one in folder.rglob("*") if one.is_file()]
    stems = [one.stem for one in results]
    for path in there:
        own = path.stem
        for picture in PICTURES:
            own = own.removesuffix(picture)
        if path not in results and own not in stems:
            yield Failure(name=name, kind="partial", what=f"left behind: {path.name}")
        try:
            pixels(path)
        except (OSError, ValueError, SyntaxError, KeyError, TypeError, IndexError) as error:
            yield Failure(name=name, kind="partial", what=f"{path.name}: {error!r}")
    for path in results:
        if path not in there:
            yield Failure(name=name, kind="silent", what=f"told, but not there: {path}")


def pixels(path: Path) -> NDArray[np.float64]:
    """A result as an independent reader sees it: (H, W, C), 0 to 255."""
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # of odd metadata
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if path.suffix in (".tif", ".tiff"):
            array = tifffile.imread(path, key=0)
        else:
            with Image.open(path) as image:
                array = np.asarray(image)
    scale = 257.0 if array.dtype == np.uint16 else 1.0
    return np.atleast_3d(array) / scale


def apart(one: Path, other: Path) -> str:
    """How far a photo's result is from the one that it has alone; empty if it is not."""
    a, b = pixels(one), pixels(other)
    if a.shape != b.shape:
        return f"{a.shape} instead of {b.shape}"
    distance = float(np.abs(a - b).mean())
    return f"{distance:.1f} levels apart" if distance > MOST_APART else ""


def state(path: Path) -> tuple[object, ...]:
    """What must be as before: kind, size, time and content of a file."""
    found = path.lstat()
    content = path.read_bytes() if stat.S_ISREG(found.st_mode) else None
    return stat.S_IFMT(found.st_mode), found.st_size, found.st_mtime_ns, content


def _around(text: str, word: str) -> str:
    at = text.find(word)
    return text[max(0, at - 400) : at + 200]
