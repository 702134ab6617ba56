"""The tables of a category folder as CSV: every cell is checked when it is read.

A text that begins as a formula does (`=`, `+`, `-`, `@`) is written with a quote in front, so that
a spreadsheet shows it; reading takes the quote away.
"""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from basics.errors import ScrapeError
from scraper.texts import ID, as_cell, count_of, from_cell

END = b"\r\n"  # of a whole line
LONGEST = 10_000  # characters of a cell; what is written is shorter
HEX_64 = re.compile("[0-9a-f]{64}")
FILE = re.compile(r"[^./\\:\0-\x1f][^/\\:\0-\x1f]{0,254}")  # a plain name, of no hidden file
MEND = "repair the line, or move the table away"

Record = TypeVar("Record")


def columns_of(kind: type) -> Sequence[str]:
    """The names of a table's columns: the fields of its records."""
    return [field.name for field in fields(kind)]


def as_line(record: object) -> list[Any]:
    """A record as the cells of a line."""
    return [as_cell(one) if isinstance(one, str) else one for one in vars(record).values()]


def read_table(path: Path, kind: type[Record]) -> list[Record]:
    """The records of a table, without a truncated last line; none where there is none.

    Raises:
        ScrapeError: it has other columns, or a line with a cell that cannot be: named by file, line
            and column.
    """
    if not path.is_file():
        return []
    try:
        text = path.read_bytes().rpartition(END)[0].decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ScrapeError("a line that is not UTF-8", f"{path}, line {line}", MEND) from error
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns, numbers = columns_of(kind), _numbers(kind)
    records: list[Record] = []
    seen: dict[str, int] = {}
    try:
        if next(lines, None) != columns:
            raise ScrapeError(
                "not a table of this scraper", path, f"move it away; its columns must be {columns}"
            )
        for cells in lines:
            where = f"{path}, line {lines.line_num}"
            if len(cells) != len(columns):
                what = f"a line of {len(cells)} cells, not {len(columns)}"
                raise ScrapeError(what, where, MEND)
            line = {name: from_cell(cell) for name, cell in zip(columns, cells, strict=True)}
            _require_sound(line, where)
            first = seen.setdefault(line.get("file", where), lines.line_num)
            if first != lines.line_num:
                what = f"file: {line['file']!r} is in line {first} as well"
                raise ScrapeError(what, where, MEND)
            records.append(kind(**{**line, **{name: int(line[name]) for name in numbers}}))
    except csv.Error as error:
        where = f"{path}, line {lines.line_num}"
        raise ScrapeError(f"a line that is no CSV: {error}", where, MEND) from error
    return records


def _numbers(kind: type) -> list[str]:
    return [field.name for field in fields(kind) if field.type is int]


def _require_sound(line: Mapping[str, str], where: str) -> None:
    """Raise `ScrapeError` that names the first cell which cannot be."""
    for name, cell in line.items():
        what = CELLS.get(name, _text)(cell)
        if what:
            shown = cell if len(cell) < 60 else f"{cell[:57]}..."
            raise ScrapeError(f"{name}: {shown!r} is {what}", where, MEND)


def _text(cell: str) -> str:
    if len(cell) > LONGEST:
        return f"longer than {LONGEST:,} characters"
    return "" if not re.search(r"[\0-\x1f\x7f]", cell) else "no text on one line"


def _matches(pattern: re.Pattern[str], what: str) -> Callable[[str], str]:
    return lambda cell: "" if pattern.fullmatch(cell) else what


def _size(cell: str) -> str:
    return "" if (count_of(cell) or 0) > 0 else "no size in px"


def _address(cell: str) -> str:
    plain = not cell or re.match("https?://", cell)
    return _text(cell) if plain else "no http or https address"


def _time(cell: str) -> str:
    try:
        datetime.fromisoformat(cell)
    except ValueError:
        return "no time"
    return ""


CELLS: Mapping[str, Callable[[str], str]] = {  # column -> what is wrong with a cell; "" if nothing
    "file": _matches(FILE, "no plain name of a file"),
    "photo_id": _matches(ID, "no id of a photo"),
    "page_url": _address,
    "image_url": _address,
    "photographer_url": _address,
    "width": _size,
    "height": _size,
    "sha256": _matches(HEX_64, "no sha256"),
    "difference_hash": _matches(HEX_64, "no hash of 64 hex digits"),
    "fetched_at": _time,
    "seen_at": _time,
}
