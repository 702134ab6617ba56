"""docs/benchmarks.md: its blocks are the texts that benchmarks print, made from their CSVs.

A block that begins with three backticks and `text speed_NAME` holds the table NAME.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from basics.files import atomic_write
from benchmarks.parts.table import ROOT, Table, read
from benchmarks.parts.tables import ALL

DOCUMENT = ROOT / "docs" / "benchmarks.md"
BLOCK = re.compile(r"(?<=^```text )speed_(\w+)\n(.*?)(?=^```$)", re.MULTILINE | re.DOTALL)
TABLES = {one.name: one for one in ALL}


def blocks(text: str) -> Iterator[tuple[Table, str]]:
    """The tables of a document, and what it has of each."""
    for found in BLOCK.finditer(text):
        yield TABLES[found[1]], found[2]


def filled(text: str, results_dir: Path) -> str:
    """A document with each table as its CSV has it; one without CSV stays as it is."""

    def of(found: re.Match[str]) -> str:
        table = TABLES[found[1]]
        if not (results_dir / table.file).exists():
            return found[0]
        return f"speed_{table.name}\n{table.text(read(table, results_dir))}"

    return BLOCK.sub(of, text)


def fill(results_dir: Path) -> None:
    """Bring docs/benchmarks.md up to date with the CSVs."""
    text = filled(DOCUMENT.read_text(encoding="utf-8"), results_dir)
    with atomic_write(DOCUMENT) as temporary:
        temporary.write_text(text, encoding="utf-8")
