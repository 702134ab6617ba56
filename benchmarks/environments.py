"""How large the environments are, and how long each takes to make, downloads included.

    python -m benchmarks.environments

Each is made anew in a temporary folder, as its make target makes it: needs 6 GB of temporary disk
and a way to the package index. What pip has kept of earlier downloads is used.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.parts.table import ROOT, Row, add_results_dir, conditions, publish
from benchmarks.parts.tables import ENVIRONMENTS

LOCKS = {".venv": "colorize.txt", ".venv-web": "web.txt", ".venv-dev": "dev.txt"}  # in lock/


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", nargs="+", choices=LOCKS, default=list(LOCKS), help="of them")
    add_results_dir(parser)
    args = parser.parse_args(argv)
    publish(ENVIRONMENTS, measured(args.only), conditions(args), args.results_dir)
    return 0


def measured(names: Sequence[str]) -> Iterator[Row]:
    """Make environment by environment."""
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / name
            maker, lock = ROOT / "lock" / "make_environment.py", ROOT / "lock" / LOCKS[name]
            started = time.perf_counter()
            subprocess.run([sys.executable, maker, target, lock], check=True, stdout=sys.stderr)
            seconds = time.perf_counter() - started
            files = (one for one in target.rglob("*") if one.is_file() and not one.is_symlink())
            mb = sum(one.stat().st_size for one in files) / 1e6
            yield {"environment": name, "mb": mb, "seconds": seconds}


def in_words(mb: float, seconds: float) -> tuple[str, str]:
    """A size and a time as README.md has them: two digits, for they differ from day to day."""
    size = f"{mb / 1000:.1f} GB" if mb >= 1000 else f"{_two_digits(mb)} MB"
    minutes = round(seconds / 60)
    if seconds < 100:
        return size, f"{_two_digits(seconds)} s"
    return size, f"{minutes} minutes"


def _two_digits(number: float) -> str:
    return f"{float(f'{number:.2g}'):.0f}"


if __name__ == "__main__":
    raise SystemExit(main())
