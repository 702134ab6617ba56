"""Folders of photos -> memory-mapped training data.

RAW_DIR/<category>/* becomes

    PACKED_DIR/<category>/{train,val,test}.npy    (n, 256, 256, 3) uint8 sRGB, memory-mappable
    PACKED_DIR/<category>/test/{gray,color}/*.png every test photo in gray and in colour
    PACKED_DIR/photos.csv                         one row per file: sha256, split or reason
    PACKED_DIR/splits.csv                         every assignment ever made
"""

import logging
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray

from basics.cli import progress
from basics.errors import DataError
from basics.files import atomic_write
from imaging.lab import gray_from_lightness, split_lab
from preprocessing.inventory import (
    BETWEEN,
    DUPLICATE,
    GRAY,
    UNREADABLE,
    Row,
    list_files,
    read_rows,
    read_splits,
    write_rows,
    write_splits,
)
from preprocessing.packed_file import open_packed
from preprocessing.split import SPLITS, assign_splits
from preprocessing.square import MIN_CHROMA, SIDE_PX, Square, read_square

log = logging.getLogger(__name__)


def pack(raw_dir: Path, packed_dir: Path) -> list[Row]:
    """Pack every photo below `raw_dir`; do nothing if no file has changed since the last run.

    Returns:
        One row per file, in the order of the file names.

    Raises:
        DataError: `raw_dir` holds no category with a photo.
    """
    files = list_files(raw_dir)
    before = _rows_before(packed_dir / "photos.csv")
    if [(f.file, f.size, f.mtime_ns) for f in files] == [
        (row.file, row.size, row.mtime_ns) for row in before
    ]:
        log.info("nothing changed: %d files, packed in %s", len(files), packed_dir)
        return before
    (packed_dir / "photos.csv").unlink(missing_ok=True)  # its presence marks a finished run
    spool_dir = packed_dir / "spool.partial"
    shutil.rmtree(spool_dir, ignore_errors=True)
    try:
        rows = _pack_changed(raw_dir, packed_dir, files, spool_dir)
    finally:
        shutil.rmtree(spool_dir, ignore_errors=True)
    write_rows(packed_dir / "photos.csv", rows)
    return rows


def _rows_before(path: Path) -> list[Row]:
    """The rows of an earlier run; none where they are damaged: then all photos are read again."""
    try:
        return read_rows(path)
    except DataError as error:
        log.warning("%s\nall photos are packed anew", error)
        return []


def load_packed(packed_dir: Path, category: str, split: str) -> NDArray[np.uint8]:
    """Open one split of one category.

    Returns:
        (n, 256, 256, 3) uint8 sRGB, memory-mapped and read-only.

    Raises:
        DataError: it is not packed, or the file is no such array; the error names the field.
    """
    path = packed_dir / category / f"{split}.npy"
    if not path.is_file():
        raise DataError(
            f"no packed photos of {category!r}",
            path,
            f"run: python -m preprocessing RAW_DIR {packed_dir}",
        )
    return open_packed(path)


def packed_categories(packed_dir: Path) -> list[str]:
    """The categories that were packed, sorted.

    Raises:
        DataError: there are none.
    """
    found = sorted(path.parent.name for path in packed_dir.glob("*/train.npy"))
    if not found:
        raise DataError(
            "no packed photos", packed_dir, f"run: python -m preprocessing RAW_DIR {packed_dir}"
        )
    return found


def _pack_changed(
    raw_dir: Path, packed_dir: Path, files: Sequence[Row], spool_dir: Path
) -> list[Row]:
    """Read all photos once into a spool, assign splits, then write category by category."""
    spool_dir.mkdir(parents=True)
    spool = np.lib.format.open_memmap(
        spool_dir / "squares.npy",
        mode="w+",
        dtype=np.uint8,
        shape=(len(files), SIDE_PX, SIDE_PX, 3),
    )
    rows: list[Row] = []
    hashes = np.zeros((len(files), 4), np.uint64)
    with ThreadPoolExecutor() as pool:
        squares = pool.map(lambda row: read_square(raw_dir / row.file), files)
        for index, (row, square) in enumerate(
            zip(progress(files, "reading photos"), squares, strict=True)
        ):
            rows.append(_inspected(row, square))
            if square is not None:
                spool[index], hashes[index] = square.rgb, square.difference_hash
    rows = _drop_duplicates(rows)
    rows = _assign_splits(rows, hashes, packed_dir / "splits.csv")
    by_category: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        by_category.setdefault(row.file.split("/")[0], []).append(index)
    for category, indices in progress(by_category.items(), "packing"):
        _write_category(packed_dir / category, [(rows[i], spool[i]) for i in indices])
    for path in packed_dir.glob("*/train.npy"):
        if path.parent.name not in by_category:
            log.info("removing %s: its photos are gone", path.parent)
            shutil.rmtree(path.parent)
    return rows


def _inspected(row: Row, square: Square | None) -> Row:
    """The row with hash and chroma; its result stays empty while the photo is accepted."""
    if square is None:
        return replace(row, result=UNREADABLE)
    result = GRAY if square.chroma < MIN_CHROMA else ""
    return replace(row, sha256=square.sha256, chroma=round(square.chroma, 2), result=result)


def _drop_duplicates(rows: Sequence[Row]) -> list[Row]:
    """Of files with the same content only the first of each category stays.

    A photo may belong to two categories, and is in the same split of both.
    """
    seen: set[tuple[str, str]] = set()
    kept = []
    for row in rows:
        content = (row.file.split("/")[0], row.sha256)
        again = row.result == "" and content in seen
        kept.append(replace(row, result=DUPLICATE) if again else row)
        seen.add(content)
    return kept


def _assign_splits(rows: Sequence[Row], hashes: NDArray[np.uint64], path: Path) -> list[Row]:
    """Give every accepted photo its split, and store the assignments, old and new."""
    stored = read_splits(path)
    accepted = [i for i, row in enumerate(rows) if row.result == ""]
    assigned = assign_splits([rows[i].sha256 for i in accepted], hashes[accepted], stored)
    stored.update({sha: split for sha, split in assigned.items() if split is not None})
    write_splits(path, stored)
    return [
        row if row.result else replace(row, result=assigned[row.sha256] or BETWEEN) for row in rows
    ]


def _write_category(folder: Path, photos: Sequence[tuple[Row, NDArray[np.uint8]]]) -> None:
    """Write one category's three arrays, and its test photos in gray and in colour."""
    folder.mkdir(parents=True, exist_ok=True)
    for split in SPLITS:
        squares = [rgb for row, rgb in photos if row.result == split]
        with atomic_write(folder / f"{split}.npy") as temporary:
            shape = (len(squares), SIDE_PX, SIDE_PX, 3)
            packed = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.uint8, shape=shape)
            for index, rgb in enumerate(squares):
                packed[index] = rgb
            packed.flush()
    shutil.rmtree(folder / "test", ignore_errors=True)
    for kind in ("gray", "color"):
        (folder / "test" / kind).mkdir(parents=True)
    for row, rgb in photos:
        if row.result == "test":
            name = f"{row.sha256[:12]}.png"
            lightness, _ = split_lab(rgb)
            gray = gray_from_lightness(lightness)
            pyvips.Image.new_from_array(gray).write_to_file(str(folder / "test" / "gray" / name))
            color = pyvips.Image.new_from_array(np.ascontiguousarray(rgb), interpretation="srgb")
            color.write_to_file(str(folder / "test" / "color" / name))
