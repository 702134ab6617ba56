"""The chunks of a WebP that describe its photo."""

import struct
from typing import BinaryIO

from imaging.metadata.blocks import EXIF, MOST_BYTES, MOST_PIECES, Blocks

HAS_XMP, HAS_EXIF = 0x04, 0x08  # flags of VP8X


def read(file: BinaryIO) -> Blocks:
    """EXIF and XMP, which stand after the pixels."""
    found = Blocks()
    file.seek(0)
    head = file.read(12)
    if head[:4] != b"RIFF" or head[8:] != b"WEBP":
        return found
    for _ in range(MOST_PIECES):
        chunk = file.read(8)
        if len(chunk) < 8:
            break
        kind, size = chunk[:4], int.from_bytes(chunk[4:], "little")
        if kind not in (b"EXIF", b"XMP ") or size > MOST_BYTES:
            if kind in (b"EXIF", b"XMP "):
                found.lost.append("a chunk that is too large")
            file.seek(size + size % 2, 1)
            continue
        content = file.read(size + size % 2)[:size]
        if kind == b"EXIF":
            found.exif = found.exif or content.removeprefix(EXIF)
        else:
            found.xmp = found.xmp or content
    return found


def add(file: BinaryIO, blocks: Blocks) -> None:
    """Append chunks to a WebP that has none of them, but a VP8X as libvips writes with a profile.

    Raises:
        ValueError: it has no VP8X.
    """
    file.seek(12)
    head = file.read(9)
    if head[:4] != b"VP8X":
        raise ValueError("a WebP without VP8X")
    flags = head[8]
    size = file.seek(0, 2)
    file.write(b"\0" * (size % 2))
    if isinstance(blocks.exif, bytes) and blocks.exif:
        flags |= HAS_EXIF
        _append(file, b"EXIF", blocks.exif)
    if blocks.xmp:
        flags |= HAS_XMP
        _append(file, b"XMP ", blocks.xmp)
    whole = file.tell() - 8
    file.seek(4)
    file.write(struct.pack("<L", whole))
    file.seek(20)
    file.write(bytes((flags,)))


def _append(file: BinaryIO, kind: bytes, content: bytes) -> None:
    file.write(kind + struct.pack("<L", len(content)) + content + b"\0" * (len(content) % 2))
