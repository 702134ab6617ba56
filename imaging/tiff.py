"""The header of a TIFF or of an EXIF block, and bounds on a stranger's directories.

A directory may name itself as the next one, without an end, and directories that fan out may end
after 2^20 of them. So they are counted before they are read.
"""

import struct
import sys
from dataclasses import dataclass, field
from os import SEEK_END
from typing import BinaryIO

# of one file, all ours: far above what scanners and cameras write
MOST_DIRECTORIES = 5_000  # pages, and what they refer to
MOST_ENTRIES = 100_000
MOST_BYTES = 32_000_000  # of their values
MOST_NUMBERS = 2_000_000  # among them, each of which becomes an object of Python
SMALLEST = 8  # bytes of a header: no directory lies before its end
DEEPEST = 4  # page, EXIF, interoperability: 3

REFERRING = {330, 400, 34665, 34853, 40965}  # tags of sub-directories (TIFF 6, EXIF 2.32)
DIRECTORY_TYPES = {13, 18}
BIG = 43  # the version of BigTIFF
# type -> what struct calls a value of it; readers take any of them for offsets, even letters
VALUES = {
    1: "B", 2: "B", 3: "H", 4: "L", 5: "LL", 6: "b", 7: "B", 8: "h", 9: "l", 10: "ll", 11: "f",
    12: "d", 13: "L", 16: "Q", 17: "q", 18: "Q",
}  # fmt: skip
PLAIN_BYTES = {2, 7}  # text, and what has no type
SIZES = {kind: struct.calcsize(f"<{form}") for kind, form in VALUES.items()}


class UnboundedError(ValueError):
    """A file's directories do not end, or are too many or too deep."""


@dataclass(frozen=True)
class TiffHeader:
    """What a TIFF begins with.

    Attributes:
        order: "<" or ">", its byte order.
        is_big: whether it is a BigTIFF, whose numbers and offsets have 8 bytes.
        first: offset of the first directory.
    """

    order: str
    is_big: bool
    first: int

    @property
    def forms(self) -> tuple[str, str, str]:
        """What struct calls a directory's number of entries, an entry, and the next offset.

        An entry has a tag, a type, a count, and a value or its offset.
        """
        counting, entry, following = ("Q", "HHQQ", "Q") if self.is_big else ("H", "HHLL", "L")
        return self.order + counting, self.order + entry, self.order + following


def read_header(file: BinaryIO) -> TiffHeader:
    """The header of a TIFF or of an EXIF block.

    Raises:
        ValueError: it is none.
        struct.error: it is cut.
    """
    file.seek(0)
    header = file.read(16)
    order = {b"II": "<", b"MM": ">"}.get(header[:2], "")
    if not order or len(header) < 8:
        raise ValueError("no TIFF")
    is_big = struct.unpack_from(f"{order}H", header, 2)[0] == BIG
    form, place = ("Q", 8) if is_big else ("L", 4)
    (first,) = struct.unpack_from(order + form, header, place)
    return TiffHeader(order, is_big, first)


def require_bounded(file: BinaryIO, *, values: bool = True) -> None:
    """Raise `UnboundedError` unless a TIFF's directories end and are no more than usual.

    A damaged file raises `ValueError`, `OverflowError` or `struct.error`. Pages may share a
    directory, such as their EXIF; none may lead back to itself. `values` also bounds the bytes of
    all their values, for who reads them all.
    """
    header = read_header(file)
    walk = _Walk(file, header, file.seek(0, SEEK_END))
    if not values:
        walk.left.update(bytes=sys.maxsize, numbers=sys.maxsize)
    walk.follow(header.first, depth=1)


@dataclass
class _Walk:
    """What has been counted on the way through a file's directories."""

    file: BinaryIO
    header: TiffHeader
    size: int  # bytes
    left: dict[str, int] = field(
        default_factory=lambda: {
            "directories": MOST_DIRECTORIES, "entries": MOST_ENTRIES, "bytes": MOST_BYTES,
            "numbers": MOST_NUMBERS,
        }
    )  # fmt: skip
    path: set[int] = field(default_factory=set)  # offsets from which the present one was reached

    def follow(self, offset: int, depth: int) -> None:
        """Count a directory, those after it and those below them.

        Raises:
            UnboundedError: they lead back to themselves, or are too many or too deep.
        """
        if depth > DEEPEST:
            raise UnboundedError(f"its directories are more than {DEEPEST} deep")
        chain = []
        while offset:
            if offset in self.path:
                raise UnboundedError("its directories lead back to themselves")
            self._count("directories", 1)
            self.path.add(offset)
            chain.append(offset)
            offset, below = self._directory(offset)
            for one in below:
                self.follow(one, depth + 1)
        self.path.difference_update(chain)

    def _count(self, what: str, number: int) -> None:
        self.left[what] -= number
        if self.left[what] < 0:
            raise UnboundedError(f"it has too many {what} in its directories")

    def _directory(self, offset: int) -> tuple[int, list[int]]:
        """The offset of the next directory, and those of the directories below this one.

        What lies outside of the file is passed over.
        """
        counting, entry, following = self.header.forms
        number = next(iter(self._read(counting, offset)), 0)
        self._count("entries", number)
        entry_size, width = struct.calcsize(entry), struct.calcsize(following)
        end = offset + struct.calcsize(counting) + number * entry_size
        if end > self.size:
            return 0, []
        below: list[int] = []
        entries = struct.iter_unpack(entry, self.file.read(number * entry_size))
        for i, (tag, kind, count, value) in enumerate(entries):
            n_bytes = count * SIZES.get(kind, 0)
            at = value if n_bytes > width else end - (number - i - 1) * entry_size - width
            if n_bytes > self.size - at:
                continue
            self._count("bytes", n_bytes)
            self._count("numbers", 0 if kind in PLAIN_BYTES else count)
            if tag in REFERRING or kind in DIRECTORY_TYPES:
                self._count("entries", count)
                form = self.header.order + VALUES.get(kind, "") * count
                below += map(int, self._read(form, at))
        return next(iter(self._read(following, end)), 0), below

    def _read(self, form: str, offset: int) -> tuple[int, ...]:
        """What stands at an offset; nothing where that is in the header or outside of the file."""
        if not SMALLEST <= offset <= self.size - struct.calcsize(form):
            return ()
        self.file.seek(offset)
        return struct.unpack(form, self.file.read(struct.calcsize(form)))
