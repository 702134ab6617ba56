"""A packed array as strangers may have left it: its header is checked before it is mapped."""

import csv
import math
import tokenize
from collections import Counter
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from basics.errors import DataError
from preprocessing.square import SIDE_PX

MOST_PHOTOS = 10_000_000  # of one split of one category
HEADER_ERRORS = (
    ValueError, EOFError, OSError, RecursionError, MemoryError, SyntaxError, tokenize.TokenError,
)  # fmt: skip
MEND = "pack again: python -m preprocessing RAW_DIR PACKED_DIR; or restore it from a copy"


def open_packed(path: Path) -> NDArray[np.uint8]:
    """Map a packed array.

    Returns:
        (n, 256, 256, 3) uint8 sRGB, read-only.

    Raises:
        DataError: it is no such array, or not as long as its header and photos.csv say; the error
            names the field. Pickled objects are never read.
    """
    shape, start = _read_header(path)
    n_bytes = path.stat().st_size - start
    if n_bytes != math.prod(shape):
        what = f"shape: {shape} takes {math.prod(shape):,} bytes, there are {n_bytes:,}"
        raise DataError(what, path, MEND)
    _require_listed(path, shape[0])
    if not shape[0]:  # nothing can be mapped
        return np.zeros(shape, np.uint8)
    return np.memmap(path, np.uint8, mode="r", offset=start, shape=shape)


def _read_header(path: Path) -> tuple[tuple[int, ...], int]:
    """The shape that a header states, and where the data begin."""
    try:
        with path.open("rb") as file:
            version = npy.read_magic(file)
            if version not in ((1, 0), (2, 0)):
                raise ValueError(f"version {version} of the format")
            read = npy.read_array_header_1_0 if version[0] == 1 else npy.read_array_header_2_0
            shape, column_major, dtype = read(file)
            start = file.tell()
    except HEADER_ERRORS as error:
        raise DataError(f"header: no array of NumPy: {str(error)[:200]}", path, MEND) from error
    if dtype != np.uint8:
        raise DataError(f"dtype: {dtype}, not uint8", path, MEND)
    if column_major and len(shape) > 1:
        raise DataError("fortran_order: True, not False", path, MEND)
    sound = len(shape) == 4 and shape[1:] == (SIDE_PX, SIDE_PX, 3) and 0 <= shape[0] <= MOST_PHOTOS
    if not sound or any(isinstance(one, bool) for one in shape):
        expected = f"(n, {SIDE_PX}, {SIDE_PX}, 3)"
        raise DataError(f"shape: {str(shape)[:100]}, not {expected}", path, MEND)
    return shape, start


def _require_listed(path: Path, n_photos: int) -> None:
    """Check against photos.csv, where there is one, how many photos there are."""
    table, (category, split) = path.parents[1] / "photos.csv", (path.parent.name, path.stem)
    if not table.is_file():
        return
    found = table.stat()
    results = _listed(table, found.st_mtime_ns, found.st_size).get(category)
    n_listed = results[split] if results else 0
    if results and n_listed != n_photos:  # a category that it does not know was packed elsewhere
        what = f"{n_photos} photos; photos.csv lists {n_listed} of {category!r} for {split}"
        raise DataError(what, path, MEND)


@lru_cache(maxsize=2)  # every array of a folder asks for it
def _listed(table: Path, mtime_ns: int, size: int) -> dict[str, Counter[str]]:
    """How many photos of each category photos.csv lists, by result; `mtime_ns` and `size` are its.

    A table without these columns lists none.
    """
    listed: dict[str, Counter[str]] = {}
    with table.open(newline="", encoding="utf-8", errors="replace") as file:
        rows = csv.DictReader(file)
        if {"file", "result"} <= {*(rows.fieldnames or ())}:
            for row in rows:
                category = (row["file"] or "").split("/")[0]
                listed.setdefault(category, Counter())[row["result"]] += 1
    return listed
