"""What a HEIC or AVIF says of its samples: the nclx colours of its main picture.

Source: ISO/IEC 14496-12 (boxes), 23008-12 (items and their properties).
"""

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from basics.errors import DataError
from imaging.transfer import Encoding, encoding_of_code_points

MOST_BOXES = 10_000
MOST_BYTES = 16_000_000  # of the box that describes items
LONGEST_PX = 1_000_000  # side of a picture; libvips ends at 100 million
MOST_LINKS = 100_000  # between items and properties
FULL_RANGE, AV1_GRAY = 0x80, 0x10  # bits of colr and of av1C
Box = tuple[bytes, int, int]  # kind, begin and end of its content


def heif_encoding(path: Path) -> Encoding:
    """How a HEIC's or AVIF's samples stand for light, once libheif has decoded them.

    libheif undoes matrix and range of colour, but leaves the range of a picture without colour.

    Raises:
        UnreadTransferError: a transfer that is not read.
    """
    try:
        with path.open("rb") as file:
            found = _nclx(_meta(file))
    except (struct.error, IndexError):
        found = None  # damaged: libheif says so
    if not found:
        return Encoding()
    primaries, transfer, full = found
    return encoding_of_code_points(primaries, transfer, full=full)


def is_boxed(path: Path) -> bool:
    """Whether a file begins as HEIC, AVIF and their sequences do."""
    with path.open("rb") as file:
        return file.read(8)[4:] == b"ftyp"


def require_sane(path: Path) -> None:
    """Check the sizes that a file claims for its pictures before libvips computes with them.

    Raises:
        DataError: no picture has such a size.
    """
    try:
        with path.open("rb") as file:
            meta = _meta(file)
        properties = _properties(meta, _described(meta, _inner(meta)))
        sane = all(_is_sane(kind, meta[begin:end]) for kind, begin, end in properties)
    except struct.error:
        sane = False
    if not sane:
        what = "the photo is damaged: it claims a size that no picture has"
        raise DataError(what, path, "copy or download it again")


def _is_sane(kind: bytes, content: bytes) -> bool:
    """Whether the numbers of a property are those of a picture."""
    if kind == b"ispe":
        return all(1 <= one <= LONGEST_PX for one in struct.unpack_from(">LL", content, 4))
    if kind == b"clap":  # fractions: width, height, and how far the centre is moved
        pairs = struct.unpack_from(">LLLLlLlL", content)
        numbers = zip(pairs[::2], pairs[1::2], strict=True)
        return all(below > 0 and abs(above) <= LONGEST_PX * below for above, below in numbers)
    return True


def _meta(file: BinaryIO) -> bytes:
    """The content of the box that describes items; empty where there is none."""
    size = file.seek(0, 2)
    at = 0
    for _ in range(MOST_BOXES):
        if at >= size:  # a length of 64 bits may lead further than a file can be
            break
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            break
        length, kind = struct.unpack(">L4s", head[:8])
        begin = 8
        if length == 1 and len(head) == 16:
            (length,), begin = struct.unpack(">Q", head[8:]), 16
        length = length or size - at
        if length < begin:
            break
        if kind == b"meta" and length <= MOST_BYTES:
            file.seek(at + begin)
            return file.read(length - begin)
        at += length
    return b""


def _boxes(content: bytes, begin: int, end: int) -> Iterator[Box]:
    """The boxes within a part of `content`."""
    for _ in range(MOST_BOXES):
        if begin + 8 > min(end, len(content)):
            return
        length, kind = struct.unpack_from(">L4s", content, begin)
        head = 8
        if length == 1:
            (length,), head = struct.unpack_from(">Q", content, begin + 8), 16
        length = length or end - begin
        if length < head or begin + length > end:
            return
        yield kind, begin + head, begin + length
        begin += length


def _inner(meta: bytes) -> dict[bytes, tuple[int, int]]:
    """Where the boxes within `meta` lie, by kind."""
    return {kind: (begin, end) for kind, begin, end in _boxes(meta, 4, len(meta))}


def _described(meta: bytes, found: Mapping[bytes, tuple[int, int]]) -> list[Box]:
    """The boxes of the properties of pictures, and of which picture has which; none if absent."""
    return list(_boxes(meta, *found[b"iprp"])) if b"iprp" in found else []


def _properties(meta: bytes, described: list[Box]) -> list[Box]:
    """The properties, in the order of their numbers."""
    return [box for kind, *at in described if kind == b"ipco" for box in _boxes(meta, *at)]


def _nclx(meta: bytes) -> tuple[int, int, bool] | None:
    """Primaries and transfer of the main picture, and whether its samples take their full range."""
    found = _inner(meta)
    described, wanted = _described(meta, found), _main_item(meta, found.get(b"pitm"))
    linked = {i for kind, *at in described if kind == b"ipma" for i in _links(meta, at[0], wanted)}
    own = {}
    for i, (kind, begin, end) in enumerate(_properties(meta, described), start=1):
        if i in linked and (kind != b"colr" or meta[begin : begin + 4] == b"nclx"):
            own.setdefault(kind, meta[begin:end])
    if len(own.get(b"colr", b"")) < 11:
        return None
    primaries, transfer = struct.unpack_from(">HH", own[b"colr"], 4)
    is_narrow_gray = _is_gray(own) and not own[b"colr"][10] & FULL_RANGE
    return primaries, transfer, not is_narrow_gray


def _is_gray(properties: dict[bytes, bytes]) -> bool:
    """Whether a picture has no colour, as its codec says."""
    av1, hevc = properties.get(b"av1C", b""), properties.get(b"hvcC", b"")
    return bool(len(av1) > 2 and av1[2] & AV1_GRAY) or (len(hevc) > 16 and not hevc[16] & 3)


def _main_item(meta: bytes, at: tuple[int, int] | None) -> int:
    """The number of the main picture; 0 where none is named."""
    if at is None:
        return 0
    return struct.unpack_from(">H" if meta[at[0]] == 0 else ">L", meta, at[0] + 4)[0]


def _links(meta: bytes, at: int, wanted: int) -> Iterator[int]:
    """The numbers, from 1, of the properties that belong to an item."""
    version, is_wide = meta[at], meta[at + 3] & 1
    (n_items,) = struct.unpack_from(">L", meta, at + 4)
    at += 8
    left = MOST_LINKS
    for _ in range(min(n_items, MOST_LINKS)):
        form = ">HB" if version == 0 else ">LB"
        item, number = struct.unpack_from(form, meta, at)
        at += struct.calcsize(form)
        left -= number
        if left < 0:
            return
        for _ in range(number):
            (index,) = struct.unpack_from(">H" if is_wide else ">B", meta, at)
            at += 2 if is_wide else 1
            if item == wanted:
                yield index & (0x7FFF if is_wide else 0x7F)
