"""Whether the program bears what strangers send: python -m tests.fuzz --files 10000 --seed 1

Sound photos of every format are damaged: some by one who knows the format, some blindly. Each file
is coloured alone, and in a folder with sound photos, which must come out as if they were alone. All
is done by one process, as long as it lives. Exits with 0 only if nothing failed.
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from basics import cli
from pipeline.engine.bundle import PRETRAINED_DIR
from tests.fuzz.driver import Driver
from tests.fuzz.outcome import Outcome, growth
from tests.fuzz.run import ALONE_S, BATCH, Run, run
from tests.fuzz.seeds import FORMATS

MOST_GROWTH = 50_000_000  # bytes


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "tests.fuzz")
    add, number = parser.add_argument, cli.positive(int)
    add("--files", type=number, default=1000, metavar="N", help="how many")
    add("--seed", type=cli.positive(int, zero=True), default=0, metavar="S", help="which files")
    add("--only", type=cli.positive(int, zero=True), metavar="N", help="the file of this number")
    add("--formats", nargs="+", choices=FORMATS, default=FORMATS, help="that are damaged")
    add("--models", type=Path, default=PRETRAINED_DIR, metavar="DIR", help="bundle of models")
    add("--longest", type=cli.positive(float), default=ALONE_S, metavar="S", help="of a file, s")
    add("--keep", type=Path, metavar="DIR", help="where files go that failed")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    first, n_files = (0, args.files) if args.only is None else (args.only, 1)
    with (
        tempfile.TemporaryDirectory(prefix="fuzz-") as name,
        Driver(args.models, Path(name)) as driver,
    ):
        one = Run(
            driver, Path(name), args.seed, formats=args.formats, alone_s=args.longest,
            keep=args.keep,
        )  # fmt: skip
        told = _Told(n_files)
        seconds = run(one, n_files, first=first, tell=told)
    outcome = one.outcome
    cli.print_lines(summary(outcome, seconds, driver.n_started, args.seed))
    grown = growth(outcome.memory)
    return cli.FAILED if outcome.failures or (grown or 0) > MOST_GROWTH else cli.DONE


class _Told:
    """Tells of each failure once, and how far the run is."""

    def __init__(self, n_files: int) -> None:
        self.n_files, self.n_told = n_files, 0

    def __call__(self, outcome: Outcome) -> None:
        for one in outcome.failures[self.n_told :]:
            cli.print_lines([f"{one.kind}: {one.name}: {one.what}"])
        self.n_told = len(outcome.failures)
        if outcome.n_files % (10 * BATCH) == 0:
            memory = outcome.memory[-1][1] / 1e6 if outcome.memory else 0
            cli.print_lines([f"{outcome.n_files:,} of {self.n_files:,}; {memory:.0f} MB"])


def summary(outcome: Outcome, seconds: float, n_workers: int, seed: int) -> list[str]:
    """What a run has found, in a few lines."""
    fates = ", ".join(f"{number:,} {fate}" for fate, number in outcome.fates.most_common())
    lines = [f"{outcome.n_files:,} files of seed {seed}: {fates}"]
    kinds = Counter(one.kind for one in outcome.failures)
    found = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common()) or "none"
    lines.append(f"failures: {found}")
    grown = growth(outcome.memory)
    if grown is not None:
        most = max(files for files, _ in outcome.memory)
        lines.append(f"memory after {most:,} files: {grown / 1e6:+.0f} MB since the first 1,000")
    slowest, name = outcome.slowest
    speed = outcome.n_files / seconds
    return [
        *lines,
        f"{speed:.1f} files/s, each alone and in a folder; slowest {slowest:.1f} s: {name}",
        f"{n_workers} processes; a file again: python -m tests.fuzz --seed {seed} --only NUMBER",
    ]


if __name__ == "__main__":
    raise SystemExit(main())
