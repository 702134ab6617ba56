"""The segments of a JPEG that describe its photo."""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from imaging.metadata import resolution
from imaging.metadata.blocks import (
    EXIF,
    MOST_ALL,
    MOST_BYTES,
    MOST_PIECES,
    MOST_TEXTS,
    PHOTOSHOP,
    Blocks,
)  # fmt: skip

SOI, EOI, SOS, APP0, APP1, APP13, COM = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xED, 0xFE
ALONE = {0x01, *range(0xD0, 0xD8)}  # markers without a length: TEM, RST
JFIF = b"JFIF\0"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
MORE_XMP = b"http://ns.adobe.com/xmp/extension/\0"  # then 32 letters, its length, an offset
GUID = 32  # letters that name an extended XMP: its MD5
LARGEST = 65_533  # bytes of a segment, its length's own two apart


def read(file: BinaryIO) -> Blocks:
    """What stands before the first scan."""
    found = Blocks()
    parts: dict[bytes, _Parts] = {}
    resources: list[bytes] = []
    for marker, segment in _segments(file, found):
        if marker == APP0 and segment.startswith(JFIF) and len(segment) >= 12:
            unit, x, y = struct.unpack_from(">BHH", segment, 7)
            found.resolution = resolution.of_jfif(unit, x, y)
        elif marker == APP1 and segment.startswith(EXIF):
            found.exif = found.exif or segment[len(EXIF) :]
        elif marker == APP1 and segment.startswith(XMP):
            found.xmp = found.xmp or segment[len(XMP) :]
        elif marker == APP1 and segment.startswith(MORE_XMP):
            _add_part(parts, segment[len(MORE_XMP) :])
        elif marker == APP13 and segment.startswith(PHOTOSHOP):
            resources.append(segment[len(PHOTOSHOP) :])
        elif marker == COM and segment and len(found.comments) < MOST_TEXTS:
            found.comments.append(segment)
    found.resources = b"".join(resources)
    named = [one for guid, one in parts.items() if guid in found.xmp]
    if named:
        found.more_xmp = named[0].joined()
    if parts and not found.more_xmp:
        found.lost.append("a part of its XMP")
    return found


def written(image: BinaryIO, blocks: Blocks, more_xmp_guid: bytes = b"") -> Iterator[bytes]:
    """A JPEG with new segments in front of its own, in pieces.

    Args:
        image: the JPEG, which has none that describe it.
        blocks: what they say; each fits into a segment, but the extended XMP and resources.
        more_xmp_guid: as the first XMP names the extended one.
    """
    image.seek(2)
    yield bytes((0xFF, SOI))
    density = blocks.resolution.for_jfif() if blocks.resolution else (0, 1, 1)
    yield _segment(APP0, JFIF + struct.pack(">HBHHBB", 0x101, *density, 0, 0))
    if isinstance(blocks.exif, bytes) and blocks.exif:
        yield _segment(APP1, EXIF + blocks.exif)
    if blocks.xmp:
        yield _segment(APP1, XMP + blocks.xmp)
    room = LARGEST - len(MORE_XMP) - GUID - 8
    for at in range(0, len(blocks.more_xmp), room):
        head = MORE_XMP + more_xmp_guid + struct.pack(">LL", len(blocks.more_xmp), at)
        yield _segment(APP1, head + blocks.more_xmp[at : at + room])
    room = LARGEST - len(PHOTOSHOP)
    for at in range(0, len(blocks.resources), room):
        yield _segment(APP13, PHOTOSHOP + blocks.resources[at : at + room])
    for comment in blocks.comments:
        yield _segment(COM, comment)
    while piece := image.read(1_000_000):
        yield piece


def _segments(file: BinaryIO, found: Blocks) -> Iterator[tuple[int, bytes]]:
    """Marker and content of those segments that may describe the photo, up to the first scan."""
    file.seek(0)
    if file.read(2) != bytes((0xFF, SOI)):
        return
    left = MOST_ALL
    for _ in range(MOST_PIECES):
        marker = file.read(2)
        while marker[:1] == b"\xff" and marker[1:] == b"\xff":  # padding
            marker = b"\xff" + file.read(1)
        if len(marker) < 2 or marker[0] != 0xFF or marker[1] in (SOS, EOI):
            return
        if marker[1] in ALONE:
            continue
        size = int.from_bytes(file.read(2), "big") - 2
        if size < 0:
            return
        if marker[1] not in (APP0, APP1, APP13, COM):
            file.seek(size, 1)
            continue
        left -= size
        if left < 0:
            found.lost.append(f"what its segments say beyond {MOST_ALL:,} bytes")
            return
        yield marker[1], file.read(size)


class _Parts:
    """The parts of an extended XMP, which may come in any order."""

    def __init__(self, size: int) -> None:
        """Of a whole of `size` bytes."""
        self.size = size
        self.at: dict[int, bytes] = {}

    def joined(self) -> bytes:
        """The whole; nothing if some of it is missing or too large."""
        end = 0
        for offset, part in sorted(self.at.items()):
            if offset != end:
                return b""
            end += len(part)
        if end != self.size or end > MOST_BYTES:
            return b""
        return b"".join(part for _, part in sorted(self.at.items()))


def _add_part(parts: dict[bytes, _Parts], segment: bytes) -> None:
    """Keep a part of an extended XMP, under its name."""
    if len(segment) < GUID + 8:
        return
    size, offset = struct.unpack_from(">LL", segment, GUID)
    named = parts.setdefault(segment[:GUID], _Parts(size))
    named.at.setdefault(offset, segment[GUID + 8 :])


def _segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content
