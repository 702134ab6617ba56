"""All benchmarks, one after another: python -m benchmarks

Each is run with the options that docs/benchmarks.md names, on a machine that should do nothing else
meanwhile; then the tables of that document are made anew from their CSVs. A series that was broken
off goes on: what it has measured is not measured again, unless --anew says so. `against` needs
another checkout, and is left out without it.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from basics import cli
from benchmarks.parts import document, tables
from benchmarks.parts.table import ROOT, Table, add_results_dir

BEGUN = ROOT / "runs" / "speed" / "begun"  # as old as the series
WEB_PYTHON = ROOT / ".venv-web" / "bin" / "python"


@dataclass(frozen=True)
class Benchmark:
    """A line of the series.

    Attributes:
        name: of the module.
        tables: that it writes always.
        options: with which it is run.
        python: the environment's.
    """

    name: str
    tables: tuple[Table, ...]
    options: tuple[str, ...] = ()
    python: Path = Path(sys.executable)


SERIES = (
    Benchmark("cold_start", (tables.COLD_START,)),
    Benchmark("folder", (tables.FOLDER, tables.BATCHES), ("--photos", "1000")),
    Benchmark("large", (tables.LARGE,)),
    Benchmark("web", (tables.WEB, tables.WEB_MEMORY), ("--requests", "200", "--small", "2000")),
    Benchmark("edges", (tables.EDGES,), ("--limit", "5")),
    Benchmark("faded", (tables.FADED,)),
    Benchmark("int8", (tables.INT8,), ("--limit", "5")),
    Benchmark("training", (tables.TRAINING,), ("--drawn",)),
    Benchmark("depthwise", (tables.DEPTHWISE,)),
    Benchmark("scraping", (tables.SCRAPING,)),
    Benchmark("image_size", (tables.IMAGE_SIZE,), python=WEB_PYTHON),
    Benchmark("environments", (tables.ENVIRONMENTS,)),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the series; returns the exit code: 1 if a benchmark failed, after the others."""
    parser = cli.parser(__doc__, "benchmarks")
    add = parser.add_argument
    add("--only", nargs="+", choices=[one.name for one in SERIES], metavar="NAME", help="of them")
    add("--anew", action="store_true", help="measure again what the series has measured")
    add("--against", type=cli.path, metavar="CHECKOUT", help="also measure beside another one")
    add("--fog", type=cli.path, nargs="+", default=[], help="photos of real fog, for `faded`")
    add_results_dir(parser)
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    if not (ROOT / "data" / "packed").is_dir():
        print("no data/packed: photos of scikit-image stand in for the splits", file=sys.stderr)
    if not args.only and (args.anew or not BEGUN.exists()):
        BEGUN.parent.mkdir(parents=True, exist_ok=True)
        BEGUN.touch()
    since = BEGUN.stat().st_mtime if BEGUN.exists() and not args.anew else time.time()
    failed = []
    for one in chosen(args):
        if is_measured(one, args.results_dir, since):
            print(f"{one.name} is measured already", file=sys.stderr)
        elif not run(one, args.results_dir):
            failed.append(one.name)
    if args.results_dir.resolve() == (ROOT / "results").resolve():
        document.fill(args.results_dir)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
        return cli.FAILED
    if not args.only:
        BEGUN.unlink()  # the next one measures all anew
    return cli.DONE


def run(one: Benchmark, results_dir: Path) -> bool:
    """Run a benchmark; whether it went well."""
    print(f"{one.name} ...", file=sys.stderr, flush=True)
    if not one.python.exists():
        print(f"  no {one.python.relative_to(ROOT)}: make web makes it", file=sys.stderr)
        return False
    started = time.monotonic()
    done = subprocess.run(command(one, results_dir), cwd=ROOT, env=environment())
    print(f"  {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return done.returncode == 0


def chosen(args: argparse.Namespace) -> list[Benchmark]:
    """The lines of the series that are asked for."""
    found = [one for one in SERIES if not args.only or one.name in args.only]
    fog = tuple(str(path.resolve()) for path in args.fog)
    found = [Benchmark(one.name, (*one.tables, tables.FADED_FOG), ("--fog", *fog))
             if one.name == "faded" and fog else one for one in found]  # fmt: skip
    if args.against:
        options = (str(args.against.resolve()), "--runs", "7")
        found.append(Benchmark("against", (tables.AGAINST,), options))
    return found


def is_measured(one: Benchmark, results_dir: Path, since: float) -> bool:
    """Whether all that a benchmark writes is newer than the series."""
    paths = [results_dir / table.file for table in one.tables]
    return all(path.exists() and path.stat().st_mtime >= since for path in paths)


def command(one: Benchmark, results_dir: Path) -> list[str]:
    """What is run."""
    results = ["--results-dir", str(results_dir.resolve())]
    return [str(one.python), "-m", f"benchmarks.{one.name}", *one.options, *results]


def environment() -> Mapping[str, str]:
    """Variables of a benchmark: this checkout's packages, TensorFlow without its remarks."""
    return {**os.environ, "PYTHONPATH": "", "TF_CPP_MIN_LOG_LEVEL": "3"}


if __name__ == "__main__":
    raise SystemExit(main())
