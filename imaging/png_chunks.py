"""What a PNG says of its samples before they begin: cICP, iCCP, sRGB, gAMA and cHRM.

The first of them that is there counts, in this order (PNG third edition, 4.3). libvips obeys iCCP.
"""

import struct
from pathlib import Path

from imaging.transfer import Encoding, encoding_of_code_points, encoding_of_gamma

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_CHUNKS = 1000  # before the pixels
SPOKEN = {b"cICP": 4, b"sRGB": 1, b"gAMA": 4, b"cHRM": 32}  # chunk -> its bytes
UNIT = 100_000  # of gAMA and cHRM


def png_chunks(path: Path) -> dict[bytes, bytes]:
    """The chunks before the pixels that say what samples mean; of iCCP only that it is there."""
    found: dict[bytes, bytes] = {}
    with path.open("rb") as file:
        if file.read(8) != SIGNATURE:
            return found
        for _ in range(MOST_CHUNKS):
            head = file.read(8)
            if len(head) < 8:
                break
            length, kind = struct.unpack(">L4s", head)
            if kind in (b"IDAT", b"IEND"):
                break
            content = file.read(length) if length == SPOKEN.get(kind) else b""
            if content or kind == b"iCCP":
                found.setdefault(kind, content)
            file.seek(length - len(content) + 4, 1)
    return found


def png_encoding(path: Path) -> tuple[Encoding, bool]:
    """How a PNG's samples stand for light, and whether that goes before its profile.

    Raises:
        UnreadTransferError: a transfer that is not read.
    """
    chunks = png_chunks(path)
    if b"cICP" in chunks:
        primaries, transfer, _, full = chunks[b"cICP"]
        return encoding_of_code_points(primaries, transfer, full=bool(full)), True
    if b"iCCP" in chunks or b"sRGB" in chunks or b"gAMA" not in chunks:
        return Encoding(), False
    (gamma,) = struct.unpack(">L", chunks[b"gAMA"])
    if not UNIT / 20 <= gamma <= UNIT * 20:  # nobody's
        return Encoding(), False
    xy = struct.unpack(">8L", chunks[b"cHRM"]) if b"cHRM" in chunks else None
    return encoding_of_gamma(gamma / UNIT, tuple(one / UNIT for one in xy) if xy else None), False
