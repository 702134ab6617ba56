"""Which directories of a TIFF hold its photos, read under bounds.

A TIFF may begin with a miniature, or keep its photo below one, as cameras do. Reduced pictures and
masks are no pages (TIFF 6, NewSubfileType and SubfileType).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from os import SEEK_END
from pathlib import Path
from typing import BinaryIO

from basics.errors import DataError
from imaging.tiff import (
    MOST_BYTES,
    MOST_DIRECTORIES,
    MOST_ENTRIES,
    MOST_NUMBERS,
    SIZES,
    VALUES,
    TiffHeader,
    read_header,
)

HEADERS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # + is BigTIFF
NEW_SUBFILE, SUBFILE, SUB_DIRECTORIES = 254, 255, 330
IS_REDUCED, IS_MASK = 1, 4  # bits of NewSubfileType
OLD_REDUCED = 2  # of SubfileType
MOST_BELOW = 64  # sub-directories of one page that are looked at


class NoTiffError(ValueError):
    """Its header or directories cannot be read."""


@dataclass(frozen=True, kw_only=True)
class Directory:
    """One directory of a TIFF.

    Attributes:
        file: the open file.
        header: of the file.
        size: of the file in bytes.
        number: its place in the file's chain, from 0; of what lies below, that of its page.
        below: its place among the sub-directories of its page; -1 for the page itself.
        entries: tag -> type, count, offset of its values.
    """

    file: BinaryIO
    header: TiffHeader
    size: int
    number: int
    below: int
    entries: dict[int, tuple[int, int, int]] = field(repr=False)

    @property
    def order(self) -> str:
        """The file's byte order, "<" or ">"."""
        return self.header.order

    def raw(self, tag: int) -> bytes:
        """The bytes of a tag's values; empty where it is absent or lies outside of the file."""
        kind, count, offset = self.entries.get(tag, (0, 0, 0))
        n_bytes = count * SIZES.get(kind, 0)
        if not n_bytes or n_bytes > MOST_BYTES or offset + n_bytes > self.size:
            return b""
        self.file.seek(offset)
        return self.file.read(n_bytes)

    def numbers(self, tag: int) -> list[int]:
        """The values of a tag as whole numbers; none where it is absent or too long."""
        kind, count, _ = self.entries.get(tag, (0, 0, 0))
        if count > MOST_NUMBERS or kind in (2, 5, 10, 11, 12):
            return []
        content = self.raw(tag)
        return list(struct.unpack(f"{self.order}{count}{VALUES[kind]}", content)) if content else []

    def number_of(self, tag: int, otherwise: int) -> int:
        """The first value of a tag."""
        return next(iter(self.numbers(tag)), otherwise)

    @cached_property
    def is_photo(self) -> bool:
        """Whether it is neither a reduced picture nor a mask."""
        if NEW_SUBFILE in self.entries:
            return not self.number_of(NEW_SUBFILE, 0) & (IS_REDUCED | IS_MASK)
        return self.number_of(SUBFILE, 1) != OLD_REDUCED


def is_tiff(path: Path) -> bool:
    """Whether a file begins as a TIFF does.

    Raises:
        DataError: it cannot be opened.
    """
    try:
        with path.open("rb") as file:
            return file.read(4) in HEADERS
    except OSError as error:
        raise DataError(f"cannot open the photo: {error.strerror}", path, "check it") from error


def photo_directories(file: BinaryIO) -> list[Directory]:
    """The directories of a TIFF's photos, one for each page; at least one.

    Of a file without a page that is a photo, those below its pages count; else the largest picture.

    Raises:
        NoTiffError: there is none.
    """
    pages = list(_chain(file))
    photos = [one for one in pages if one.is_photo]
    if not photos:
        photos = [below for one in pages for below in _below(one) if below.is_photo]
    if not photos and pages:
        photos = [max(pages, key=lambda one: one.number_of(256, 0) * one.number_of(257, 0))]
    if not photos:
        raise NoTiffError("it has no directory")
    return photos


def _chain(file: BinaryIO) -> Iterator[Directory]:
    """The directories that follow each other; a ring ends where it closes."""
    file.seek(0)
    if file.read(4) not in HEADERS:
        raise NoTiffError("it does not begin as a TIFF")
    try:
        header = read_header(file)
    except (ValueError, struct.error) as error:
        raise NoTiffError("its header is cut") from error
    offset, size = header.first, file.seek(0, SEEK_END)
    seen: set[int] = set()
    left = MOST_ENTRIES
    while offset and offset not in seen and len(seen) < MOST_DIRECTORIES and left > 0:
        seen.add(offset)
        found = _entries(file, offset, header, size)
        if found is None:
            return
        entries, offset = found
        left -= len(entries)
        yield Directory(
            file=file, header=header, size=size, number=len(seen) - 1, below=-1, entries=entries
        )


def _below(page: Directory) -> Iterator[Directory]:
    """The sub-directories of a page."""
    for i, offset in enumerate(page.numbers(SUB_DIRECTORIES)[:MOST_BELOW]):
        found = _entries(page.file, offset, page.header, page.size)
        if found is not None:
            yield replace(page, below=i, entries=found[0])


def _entries(
    file: BinaryIO, offset: int, header: TiffHeader, size: int
) -> tuple[dict[int, tuple[int, int, int]], int] | None:
    """The entries of a directory and the offset of the next one; None where it cannot be read."""
    counting, entry, following = header.forms
    head, width = struct.calcsize(counting), struct.calcsize(following)
    if not 8 <= offset <= size - head:
        return None
    file.seek(offset)
    (number,) = struct.unpack(counting, file.read(head))
    n_bytes = number * struct.calcsize(entry)
    if number > MOST_ENTRIES or offset + head + n_bytes > size:
        return None
    content = file.read(n_bytes)
    entries: dict[int, tuple[int, int, int]] = {}
    for i, (tag, kind, count, value) in enumerate(struct.iter_unpack(entry, content)):
        inline = offset + head + (i + 1) * struct.calcsize(entry) - width
        is_inline = count * SIZES.get(kind, 0) <= width
        entries.setdefault(tag, (kind, count, inline if is_inline else value))
    last = file.read(width)
    return entries, struct.unpack(following, last)[0] if len(last) == width else 0
