"""CSV files as strangers may have left them: each cell is checked, an error names the line."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from basics.errors import DataError
from basics.files import atomic_write

SHOWN = 40  # characters of a damaged cell in an error
MEND = "restore it from a copy, or remove the packed folder and pack again"


def read_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The lines of a table with their numbers, from 1; none where there is no file.

    Raises:
        DataError: it is no CSV.
    """
    if not path.is_file():
        return
    try:
        text = path.read_bytes().decode("utf-8")
        yield from enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), 1)
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"no table: {error}", path, MEND) from error


def name_cells(columns: Sequence[str], cells: Sequence[str], where: str) -> dict[str, str]:
    """Column -> cell of one line.

    Raises:
        DataError: there are more or fewer cells than columns.
    """
    if len(cells) != len(columns):
        raise DataError(f"a line of {len(cells)} cells, not {len(columns)}", where, MEND)
    return dict(zip(columns, cells, strict=True))


def require_cell(line: Mapping[str, str], name: str, pattern: str, where: str) -> None:
    """Check one cell.

    Raises:
        DataError: it does not match the pattern as a whole.
    """
    if not re.fullmatch(pattern, line[name]):
        raise DataError(f"{name}: {line[name][:SHOWN]!r} cannot be", where, MEND)


def write_lines(path: Path, columns: Sequence[str], lines: Iterable[Sequence[object]]) -> None:
    """Write a table, whole or not at all."""
    with atomic_write(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(lines)
