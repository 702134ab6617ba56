"""The files of a packed folder with their results: photos.csv and splits.csv."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
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
    """The rows of an earlier run; none if there was none or it was written by another version."""
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            return []
        return [
            Row(
                file=row["file"],
                size=int(row["size"]),
                mtime_ns=int(row["mtime_ns"]),
                sha256=row["sha256"],
                chroma=float(row["chroma"]),
                result=row["result"],
            )
            for row in reader
        ]


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write photos.csv."""
    with atomic_write(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(vars(row) for row in rows)


def read_splits(path: Path) -> dict[str, str]:
    """Earlier assignments, sha256 to split."""
    if not path.is_file():
        return {}
    with path.open(newline="") as file:
        return {row["sha256"]: row["split"] for row in csv.DictReader(file)}


def write_splits(path: Path, splits: Mapping[str, str]) -> None:
    """Write splits.csv, sorted by content hash."""
    with atomic_write(path) as temporary, temporary.open("w", newline="") as file:
        csv.writer(file).writerows([("sha256", "split"), *sorted(splits.items())])
