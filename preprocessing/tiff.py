"""Read the directories of a stranger's TIFF or EXIF block, under bounds.

tifftools follows every offset without looking back: a directory that names itself as the next one
never ends, and directories that fan out end after 2^20 of them. So they are counted first.
"""

import struct
from dataclasses import dataclass, field
from typing import Any, BinaryIO

# of one file, all ours: far above what scanners and cameras write
MOST_DIRECTORIES = 10_000  # pages, and what they refer to
MOST_ENTRIES = 500_000
MOST_BYTES = 64_000_000  # of their values
DEEPEST = 4  # page, EXIF, interoperability: 3

REFERRING = {330, 400, 34665, 34853, 40965}  # tags of sub-directories (TIFF 6, EXIF 2.32)
DIRECTORY_TYPES = {13: "L", 18: "Q"}
OFFSETS = {1: "B", 3: "H", 4: "L", 16: "Q", **DIRECTORY_TYPES}  # types of numbers, for struct
BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4,
         16: 8, 17: 8, 18: 8}  # fmt: skip


class UnboundedError(ValueError):
    """A file's directories do not end, or are too many or too deep."""


def read_tiff(file: BinaryIO) -> dict[str, Any]:
    """What tifftools reads of an open file, if its directories end and are not too many.

    Raises:
        UnboundedError: they do not, or are.
        ValueError: it is damaged; tifftools and struct raise other errors, too.
    """
    import tifftools

    require_bounded(file)
    file.seek(0)
    return tifftools.read_tiff(file)


def require_bounded(file: BinaryIO) -> None:
    """Raise `UnboundedError` unless a TIFF's directories end and are no more than usual.

    A damaged file raises `ValueError`, `OverflowError` or `struct.error`. Pages may share a
    directory, such as their EXIF; none may lead back to itself.
    """
    file.seek(0)
    header = file.read(16)
    order = {b"II": "<", b"MM": ">"}.get(header[:2], "")
    if not order or len(header) < 8:
        raise ValueError("no TIFF")
    is_big = struct.unpack_from(f"{order}H", header, 2)[0] == 43
    form, place = ("Q", 8) if is_big else ("L", 4)
    (first,) = struct.unpack_from(order + form, header, place)
    _Walk(file, order, is_big).follow(first, depth=1)


@dataclass
class _Walk:
    """What has been counted on the way through a file's directories."""

    file: BinaryIO
    order: str
    is_big: bool
    left: dict[str, int] = field(
        default_factory=lambda: {
            "directories": MOST_DIRECTORIES, "entries": MOST_ENTRIES, "bytes": MOST_BYTES,
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
        """The offset of the next directory, and those of the directories below this one."""
        counting, entry = ("Q", "HHQQ") if self.is_big else ("H", "HHLL")
        width = 8 if self.is_big else 4
        self.file.seek(offset)
        (number,) = self._unpack(counting)
        self._count("entries", number)
        content = self.file.read(number * struct.calcsize(self.order + entry))
        (following,) = self._unpack("Q" if self.is_big else "L")
        below: list[int] = []
        for tag, kind, count, value in struct.iter_unpack(self.order + entry, content):
            n_bytes = count * BYTES.get(kind, 0)
            self._count("bytes", n_bytes if n_bytes > width else 0)
            if tag in REFERRING or kind in DIRECTORY_TYPES:
                below += self._numbers(kind, count, value)
        return following, below

    def _numbers(self, kind: int, count: int, value: int) -> list[int]:
        """An entry's numbers, which stand where its offset says, or in its place."""
        if kind not in OFFSETS:
            return []
        self._count("entries", count)
        form = f"{count}{OFFSETS[kind]}"
        n_bytes = count * BYTES[kind]
        inline = struct.pack(self.order + ("Q" if self.is_big else "L"), value)
        if n_bytes <= len(inline):
            return list(struct.unpack_from(self.order + form, inline))
        self.file.seek(value)
        return list(self._unpack(form))

    def _unpack(self, form: str) -> tuple[int, ...]:
        form = self.order + form
        return struct.unpack(form, self.file.read(struct.calcsize(form)))
