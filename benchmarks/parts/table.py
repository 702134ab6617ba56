"""A table of what was measured: printed, and kept as results/speed_NAME.csv.

What is printed is made from the rows as the CSV has them, so that the same text can be made again
from the file: docs/benchmarks.md holds such texts (`document.py`). Each row of a CSV stands for
itself: behind its figures come the machine, the day, the commit and the options.
"""

import argparse
import csv
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from basics.files import atomic_write
from benchmarks.parts.common import processor_name

ROOT = Path(__file__).parents[2]
RESULTS_DIR = Path("results")
GAP = "  "  # between columns
OPTION = "option_"  # begins the columns of a command's options
MACHINE = ("processor", "cores", "system", "python")
WHEN = ("date", "commit", "busy_before")
LOOK_S = 0.5
TICKS = Path("/proc/stat")  # Linux: what the processors have done since it started

Row = Mapping[str, object]
TextRow = Mapping[str, str]


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        name: in the CSV.
        form: how Python formats its numbers; empty for words.
        title: in the printed table, in lines; the name if it is empty.
    """

    name: str
    form: str = ""
    title: str = ""

    def cell(self, row: TextRow) -> str:
        """What a row has here, as it is printed."""
        text = row[self.name]
        if not self.form or not text:
            return text
        return format(int(text) if self.form == "d" else float(text), self.form)


@dataclass(frozen=True)
class Table:
    """The columns of a benchmark's results.

    Attributes:
        name: the CSV is results/speed_NAME.csv.
        columns: those that are printed.
    """

    name: str
    columns: tuple[Column, ...]

    @property
    def file(self) -> str:
        """The name of the CSV."""
        return f"speed_{self.name}.csv"

    def text(self, rows: Sequence[TextRow]) -> str:
        """What is printed: where and how it was measured, titles, a line per row.

        Rows that were measured otherwise than those before them get a caption of their own.
        """
        parts = groupby(rows, key=caption)
        return "".join(f"{above}\n{self._below(list(own))}\n" for above, own in parts)

    def _below(self, rows: Sequence[TextRow]) -> str:
        padded = []
        titles = [
            (one.title or one.name.replace("_", " ")).split("\n")[::-1] for one in self.columns
        ]
        depth = max(map(len, titles))
        for column, title in zip(self.columns, titles, strict=True):
            heads = [*title, *[""] * (depth - len(title))][::-1]
            cells = [*heads, *(column.cell(row) for row in rows)]
            width = max(map(len, cells))
            padded.append([one.rjust(width) if column.form else one.ljust(width) for one in cells])
        return "\n".join(GAP.join(line).rstrip() for line in zip(*padded, strict=True))


def add_results_dir(parser: argparse.ArgumentParser) -> None:
    """Add the option that every benchmark has."""
    parser.add_argument("--results-dir", type=Path, default=RESULTS_DIR, help="where its CSV goes")


def conditions(args: argparse.Namespace, device: str = "") -> dict[str, str]:
    """The columns that say where, when and how something is measured; ask before it begins.

    Args:
        args: the options of the command. Of a path only the name is kept.
        device: what computes; the processor if it is empty.
    """
    options = {OPTION + name: _words(value) for name, value in sorted(vars(args).items())
               if name != "results_dir"}  # fmt: skip
    return {
        "processor": device or processor_name(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "commit": commit_of(ROOT),
        "busy_before": busy_share(),
        **options,
    }


def busy_share() -> str:
    """Which share of the processors' time others take now, in whole percent; empty if unknown."""
    if not TICKS.is_file():
        return ""
    before = _ticks()
    time.sleep(LOOK_S)
    spent = [now - was for was, now in zip(before, _ticks(), strict=True)]
    idle = sum(spent[3:5])  # idle, and waiting for disks
    return f"{100 * (1 - idle / max(sum(spent), 1)):.0f}"


def _ticks() -> list[int]:
    """Of all processors: user, nice, system, idle, waiting, interrupts."""
    return [int(one) for one in TICKS.read_text().split("\n", 1)[0].split()[1:9]]


def commit_of(checkout: Path) -> str:
    """The short name of a checkout's commit, with a + if code or networks differ from it."""
    named = _git(checkout, "rev-parse", "--short=9", "HEAD")
    changed = _git(checkout, "status", "--porcelain", "--", "*.py", "pretrained")
    return f"{named or 'unknown'}{'+' if changed else ''}"


def caption(row: TextRow) -> str:
    """What stands above a table: machine, day, commit and options."""
    processor, cores, system, python = (row[name] for name in MACHINE)
    options = [f"{name.removeprefix(OPTION).replace('_', ' ')} {value}"
               for name, value in row.items() if name.startswith(OPTION) and value]  # fmt: skip
    date, commit, share = (row[name] for name in WHEN)
    busy = [f"{share} % busy before"] if share else []
    machine = f"{processor}; {cores} cores, {system}, Python {python}"
    return "\n".join([machine, "; ".join([f"{date}, commit {commit}", *busy, *options])])


def publish(
    table: Table,
    rows: Iterable[Row],
    about: Mapping[str, str],
    results_dir: Path,
    *,
    earlier: Sequence[TextRow] = (),
) -> list[TextRow]:
    """Write a table as CSV and print it.

    Args:
        table: its columns.
        rows: a value for each column, which may be measured as they are asked for; each is told on
            stderr as it comes.
        about: of `conditions`.
        results_dir: made if need be.
        earlier: rows of the CSV that stay, before these.

    Returns:
        The rows as the CSV has them.

    Raises:
        KeyError: a row has other columns than the table.
    """
    kept: list[TextRow] = list(earlier)
    names = [one.name for one in table.columns]
    for row in rows:
        if set(row) != set(names):
            raise KeyError(f"{table.name}: {sorted(set(row).symmetric_difference(names))}")
        kept.append({name: _text(row[name]) for name in names} | dict(about))
        print(*(kept[-1][name] for name in names), sep=", ", file=sys.stderr, flush=True)
    results_dir.mkdir(parents=True, exist_ok=True)
    with (
        atomic_write(results_dir / table.file) as temporary,
        temporary.open("w", newline="", encoding="utf-8") as file,
    ):
        columns = list(dict.fromkeys(name for row in [*kept, about] for name in row))
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept)
    print(table.text(kept), end="", flush=True)
    return kept


def read(table: Table, results_dir: Path) -> list[TextRow]:
    """The rows of a table's CSV."""
    with (results_dir / table.file).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _text(value: object) -> str:
    """A number in six digits, anything else as it is; nothing for None."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)


def _words(value: object) -> str:
    """An option's value: lists in words, flags only if they are set."""
    if isinstance(value, list | tuple):
        return " ".join(map(_words, value))
    if isinstance(value, bool):
        return "yes" if value else ""
    return value.name if isinstance(value, Path) else _text(value)


def _git(checkout: Path, *args: str) -> str:
    """What git says of a checkout; nothing where there is none."""
    command = ["git", "-C", str(checkout), *args]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
