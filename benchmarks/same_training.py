"""Whether this checkout trains as another one does: python -m benchmarks.same_training OTHER

OTHER is a checkout of another commit. Both train the same short runs on the same drawn photos, by
the commands that users give, on one thread of deterministic TensorFlow; then every number of every
history.csv is compared, to the six digits that it holds. So is what this checkout makes of a run
that the other one began. Prints a table; exits 1 if a number differs or a command failed.
"""

import argparse
import csv
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.parts.table import Row, add_results_dir, commit_of, conditions, publish
from benchmarks.parts.tables import SAME_TRAINING

PROJECT_DIR = Path(__file__).resolve().parents[1]
DETERMINISTIC = {
    "KERAS_BACKEND": "tensorflow",
    "TF_DETERMINISTIC_OPS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
}
ROUTER = "runs/classifier"
UNIVERSAL = "runs/plain/shared_encoder/universal"
SHORT = ("--epochs", "2", "--steps-per-epoch", "3", "--batch-size", "4", "--save-at", "1")
SIZES = ("--packed-dir", "packed", "--size", "64", "--run-px", "64")
PHOTOS = ("--smallest-px", "128", "--tone-spread", "0.3")
LEARNING = ("--train-encoder", "--weight-decay", "0.05", "--decay", "cosine", "--keep-best")
TIMEOUT_S = 1200
COLUMNS = ("run", "began", "numbers", "differ", "gap")


class Case(NamedTuple):
    """A run: its name, its folder and the command that trains it, in the order of the runs."""

    name: str
    run_dir: str
    command: tuple[str, ...]


def classifier(name: str, run_dir: str, *options: str) -> Case:
    """A run of `classifier.train`."""
    command = ("classifier.train", *SIZES, *SHORT, "--run-dir", run_dir, *options)
    return Case(name, run_dir, command)


def colorizer(name: str, category: str, architecture: str, *options: str) -> Case:
    """A run of `colorizers.train`."""
    runs_dir = f"runs/{name.split(',')[0].replace(' ', '_')}"
    command = ("colorizers.train", category, "--architecture", architecture, *SIZES, *SHORT)
    run_dir = f"{runs_dir}/{architecture}/{category}"
    return Case(name, run_dir, (*command, "--runs-dir", runs_dir, *options))


CASES = (
    classifier("classifier", ROUTER, "--weights", "none", "--head-epochs", "1"),
    classifier(
        "head alone", "runs/head", "--head-epochs", "2", "--epochs", "0", "--encoder", ROUTER
    ),
    colorizer("plain", "universal", "shared_encoder", "--encoder", ROUTER),
    colorizer(
        "psnr", "universal", "shared_encoder",
        *("--init", UNIVERSAL, "--loss", "psnr", *LEARNING, *PHOTOS),
    ),
    colorizer(
        "fine-tuned", "beach", "shared_encoder",
        *("--init", UNIVERSAL, "--encoder", ROUTER, "--loss", "huber", "--keep-best"),
    ),
    colorizer("chroma", "fruit", "global_encoder", "--encoder", ROUTER, "--loss", "chroma"),
    colorizer("classes", "universal", "class_encoder", "--encoder", ROUTER, "--loss", "classes"),
    colorizer("Fig. 3", "beach", "encoder_decoder"),
    colorizer("bfloat16", "beach", "encoder_decoder", "--policy", "mixed_bfloat16"),
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Run the comparison; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("other", type=Path, help="a checkout of another commit")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="keep run folders; take OTHER's from it"
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these of the runs")
    add_results_dir(parser)
    args = parser.parse_args(argv)
    about = conditions(args)
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or Path(temporary)
        rows = list(compare(args.other.resolve(), folder, args.only))
    before = {"before": commit_of(args.other)}
    titled: list[Row] = [dict(zip(COLUMNS, row, strict=True)) | before for row in rows]
    publish(SAME_TRAINING, titled, about, args.results_dir)
    return int(any(differing or not numbers for _, _, numbers, differing, _ in rows))


def compare(
    other: Path, folder: Path, only: Sequence[str] | None = None
) -> Iterator[tuple[str, str, int, int, float]]:
    """Train every case by both checkouts.

    Yields:
        A run's name, where it began, how many numbers its history holds, how many of them differ,
        and by which part of themselves at most.
    """
    homes = {folder / "here": PROJECT_DIR, folder / "there": other, folder / "resumed": PROJECT_DIR}
    for home in homes:
        draw_packed(home / "packed")
    for case in CASES:
        if only and case.name not in only:
            continue
        here, there, resumed = (home / case.run_dir for home in homes)
        for run_dir, (home, checkout) in zip((here, there, resumed), homes.items(), strict=True):
            if run_dir == there and (run_dir / "history.csv").is_file():
                continue
            shutil.rmtree(run_dir, ignore_errors=True)
            if run_dir == resumed:
                cut_last_epoch(there, resumed)
            run(case, home, checkout)
        expected = numbers_of(there)
        for began, run_dir in (("here", here), ("there", resumed)):
            yield (case.name, began, len(expected), *difference(expected, numbers_of(run_dir)))


def draw_packed(packed_dir: Path) -> None:
    """The drawn photos of the tests, packed; nothing where they lie already."""
    from preprocessing.packing import pack
    from tests.drawing import write_raw

    if not packed_dir.is_dir():
        write_raw(packed_dir.with_name("raw"))
        pack(packed_dir.with_name("raw"), packed_dir)


def cut_last_epoch(source: Path, target: Path) -> None:
    """Copy a run as a kill after its last but one epoch would have left it."""
    shutil.copytree(source, target)
    max(target.glob("epoch_*.keras")).unlink()


def run(case: Case, home: Path, checkout: Path) -> None:
    """Train a case below `home`, by the code of a checkout.

    Raises:
        RuntimeError: the command failed.
    """
    done = subprocess.run(
        [sys.executable, "-m", *case.command],
        cwd=home,
        env={**os.environ, **DETERMINISTIC, "PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    print(f"{case.name} by {checkout}", file=sys.stderr)
    if done.returncode:
        raise RuntimeError(f"{case.name} by {checkout}: {done.stderr}")


def numbers_of(run_dir: Path) -> dict[tuple[str, str], float]:
    """(epoch, column) -> number, of all that is in a history but its seconds."""
    with (run_dir / "history.csv").open(newline="") as file:
        return {
            (row["epoch"], name): float(value)
            for row in csv.DictReader(file)
            for name, value in row.items()
            if value and name not in ("epoch", "seconds")
        }


def difference(
    expected: dict[tuple[str, str], float], found: dict[tuple[str, str], float]
) -> tuple[int, float]:
    """How many numbers are not the same, and the largest gap as a part of the number expected."""
    gaps = []
    for key in expected.keys() | found.keys():
        one, other = expected.get(key, math.nan), found.get(key, math.nan)
        if one != other:
            gaps.append(abs(one - other) / max(abs(one), 1e-12))
    return len(gaps), max(gaps, default=0.0)


if __name__ == "__main__":
    raise SystemExit(main())
