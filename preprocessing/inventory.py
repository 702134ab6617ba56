"""The photos of a packed folder with their results: photos.csv."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from preprocessing.split import ALL_SPLITS
from preprocessing.tables import name_cells, read_lines, require_cell, write_lines

UNREADABLE, GRAY, DUPLICATE, BETWEEN, HELD_OUT = (
    "unreadable",
    "gray",
    "duplicate",
    "near-duplicate of photos in different splits",
    "near-duplicate of a validation or test photo",  # of `any`, which is for training only
)
REASONS = {  # why a photo is left out -> the head of its column in the summary
    UNREADABLE: "unreadable",
    GRAY: "gray",
    DUPLICATE: "duplicate",
    BETWEEN: "between splits",
    HELD_OUT: "near held-out",
}
RESULTS = ("", *ALL_SPLITS, *REASONS)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One photo of a RAW_DIR, and its split or why it is left out: the columns of photos.csv."""

    file: str  # <category>/<name>, in its RAW_DIR or in its shard
    size: int  # bytes
    mtime_ns: int  # of the file; of the shard, if it lies in one
    sha256: str = ""
    chroma: float = 0.0
    result: str = ""  # one of ALL_SPLITS, or a reason; "" before it is known
    source: int = 0  # which RAW_DIR, in the command's order, from 0
    shard: str = ""  # name of the tar file in it; "" for a file of its own

    @property
    def category(self) -> str:
        """The folder that it lies in."""
        return self.file.split("/")[0]


COLUMNS = tuple(field.name for field in fields(Row))
OLD_COLUMNS = COLUMNS[:-2]  # of one RAW_DIR without shards; such tables are still read


def summary(rows: Sequence[Row]) -> str:
    """A table as text: photos per category and split, and photos left out by reason."""
    counts = Counter((row.category, row.result) for row in rows)
    totals = Counter(row.result for row in rows)
    results = [*ALL_SPLITS, *REASONS]
    heads = [*ALL_SPLITS, *REASONS.values()]
    widths = [max(len(head), 6) + 2 for head in heads]
    lines = [["category", *heads]]
    for category in sorted({category for category, _ in counts}):
        lines.append([category, *(str(counts[category, result]) for result in results)])
    lines.append(["all", *(str(totals[result]) for result in results)])
    return "\n".join(
        f"{first:<12}" + "".join(f"{cell:>{w}}" for cell, w in zip(cells, widths, strict=True))
        for first, *cells in lines
    )


def read_rows(path: Path) -> list[Row]:
    """The rows of an earlier run; none if there was none or it was written by another version.

    Raises:
        DataError: a line is damaged; the error names the field.
    """
    lines = read_lines(path)
    columns = tuple(next(lines, (0, []))[1])
    if columns not in (COLUMNS, OLD_COLUMNS):
        return []
    return [_row(columns, cells, f"{path}, line {number}") for number, cells in lines]


def _row(columns: Sequence[str], cells: Sequence[str], where: str) -> Row:
    """A line of photos.csv.

    Raises:
        DataError: a cell is of no use.
    """
    line = {"source": "0", "shard": "", **name_cells(columns, cells, where)}
    require_cell(line, "file", r"[^/\0]+/[^/\0]+", where)
    for name in ("size", "mtime_ns"):
        require_cell(line, name, r"-?[0-9]{1,20}", where)
    require_cell(line, "sha256", r"([0-9a-f]{64})?", where)
    require_cell(line, "chroma", r"[0-9]{1,4}(\.[0-9]{1,9})?", where)
    require_cell(line, "result", "|".join(map(re.escape, RESULTS)), where)
    require_cell(line, "source", r"[0-9]{1,4}", where)
    require_cell(line, "shard", r"([^/\0]+\.tar)?", where)
    return Row(
        file=line["file"],
        size=int(line["size"]),
        mtime_ns=int(line["mtime_ns"]),
        sha256=line["sha256"],
        chroma=float(line["chroma"]),
        result=line["result"],
        source=int(line["source"]),
        shard=line["shard"],
    )


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write photos.csv."""
    write_lines(path, COLUMNS, (astuple(row) for row in rows))
