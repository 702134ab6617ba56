"""manifest.csv of a category: where each photo is from; the folder agrees with it after any kill.

A photo is first written to a temporary file, then its row is appended, then the file is renamed. So
a row without a file means that the process was killed between the last two steps, which is repaired
when the manifest is opened, or that the user removed the photo, which is then not fetched again.

Cells that a spreadsheet would take for a formula have a quote in front; `scraper.table` reads them.
"""

import csv
import hashlib
import io
import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from basics.files import atomic_write
from scraper.photo_ref import PhotoRef, Reason
from scraper.table import END, as_line, columns_of, read_table

log = logging.getLogger(__name__)

MANIFEST, LEFT_OUT = "manifest.csv", "left_out.csv"
TEMPORARY = ".partial-"  # prefix of the temporary files of photos


@dataclass(frozen=True, kw_only=True)
class Row:
    """One photo of a category folder: the columns of manifest.csv, in their order.

    Attributes:
        file: name in the folder.
        width, height: px, of the file.
        fetched_at: UTC, ISO 8601.
        source: "page", "api" or "lite".
        difference_hash: 64 hex digits; finds near-duplicates.
        also_in: other categories that hold the same photo, separated by spaces.
    """

    file: str
    photo_id: str
    page_url: str
    image_url: str
    photographer: str
    photographer_url: str
    licence: str
    alt_text: str
    width: int
    height: int
    sha256: str
    fetched_at: str
    source: str
    difference_hash: str
    also_in: str = ""


@dataclass(frozen=True, kw_only=True)
class Omission:
    """A photo that was left out permanently, and why: the columns of left_out.csv."""

    photo_id: str
    reason: str
    image_url: str
    seen_at: str


class Manifest:
    """The photos of one category folder, and those that were left out; single writer."""

    def __init__(self, folder: Path) -> None:
        """Read both tables, and make folder and manifest agree.

        Raises:
            ScrapeError: a table has other columns, or a line with a cell that cannot be.
        """
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.rows = {row.photo_id: row for row in read_rows(folder)}
        self.left_out = {one.photo_id: one for one in read_table(folder / LEFT_OUT, Omission)}
        self._recover()
        self._tables: dict[type, TextIO] = {}

    def close(self) -> None:
        """Close the tables."""
        for table in self._tables.values():
            table.close()
        self._tables.clear()

    def knows(self, photo_id: str) -> bool:
        """Whether the photo is here already, or was left out permanently."""
        return photo_id in self.rows or photo_id in self.left_out

    def add(self, row: Row, temporary: Path) -> None:
        """Append a row, and rename the temporary file of its photo."""
        self._append(self.folder / MANIFEST, row)
        temporary.replace(self.folder / row.file)
        self.rows[row.photo_id] = row

    def leave_out(self, ref: PhotoRef, reason: Reason) -> None:
        """Remember that a photo is not wanted."""
        omission = Omission(
            photo_id=ref.photo_id, reason=reason, image_url=ref.image_url, seen_at=now()
        )
        self._append(self.folder / LEFT_OUT, omission)
        self.left_out[ref.photo_id] = omission

    def _append(self, path: Path, record: Row | Omission) -> None:
        """Append one line in a single write, so that a kill cannot truncate it, then fsync."""
        kind = type(record)
        if kind not in self._tables:
            if not path.is_file():
                write_table(path, kind, [])
            self._tables[kind] = path.open("a", newline="", encoding="utf-8")
        table, line = self._tables[kind], io.StringIO(newline="")
        csv.writer(line).writerow(as_line(record))
        table.write(line.getvalue())
        table.flush()
        os.fsync(table.fileno())

    def _recover(self) -> None:
        """Finish what a killed run interrupted; remove its temporary files."""
        kept = {photo_id: self._recovered(row) for photo_id, row in self.rows.items()}
        removed = [row for photo_id, row in self.rows.items() if kept[photo_id] is None]
        if removed:
            log.info("%s: %d photos were removed by hand", self.folder, len(removed))
        for row in removed:
            self.left_out[row.photo_id] = Omission(
                photo_id=row.photo_id,
                reason=Reason.REMOVED,
                image_url=row.image_url,
                seen_at=now(),
            )
        recovered = {photo_id: row for photo_id, row in kept.items() if row is not None}
        if removed:
            write_table(self.folder / LEFT_OUT, Omission, self.left_out.values())
        if recovered != self.rows or _is_truncated(self.folder / MANIFEST):
            write_table(self.folder / MANIFEST, Row, recovered.values())
        if _is_truncated(self.folder / LEFT_OUT):
            write_table(self.folder / LEFT_OUT, Omission, self.left_out.values())
        self.rows = recovered
        for temporary in self.folder.glob(f"{TEMPORARY}*"):
            temporary.unlink()

    def _recovered(self, row: Row) -> Row | None:
        """The row as the folder has it; None where its photo was removed."""
        path, temporary = self.folder / row.file, self.folder / f"{TEMPORARY}{row.file}"
        if path.is_file():
            return row
        if temporary.is_file() and hashlib.sha256(temporary.read_bytes()).hexdigest() == row.sha256:
            temporary.replace(path)
            return row
        return None


def now() -> str:
    """The current time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def read_rows(folder: Path) -> list[Row]:
    """The rows of a category's manifest; none where there is none.

    Raises:
        ScrapeError: the manifest has other columns, or a line with a cell that cannot be.
    """
    return read_table(folder / MANIFEST, Row)


def mark_shared(out_dir: Path) -> None:
    """Write into every manifest which other categories hold the same photo, by id or content."""
    tables = {path.parent: read_rows(path.parent) for path in sorted(out_dir.glob(f"*/{MANIFEST}"))}
    homes: dict[str, set[str]] = {}
    for folder, rows in tables.items():
        for key in (key for row in rows for key in (row.photo_id, row.sha256)):
            homes.setdefault(key, set()).add(folder.name)
    for folder, rows in tables.items():
        marked = []
        for row in rows:
            others = (homes[row.photo_id] | homes[row.sha256]) - {folder.name}
            marked.append(replace(row, also_in=" ".join(sorted(others))))
        if marked != rows:
            write_table(folder / MANIFEST, Row, marked)


def write_table(path: Path, kind: type, records: Iterable[Row | Omission]) -> None:
    """Write a whole table atomically."""
    with (
        atomic_write(path) as temporary,
        temporary.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.writer(file)
        writer.writerow(columns_of(kind))
        writer.writerows(map(as_line, records))


def _is_truncated(path: Path) -> bool:
    """Whether its last line is incomplete: a killed run, or a power failure."""
    return path.is_file() and not path.read_bytes().endswith(END)
