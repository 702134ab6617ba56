"""How long make targets take: python -m benchmarks.targets evaluate modes

Runs each and keeps its seconds in the table; those of other targets stay in it until they are
measured again. A target that trains goes on where it was, or has nothing left to train: to time it,
begin without its folder below runs/.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from benchmarks.parts.table import ROOT, Row, add_results_dir, conditions, publish, read
from benchmarks.parts.tables import TARGETS


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split(":")[0])
    parser.add_argument("target", nargs="+", help="of the Makefile")
    parser.add_argument("--args", default="", help="ARGS of each of them")
    add_results_dir(parser)
    args = parser.parse_args(argv)
    kept = (args.results_dir / TARGETS.file).exists()
    earlier = [row for row in (read(TARGETS, args.results_dir) if kept else ())
               if row["target"] not in args.target]  # fmt: skip
    about = conditions(argparse.Namespace(args=args.args))
    publish(TARGETS, measured(args.target, args.args), about, args.results_dir, earlier=earlier)
    return 0


def measured(targets: Sequence[str], args: str) -> Iterator[Row]:
    """Make target by target.

    Raises:
        CalledProcessError: one fails; nothing is written then.
    """
    for target in targets:
        started = time.perf_counter()
        command = ["make", target, *([f"ARGS={args}"] if args else [])]
        subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)
        yield {"target": target, "seconds": time.perf_counter() - started}


def in_words(seconds: float) -> str:
    """A time as docs/results.md has it."""
    return f"{seconds:.0f} s" if seconds < 60 else f"{seconds / 60:.0f} min"


if __name__ == "__main__":
    raise SystemExit(main())
