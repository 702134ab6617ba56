"""The files of a packed folder with their results: photos.csv and splits.csv."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from basics.errors import DataError
from basics.files import atomic_write
from basics.names import RESERVED
from preprocessing.split import SPLITS

UNREADABLE, GRAY, DUPLICATE, BETWEEN = (
    "unreadable",
    "gray",
    "duplicate",
    "near-duplicate of photos in different splits",
)
RESULTS = ("", *SPLITS, UNREADABLE, GRAY, DUPLICATE, BETWEEN)
SHOWN = 40  # characters of a damaged cell in an error
MEND = "restore it from a copy, or remove the packed folder and pack again"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One file of RAW_DIR, and its split or why it is left out: the columns of photos.csv."""

    file: str  # relative to RAW_DIR: <category>/<name>
    size: int  # bytes
    mtime_ns: int
    sha256: str = ""
    chroma: float = 0.0
    result: str = ""  # one of SPLITS, or a reason; "" before it is known


COLUMNS = tuple(field.name for field in fields(Row))


def list_files(raw_dir: Path) -> list[Row]:
    """Every visible file of every visible category folder, sorted by name.

    Raises:
        DataError: there is no photo, or a category has a reserved name.
    """
    if not raw_dir.is_dir():
        raise DataError(
            "no such folder", raw_dir, "give a folder with one folder of photos per category"
        )
    files = []
    for path in sorted(raw_dir.glob("*/*")):
        category = path.parent.name
        if category.startswith("."):  # the scraper's own folder, or an editor's
            continue
        if category in RESERVED:
            raise DataError(
                f"a category cannot be named {category!r}", path.parent, "rename the folder"
            )
        if path.is_file() and not path.name.startswith(".") and path.suffix != ".csv":
            stat = path.stat()
            name = path.relative_to(raw_dir).as_posix()
            files.append(Row(file=name, size=stat.st_size, mtime_ns=stat.st_mtime_ns))
    if not files:
        raise DataError("no photos", f"{raw_dir}/<category>/*", "run: python -m scraper --all")
    return files


def summary(rows: Sequence[Row]) -> str:
    """A table as text: photos per category and split, and photos left out by reason."""
    counts = Counter((row.file.split("/")[0], row.result) for row in rows)
    results = [*SPLITS, UNREADABLE, GRAY, DUPLICATE, BETWEEN]
    headers = [*SPLITS, UNREADABLE, GRAY, DUPLICATE, "between splits"]
    lines = [f"{'category':<12}" + "".join(f"{header:>15}" for header in headers)]
    for category in sorted({category for category, _ in counts}):
        cells = "".join(f"{counts[category, result]:>15}" for result in results)
        lines.append(f"{category:<12}{cells}")
    totals = Counter(row.result for row in rows)
    lines.append(f"{'all':<12}" + "".join(f"{totals[result]:>15}" for result in results))
    return "\n".join(lines)


def read_rows(path: Path) -> list[Row]:
    """The rows of an earlier run; none if there was none or it was written by another version.

    Raises:
        DataError: a line is damaged; the error names the field.
    """
    lines = _lines(path)
    if next(lines, (0, []))[1] != list(COLUMNS):
        return []
    return [_row(cells, f"{path}, line {number}") for number, cells in lines]


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
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


def _row(cells: Sequence[str], where: str) -> Row:
    """A line of photos.csv.

    Raises:
        DataError: a cell is of no use.
    """
    line = _named(COLUMNS, cells, where)
    _require(line, "file", r"[^/\0]+/[^/\0]+", where)
    for name in ("size", "mtime_ns"):
        _require(line, name, r"-?[0-9]{1,20}", where)
    _require(line, "sha256", r"([0-9a-f]{64})?", where)
    _require(line, "chroma", r"[0-9]{1,4}(\.[0-9]{1,9})?", where)
    _require(line, "result", "|".join(map(re.escape, RESULTS)), where)
    return Row(
        file=line["file"],
        size=int(line["size"]),
        mtime_ns=int(line["mtime_ns"]),
        sha256=line["sha256"],
        chroma=float(line["chroma"]),
        result=line["result"],
    )


def _named(columns: Sequence[str], cells: Sequence[str], where: str) -> dict[str, str]:
    if len(cells) != len(columns):
        raise DataError(f"a line of {len(cells)} cells, not {len(columns)}", where, MEND)
    return dict(zip(columns, cells, strict=True))


def _require(line: Mapping[str, str], name: str, pattern: str, where: str) -> None:
    if not re.fullmatch(pattern, line[name]):
        raise DataError(f"{name}: {line[name][:SHOWN]!r} cannot be", where, MEND)


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write photos.csv."""
    with atomic_write(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(vars(row) for row in rows)


def read_splits(path: Path) -> dict[str, str]:
    """Earlier assignments, sha256 to split.

    Raises:
        DataError: the table is damaged: photos would change their split; the error names the field.
    """
    lines, found = _lines(path), {}
    if path.is_file() and next(lines, (0, []))[1] != ["sha256", "split"]:
        raise DataError("its columns are not sha256, split", path, MEND)
    for number, cells in lines:
        where = f"{path}, line {number}"
        line = _named(("sha256", "split"), cells, where)
        _require(line, "sha256", "[0-9a-f]{64}", where)
        _require(line, "split", "|".join(SPLITS), where)
        if found.setdefault(line["sha256"], line["split"]) != line["split"]:
            raise DataError("sha256: it stands twice, in two splits", where, MEND)
    return found


def write_splits(path: Path, splits: Mapping[str, str]) -> None:
    """Write splits.csv, sorted by content hash."""
    with atomic_write(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("sha256", "split"), *sorted(splits.items())])
