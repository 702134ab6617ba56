"""Photos on their way: each is read once, as a square in a file per category.

Only a category's file and what becomes of it are on the disk twice: it goes when that is written.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from basics.cli import progress
from preprocessing.inventory import GRAY, UNREADABLE, Row
from preprocessing.sources import Photo
from preprocessing.square import MIN_CHROMA, SIDE_PX, Square, decode_square

log = logging.getLogger(__name__)

AT_ONCE = 256  # photos that may be read before they are written: 50 MB


class Spool:
    """The squares of all photos, in files of a folder until `drop`; rows and hashes in memory.

    Attributes:
        rows: one per photo, their result empty while they are accepted.
        hashes: (n, 4) uint64 difference hashes, and those of the mirrored photos; 0: unreadable.
    """

    def __init__(self, folder: Path, photos: Sequence[Photo]) -> None:
        """Read all photos into files below `folder`."""
        folder.mkdir(parents=True)
        self.rows: list[Row] = []
        self.hashes, self.mirrored = np.zeros((2, len(photos), 4), np.uint64)
        self._folder = folder
        self._places = _places([photo.row.category for photo in photos])
        counts = Counter(photo.row.category for photo in photos)
        self._squares = {
            category: np.memmap(folder / category, np.uint8, "w+", shape=(n, SIDE_PX, SIDE_PX, 3))
            for category, n in counts.items()
        }
        for index, (photo, square) in enumerate(_read(photos)):
            self.rows.append(_inspected(photo.row, square))
            if square is not None:
                self._squares[photo.row.category][self._places[index]] = square.rgb
                self.hashes[index] = square.difference_hash
                self.mirrored[index] = square.mirrored_hash

    def square(self, index: int) -> NDArray[np.uint8]:
        """(256, 256, 3) uint8 sRGB of the photo with that row."""
        return self._squares[self.rows[index].category][self._places[index]]

    def drop(self, category: str) -> None:
        """Free the disk of one category's squares."""
        del self._squares[category]
        (self._folder / category).unlink()


def _places(categories: Sequence[str]) -> list[int]:
    """Of each photo its number within its category."""
    seen: Counter[str] = Counter()
    places = []
    for category in categories:
        places.append(seen[category])
        seen[category] += 1
    return places


def _read(photos: Sequence[Photo]) -> Iterator[tuple[Photo, Square | None]]:
    """Decode in all threads, but never far ahead of what is written."""

    def decode(photo: Photo) -> Square | None:
        content = photo.read()
        return decode_square(content) if len(content) == photo.row.size else None

    with ThreadPoolExecutor() as pool:
        starts = range(0, len(photos), AT_ONCE)
        for start in progress(starts, f"reading photos, {AT_ONCE} at a time"):
            some = photos[start : start + AT_ONCE]
            yield from zip(some, pool.map(decode, some), strict=True)


def _inspected(row: Row, square: Square | None) -> Row:
    """The row with hash and chroma; its result stays empty while the photo is accepted."""
    if square is None:
        return replace(row, result=UNREADABLE)
    result = GRAY if square.chroma < MIN_CHROMA else ""
    return replace(row, sha256=square.sha256, chroma=round(square.chroma, 2), result=result)
