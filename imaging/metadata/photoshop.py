"""Photoshop's resources and the records of IPTC among them."""

import hashlib
import struct
from collections.abc import Iterable, Iterator

from imaging.metadata.resolution import CM, INCH, RATIO, Resolution

SIGNATURES = (b"8BIM", b"MeSa", b"PHUT", b"AgHg", b"DCSR")
RESOLUTION, IPTC, DIGEST = 1005, 1028, 1061
# resources that tell of the photo as it was: transfer and halftones of gray, duotones, thumbnails,
# profile, no profile, EXIF, XMP, which have places of their own
OUTDATED = {1012, 1015, 1017, 1018, 1033, 1036, 1039, 1041, 1058, 1059, 1060}
MOST_RESOURCES = 10_000
MOST_RECORDS = 10_000

# records of IPTC: how many numbers make a pixel, its shape; previews, and what describes them
IMAGE_TYPE, LAYOUT = (2, 130), (2, 131)
PREVIEWS = {(2, 200), (2, 201), (2, 202)}
PIXEL_RECORDS = {3, 7, 8, 9}  # of newspapers: size, colours, and the picture itself

Resource = tuple[bytes, int, bytes, bytes]  # signature, number, name with its length, content
Record = tuple[int, int, bytes]


def read_resources(block: bytes) -> Iterator[Resource]:
    """The resources of a block, up to where it is damaged."""
    at = 0
    for _ in range(MOST_RESOURCES):
        head = block[at : at + 7]
        if len(head) < 7 or head[:4] not in SIGNATURES:
            return
        (number,) = struct.unpack(">H", head[4:6])
        length = 1 + head[6]
        name = block[at + 6 : at + 6 + length]
        at += 6 + length + length % 2
        size = block[at : at + 4]
        n_bytes = int.from_bytes(size, "big")
        if len(size) < 4 or at + 4 + n_bytes > len(block):
            return
        yield head[:4], number, name, block[at + 4 : at + 4 + n_bytes]
        at += 4 + n_bytes + n_bytes % 2


def write_resources(resources: Iterable[Resource]) -> bytes:
    """The block of some resources."""
    parts = []
    for signature, number, name, content in resources:
        parts.append(signature + struct.pack(">H", number) + name + b"\0" * (len(name) % 2))
        parts.append(struct.pack(">L", len(content)) + content + b"\0" * (len(content) % 2))
    return b"".join(parts)


def described(
    block: bytes, records: bytes, size: tuple[int, int], dpi: Resolution | None
) -> tuple[bytes, bytes]:
    """Resources and bare IPTC of a result, whose words on its pixels are true.

    Args:
        block: resources, which may hold IPTC.
        records: bare IPTC, which goes before that of the resources.
        size: px, width and height.
        dpi: the result's.

    Returns:
        The resources, with the IPTC; and the IPTC alone.
    """
    resources = list(read_resources(block))
    had = records or next((content for _, kind, _, content in resources if kind == IPTC), b"")
    iptc = describe_iptc(had, size)
    digest = hashlib.md5(had, usedforsecurity=False).digest()
    kept: list[Resource] = []
    for signature, kind, name, content in resources:
        if kind in OUTDATED or kind == IPTC:
            continue
        if kind == DIGEST:
            if content != digest or not iptc:
                continue
            content = hashlib.md5(iptc, usedforsecurity=False).digest()
        if kind == RESOLUTION:
            content = _resolution(content, dpi)
            if not content:
                continue
        kept.append((signature, kind, name, content))
    if iptc:
        kept.insert(0, (b"8BIM", IPTC, b"\0", iptc))
    return write_resources(kept), iptc


def describe_iptc(block: bytes, size: tuple[int, int]) -> bytes:
    """The records whose words are true of a result in colour of a size, as bytes."""
    parts = []
    for record, number, content in read_records(block):
        if record in PIXEL_RECORDS or (record, number) in PREVIEWS:
            continue
        if (record, number) == IMAGE_TYPE and content[:1] in b"01234" and content:
            content = b"3T"  # three numbers, all colours in one
        if (record, number) == LAYOUT:
            width, height = size
            content = b"L" if width > height else b"P" if width < height else b"S"
        parts.append(_record(record, number, content))
    return b"".join(parts)


def read_records(block: bytes) -> Iterator[Record]:
    """Record, number and content of each of IPTC's fields, up to where they are damaged."""
    at = 0
    for _ in range(MOST_RECORDS):
        head = block[at : at + 5]
        if len(head) < 5 or head[0] != 0x1C:
            return
        n_bytes = int.from_bytes(head[3:5], "big")
        at += 5
        if n_bytes & 0x8000:  # the length of the length
            width = n_bytes & 0x7FFF
            if width > 4:
                return
            n_bytes = int.from_bytes(block[at : at + width], "big")
            at += width
        if at + n_bytes > len(block):
            return
        yield head[1], head[2], block[at : at + n_bytes]
        at += n_bytes


def _record(record: int, number: int, content: bytes) -> bytes:
    """One field; a long one has the length of its length first."""
    head = bytes((0x1C, record, number))
    if len(content) < 0x8000:
        return head + struct.pack(">H", len(content)) + content
    return head + struct.pack(">HL", 0x8004, len(content)) + content


def _resolution(content: bytes, dpi: Resolution | None) -> bytes:
    """Photoshop's own words on the resolution: 16.16 dots per inch, and what to show."""
    if dpi is None or dpi.unit == RATIO or len(content) < 16:
        return b""
    x, y = (min(round(one * 65536), 2**32 - 1) for one in dpi.per(INCH))
    shown = 2 if dpi.unit == CM else 1
    return struct.pack(">LHHLHH", x, shown, shown, y, shown, shown)
