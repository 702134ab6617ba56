"""The comments and the XMP of a GIF."""

from collections.abc import Iterator
from typing import BinaryIO

from imaging.metadata.blocks import MOST_BYTES, MOST_PIECES, Blocks

EXTENSION, IMAGE, COMMENT, APPLICATION = 0x21, 0x2C, 0xFE, 0xFF
MOST_XMP = MOST_BYTES // 2
XMP = b"XMP DataXMP"
MAGIC = b"\x01\xff\xfe"  # what ends its packet: 258 bytes that lead any reader out of it


def read(file: BinaryIO) -> Blocks:
    """What stands before, between and after the frames."""
    found = Blocks()
    file.seek(0)
    head = file.read(13)
    if head[:3] != b"GIF" or len(head) < 13:
        return found
    file.seek(_table(head[10]), 1)
    left = [MOST_PIECES, MOST_BYTES]  # sub-blocks; bytes that are kept
    while left[0] > 0 and (kind := file.read(1)):
        left[0] -= 1
        if kind[0] == IMAGE:
            file.seek(_table(file.read(9)[8]) + 1, 1)
            _skip(file, left)
        elif kind[0] != EXTENSION:
            break
        elif (label := file.read(1)[0]) == COMMENT:
            comment = b"".join(_pieces(file, left))
            found.comments += [comment] if comment else []
        elif label == APPLICATION and file.read(file.read(1)[0]) == XMP and not found.xmp:
            found.xmp = _packet(file, left)
        else:
            _skip(file, left)
    return found


def _table(flags: int) -> int:
    """Bytes of a table of colours."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _pieces(file: BinaryIO, left: list[int]) -> Iterator[bytes]:
    """Sub-blocks up to the empty one."""
    while left[0] > 0 and left[1] > 0 and (size := file.read(1)[0]):
        left[0] -= 1
        left[1] -= size
        yield file.read(size)


def _skip(file: BinaryIO, left: list[int]) -> None:
    """Pass over sub-blocks."""
    while left[0] > 0 and (size := file.read(1)[0]):
        left[0] -= 1
        file.seek(size, 1)


def _packet(file: BinaryIO, left: list[int]) -> bytes:
    """XMP stands there as it is, its own bytes taken for lengths by others."""
    start = file.tell()
    content = file.read(min(left[1], MOST_XMP))
    end = content.find(MAGIC)
    left[1] -= len(content)  # once only: what was read for it counts
    if end < 0:
        return b""
    file.seek(start + end + 258)
    return content[:end]
