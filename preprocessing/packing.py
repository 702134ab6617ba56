"""Photos -> memory-mapped training data.

RAW_DIR/<category>/* and the members <category>/* of RAW_DIR/*.tar become

    PACKED_DIR/<category>/{train,val,test}.npy    (n, 256, 256, 3) uint8 sRGB, memory-mappable
    PACKED_DIR/<category>/{val,test}_more.npy     further held-out photos, where there are any
    PACKED_DIR/<category>/test/{gray,color}/*.png every photo of test.npy in gray and in colour
    PACKED_DIR/any/train.npy                      photos without a category, for training only
    PACKED_DIR/photos.csv                         one row per photo: sha256, split or reason
    PACKED_DIR/splits.csv                         every assignment ever made
"""

import logging
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray

from basics.cli import progress
from basics.errors import DataError
from basics.files import atomic_write
from imaging.lab import gray_from_lightness, split_lab
from preprocessing.assignments import (
    Assignments,
    read_splits,
    require_agreement,
    require_splits,
    split_by_sha,
    write_splits,
)
from preprocessing.categories import ANY
from preprocessing.inventory import (
    BETWEEN,
    DUPLICATE,
    HELD_OUT,
    Row,
    read_rows,
    write_rows,
)
from preprocessing.packed_file import open_packed
from preprocessing.sources import list_photos, require_no_photos
from preprocessing.split import ALL_SPLITS, FURTHER, SPLITS, assign_splits
from preprocessing.spool import Spool
from preprocessing.square import SIDE_PX

log = logging.getLogger(__name__)


def pack(
    raw_dirs: Path | Sequence[Path], packed_dir: Path, splits: Path | None = None
) -> list[Row]:
    """Pack every photo of some folders; do nothing if none has changed since the last run.

    Args:
        raw_dirs: one folder, or several; photos of the first come first.
        packed_dir: where the training data goes.
        splits: assignments that are taken as given, a table such as PACKED_DIR/splits.csv. The
            `val` and `test` of its categories stay as they are: new photos go to `val_more` and
            `test_more`.

    Returns:
        One row per photo: source by source, its own files before those in shards, by name.

    Raises:
        DataError: a folder holds no photo, a shard or a table is damaged, or the photos were packed
            into other splits than the given ones.
    """
    raw_dirs = [raw_dirs] if isinstance(raw_dirs, Path) else list(raw_dirs)
    require_no_photos(packed_dir)
    given = {} if splits is None else require_splits(splits)
    photos = list_photos(raw_dirs)
    stored = read_splits(packed_dir / "splits.csv")
    known, wanted = split_by_sha(stored), split_by_sha(given)
    require_agreement(known, wanted, packed_dir / "splits.csv")
    before = _rows_before(packed_dir / "photos.csv")
    is_known = wanted.keys() <= known.keys()
    if is_known and [_identity(photo.row) for photo in photos] == [*map(_identity, before)]:
        log.info("nothing changed: %d files, packed in %s", len(photos), packed_dir)
        return before
    (packed_dir / "photos.csv").unlink(missing_ok=True)  # its presence marks a finished run
    spool_dir = packed_dir / "spool.partial"
    shutil.rmtree(spool_dir, ignore_errors=True)
    closed = {category for _, category in given} - {""}
    try:
        spool = Spool(spool_dir, photos)
        rows = _assign(spool, {**stored, **given}, closed, packed_dir / "splits.csv")
        _write(packed_dir, rows, spool)
    finally:
        shutil.rmtree(spool_dir, ignore_errors=True)
    write_rows(packed_dir / "photos.csv", rows)
    return rows


def _identity(row: Row) -> tuple[object, ...]:
    """What tells that a photo is the same as in the last run."""
    return row.source, row.shard, row.file, row.size, row.mtime_ns


def _rows_before(path: Path) -> list[Row]:
    """The rows of an earlier run; none where they are damaged: then all photos are read again."""
    try:
        return read_rows(path)
    except DataError as error:
        log.warning("%s\nall photos are packed anew", error)
        return []


def load_packed(packed_dir: Path, category: str, split: str) -> NDArray[np.uint8]:
    """Open one split of one category, or the `train` of `any`.

    Returns:
        (n, 256, 256, 3) uint8 sRGB, memory-mapped and read-only; n is 0 where a category has no
        further photos (`val_more`, `test_more`).

    Raises:
        DataError: it is not packed, or the file is no such array; the error names the field.
    """
    path = packed_dir / category / f"{split}.npy"
    if not path.is_file() and split in FURTHER.values() and path.with_name("train.npy").is_file():
        return np.zeros((0, SIDE_PX, SIDE_PX, 3), np.uint8)
    if not path.is_file():
        raise DataError(
            f"no packed photos of {category!r}",
            path,
            f"run: python -m preprocessing RAW_DIR {packed_dir}",
        )
    return open_packed(path)


def packed_categories(packed_dir: Path) -> list[str]:
    """The categories that were packed, sorted; `any` is none, see `has_any`.

    Raises:
        DataError: there are none.
    """
    found = sorted({path.parent.name for path in packed_dir.glob("*/train.npy")} - {ANY})
    if not found:
        raise DataError(
            "no packed photos", packed_dir, f"run: python -m preprocessing RAW_DIR {packed_dir}"
        )
    return found


def has_any(packed_dir: Path) -> bool:
    """Whether photos without a category were packed."""
    return (packed_dir / ANY / "train.npy").is_file()


def training_folders(categories: Sequence[str], *, with_any: bool) -> list[str]:
    """Whose photos are trained on, in the order of their arrays: `any` comes last, if at all."""
    return [*categories, ANY] if with_any else [*categories]


def count_first_source(packed_dir: Path, folders: Sequence[str]) -> list[int]:
    """How many of the training photos of each folder came from the first RAW_DIR: its first rows.

    Raises:
        DataError: photos.csv is missing or damaged.
    """
    path = packed_dir / "photos.csv"
    rows = read_rows(path)
    if not rows:
        fix = "run: python -m preprocessing RAW_DIR PACKED_DIR"
        raise DataError("it is not written where the packed photos came from", path, fix)
    counts = Counter(row.category for row in rows if row.source == 0 and row.result == "train")
    return [counts[folder] for folder in folders]


def _assign(spool: Spool, stored: Assignments, closed: set[str], path: Path) -> list[Row]:
    """Give every accepted photo its split, and store the assignments, old and new."""
    rows = _drop_duplicates(spool.rows)
    accepted = [i for i, row in enumerate(rows) if row.result == ""]
    categories: dict[str, set[str]] = {}
    for i in accepted:
        categories.setdefault(rows[i].sha256, set()).add(rows[i].category)
    assigned = assign_splits(
        [rows[i].sha256 for i in accepted],
        spool.hashes[accepted],
        split_by_sha(stored),
        mirrored=spool.mirrored[accepted],
        train_only=[sha256 for sha256, names in categories.items() if names == {ANY}],
        closed=[sha256 for sha256, names in categories.items() if names & closed],
    )
    rows = [row if row.result else replace(row, result=_result(row, assigned)) for row in rows]
    found = {(row.sha256, row.category): row.result for row in rows if row.result in ALL_SPLITS}
    write_splits(path, {**stored, **found})
    return rows


def _drop_duplicates(rows: Sequence[Row]) -> list[Row]:
    """Of files with the same content only the first of each category stays.

    A photo may belong to two categories, and is in the same split of both; one of `any` to none.
    """
    seen: set[tuple[str, str]] = set()
    in_category = {row.sha256 for row in rows if row.result == "" and row.category != ANY}
    kept = []
    for row in rows:
        content = (row.category, row.sha256)
        again = content in seen or (row.category == ANY and row.sha256 in in_category)
        kept.append(replace(row, result=DUPLICATE) if row.result == "" and again else row)
        seen.add(content)
    return kept


def _result(row: Row, assigned: Mapping[str, str | None]) -> str:
    """The split of an accepted photo, or why it has none."""
    split = assigned[row.sha256]
    if row.category == ANY:
        return split if split == "train" else HELD_OUT
    return split or BETWEEN


def _write(packed_dir: Path, rows: Sequence[Row], spool: Spool) -> None:
    """Write category by category; remove those whose photos are gone."""
    by_category: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        by_category.setdefault(row.category, []).append(index)
    for category, indices in progress(by_category.items(), "packing"):
        _write_category(packed_dir / category, [(rows[i], spool.square(i)) for i in indices])
        spool.drop(category)
    for path in packed_dir.glob("*/train.npy"):
        if path.parent.name not in by_category:
            log.info("removing %s: its photos are gone", path.parent)
            shutil.rmtree(path.parent)


def _write_category(folder: Path, photos: Sequence[tuple[Row, NDArray[np.uint8]]]) -> None:
    """Write one category's arrays, and its test photos in gray and in colour."""
    folder.mkdir(parents=True, exist_ok=True)
    always = ("train",) if folder.name == ANY else SPLITS
    for split in ALL_SPLITS:
        squares = [rgb for row, rgb in photos if row.result == split]
        if not squares and split not in always:
            (folder / f"{split}.npy").unlink(missing_ok=True)
            continue
        with atomic_write(folder / f"{split}.npy") as temporary:
            shape = (len(squares), SIDE_PX, SIDE_PX, 3)
            packed = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.uint8, shape=shape)
            for index, rgb in enumerate(squares):
                packed[index] = rgb
            packed.flush()
    shutil.rmtree(folder / "test", ignore_errors=True)
    if folder.name == ANY:
        return
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
