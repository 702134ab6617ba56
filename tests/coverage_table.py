"""Branch coverage per package, beside what it was: python -m tests.coverage_table FILE.json

FILE.json is what `coverage json` writes; `make coverage` runs all tests and then this. Exits with 1
where a package is covered less than in the table that is kept, tests/coverage_before.csv.
"""

import argparse
import csv
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from basics.cli import DONE, FAILED, print_lines

BEFORE = Path(__file__).with_name("coverage_before.csv")
Covered = dict[str, tuple[int, int]]  # package -> branches that were taken, branches


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.coverage_table", description=__doc__)
    parser.add_argument("report", type=Path, metavar="FILE.json")
    parser.add_argument("--keep", action="store_true", help=f"write it to {BEFORE.name}")
    args = parser.parse_args(argv)
    now = read_report(args.report)
    if args.keep:
        write(BEFORE, now)
    before = read(BEFORE)
    print_lines(table(before, now))
    lower = [one for one in before if one in now and _share(now[one]) < _share(before[one])]
    return FAILED if lower else DONE


def read_report(path: Path) -> Covered:
    """Sum up what coverage found in the files of each package."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for file, found in json.loads(path.read_text())["files"].items():
        package = sums[Path(file).parts[0]]
        package[0] += found["summary"]["covered_branches"]
        package[1] += found["summary"]["num_branches"]
    return {name: (taken, all_) for name, (taken, all_) in sorted(sums.items())}


def read(path: Path) -> Covered:
    """Read what `write` wrote."""
    with path.open(newline="") as file:
        return {
            row["package"]: (int(row["taken"]), int(row["branches"]))
            for row in csv.DictReader(file)
        }


def write(path: Path, covered: Covered) -> None:
    """Write one row per package."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("package", "taken", "branches"))
        rows.writerows((name, *counts) for name, counts in covered.items())


def table(before: Covered, now: Covered) -> list[str]:
    """Lines of Markdown."""
    lines = ["| package | before | now |", "| --- | ---: | ---: |"]
    for name in sorted({*before, *now}):
        lines.append(f"| {name} | {_told(before.get(name))} | {_told(now.get(name))} |")
    return lines


def _share(counts: tuple[int, int]) -> float:
    return counts[0] / max(counts[1], 1)


def _told(counts: tuple[int, int] | None) -> str:
    return f"{_share(counts):.1%} of {counts[1]}" if counts else ""


if __name__ == "__main__":
    raise SystemExit(main())
