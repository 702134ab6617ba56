"""Per file, what its tests cost: python -m tests.costs_table BEFORE.csv [AFTER.csv]

The files are what `python -m pytest --costs FILE.csv` writes. Prints a table in Markdown.
"""

import argparse
import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from basics.cli import print_lines


@dataclass
class Cost:
    """What the tests of one file cost together."""

    n_tests: int = 0
    cpu_s: float = 0.0
    wall_s: float = 0.0


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.costs_table", description=__doc__)
    parser.add_argument("costs", nargs="+", type=Path, metavar="FILE.csv")
    args = parser.parse_args(argv)
    print_lines(table([read_costs(path) for path in args.costs]))
    return 0


def read_costs(path: Path) -> dict[str, Cost]:
    """File of tests -> what they cost."""
    costs: dict[str, Cost] = defaultdict(Cost)
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            cost = costs[row["test"].split("::")[0].removeprefix("tests/")]
            cost.n_tests += 1
            cost.cpu_s += float(row["cpu_s"])
            cost.wall_s += float(row["wall_s"])
    return costs


def table(measured: Sequence[dict[str, Cost]]) -> list[str]:
    """Lines of Markdown: the dearest file before first, and the sums last."""
    names = sorted(
        {name for one in measured for name in one},
        key=lambda name: -max(one[name].cpu_s if name in one else 0 for one in measured),
    )
    when = [""] if len(measured) == 1 else [" before", " after"]
    heads = [f"{what}{one}" for one in when for what in ("tests", "CPU s", "wall s")]
    lines = [f"| file | {' | '.join(heads)} |", "| --- |" + " ---: |" * len(heads)]
    for name in names:
        lines.append(_row(name, [one.get(name) for one in measured]))
    sums = [
        Cost(
            sum(cost.n_tests for cost in one.values()),
            sum(cost.cpu_s for cost in one.values()),
            sum(cost.wall_s for cost in one.values()),
        )
        for one in measured
    ]
    return [*lines, _row("**all**", sums)]


def _row(name: str, costs: Sequence[Cost | None]) -> str:
    cells = []
    for cost in costs:
        cells += (
            [str(cost.n_tests), f"{cost.cpu_s:.1f}", f"{cost.wall_s:.1f}"] if cost else [""] * 3
        )
    return f"| {name} | {' | '.join(cells)} |"


if __name__ == "__main__":
    raise SystemExit(main())
