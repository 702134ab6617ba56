"""The directories of EXIF and TIFF that describe a photo: read under bounds."""

import struct
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from imaging.tiff import SIZES as OF_TIFF
from imaging.tiff import SMALLEST, VALUES, read_header, require_bounded

EXIF_IFD, GPS_IFD, INTEROP_IFD = 34665, 34853, 40965
BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 1, 2, 3, 4, 5, 7
USER_COMMENT, UNICODE = 37510, b"UNICODE\0"  # then UTF-16
# bytes of one number -> what is swapped between byte orders
SIZES = {**OF_TIFF, 129: 1}  # EXIF 3 adds UTF-8
WORDS = {**SIZES, 5: 4, 10: 4}
BIG_ONLY = {16, 17, 18}  # types of BigTIFF
MOST_VALUE = 8_000_000  # bytes of one value; a larger one is passed over
MOST_VALUES = 32_000_000  # of all that are read
MOST_ENTRIES = 10_000  # of one directory


@dataclass(frozen=True)
class Value:
    """A tag's value: its type, its bytes in the byte order of its file, and where they stood."""

    kind: int
    raw: bytes
    at: int = 0

    @property
    def count(self) -> int:
        """How many numbers, or letters."""
        return len(self.raw) // SIZES[self.kind]

    def swapped(self) -> "Value":
        """The same in the other byte order."""
        size = WORDS[self.kind]
        if size == 1:
            return self
        words = (self.raw[i : i + size][::-1] for i in range(0, len(self.raw), size))
        return Value(self.kind, b"".join(words), self.at)


Ifd = dict[int, Value]


@dataclass
class Exif:
    """The directories of one photo: that of the page or of the whole block, and those below it."""

    order: str = ">"  # as struct has it
    main: Ifd = field(default_factory=dict)
    photo: Ifd = field(default_factory=dict)  # tag 34665
    gps: Ifd = field(default_factory=dict)
    interop: Ifd = field(default_factory=dict)

    def numbers(self, value: Value) -> list[float]:
        """The numbers of a value; of fractions their quotients, 0 for those by zero."""
        if value.kind in (5, 10):
            form = self.order + ("LL" if value.kind == RATIONAL else "ll")
            return [a / b if b else 0.0 for a, b in struct.iter_unpack(form, value.raw)]
        form = VALUES.get(value.kind) if value.kind != UNDEFINED else None
        return [one for (one,) in struct.iter_unpack(self.order + form, value.raw)] if form else []

    def number(self, ifd: Ifd, tag: int, default: int = 0) -> int:
        """The first number of a tag, or `default`."""
        numbers = self.numbers(ifd[tag]) if tag in ifd and len(ifd[tag].raw) <= SIZES[12] else []
        return int(numbers[0]) if numbers else default

    def shorts(self, *numbers: int) -> Value:
        """Numbers as SHORT, or as LONG where they need it."""
        kind, form = (SHORT, "H") if max(numbers) < 2**16 else (LONG, "L")
        return Value(kind, struct.pack(f"{self.order}{len(numbers)}{form}", *numbers))

    def in_order(self, order: str) -> "Exif":
        """The same in a byte order."""
        if order == self.order:
            return self
        ifds = (self.main, self.photo, self.gps, self.interop)
        made = Exif(order, *({tag: one.swapped() for tag, one in ifd.items()} for ifd in ifds))
        comment = made.photo.get(USER_COMMENT)
        if comment and comment.raw.startswith(UNICODE):  # of no type, but in the block's order
            letters = Value(SHORT, comment.raw[len(UNICODE) : len(comment.raw) // 2 * 2])
            made.photo[USER_COMMENT] = Value(UNDEFINED, UNICODE + letters.swapped().raw)
        return made


def text(words: str | bytes) -> Value:
    """A text as EXIF has it: ASCII by its type, UTF-8 where it is not."""
    raw = words.encode("utf-8", "replace") if isinstance(words, str) else words
    return Value(ASCII, raw.rstrip(b"\0") + b"\0")


def read_exif(file: BinaryIO, *, page: int = 0, wanted: Container[int] | None = None) -> Exif:
    """Read the directories of an EXIF block, or of a page of a TIFF.

    Args:
        file: the block, or the TIFF.
        page: how many directories are passed over.
        wanted: tags of the main directory whose values are read; None takes all.

    Raises:
        UnboundedError: its directories do not end, or are too many.
        ValueError, struct.error, OverflowError: it is damaged.
    """
    require_bounded(file, values=wanted is None)
    reader = _Reader(file)
    offset = reader.header.first
    for _ in range(page):
        offset = reader.following(offset)
    main = reader.ifd(offset, wanted)
    made = Exif(reader.header.order, main)
    for name, tag, ifd in (("photo", EXIF_IFD, main), ("gps", GPS_IFD, main)):
        setattr(made, name, reader.ifd(made.number(ifd, tag), None))
    made.interop = reader.ifd(made.number(made.photo, INTEROP_IFD), None)
    main.pop(EXIF_IFD, None)
    main.pop(GPS_IFD, None)
    made.photo.pop(INTEROP_IFD, None)
    return made


class _Reader:
    """Reads directories of an open TIFF, whose number has been bounded before."""

    def __init__(self, file: BinaryIO) -> None:
        """Read the header."""
        self.file, self.header = file, read_header(file)
        self.size = file.seek(0, 2)
        self.left = MOST_VALUES

    def following(self, offset: int) -> int:
        """Where the next directory is; 0 if there is none."""
        if offset < SMALLEST:
            return 0
        counting, entry, form = self.header.forms
        width, size = struct.calcsize(counting), struct.calcsize(entry)
        (number,) = struct.unpack(counting, self._at(offset, width))
        return struct.unpack(form, self._at(offset + width + number * size, struct.calcsize(form)))[
            0
        ]

    def ifd(self, offset: int, wanted: Container[int] | None) -> Ifd:
        """A directory; what of it lies outside of the file is passed over."""
        return dict(self._entries(offset, wanted)) if SMALLEST <= offset < self.size else {}

    def _entries(self, offset: int, wanted: Container[int] | None) -> Iterator[tuple[int, Value]]:
        """Its tags and their values, smallest bounds first."""
        counting, form, following = self.header.forms
        width, size, inline = map(struct.calcsize, (counting, form, following))
        head = self._at(offset, width)
        if len(head) < width:
            return
        number = min(struct.unpack(counting, head)[0], MOST_ENTRIES)
        content = self._at(offset + width, number * size)
        whole = content[: len(content) // size * size]
        entries = struct.iter_unpack(form, whole)
        for i, (tag, kind, count, value) in enumerate(entries):
            n_bytes = count * SIZES.get(kind, 0)
            if not 0 < n_bytes <= min(MOST_VALUE, self.left):
                continue
            if wanted is not None and tag not in wanted:
                continue
            at = value if n_bytes > inline else offset + width + (i + 1) * size - inline
            raw = self._at(at, n_bytes)
            if len(raw) == n_bytes:
                self.left -= n_bytes
                yield tag, Value(kind, raw, at if n_bytes > inline else 0)

    def _at(self, offset: int, number: int) -> bytes:
        """Bytes of the file; fewer where it ends."""
        self.file.seek(offset)
        return self.file.read(min(number, max(self.size - offset, 0)))
