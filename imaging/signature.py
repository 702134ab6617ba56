"""What the first and last bytes of a file say: whether it is a photo, and whether one of ours.

Nothing is parsed but the directories of a TIFF, and those under bounds: a folder's files are looked
at before any of them is opened as a photo.
"""

import os
import stat
import struct
from pathlib import Path
from typing import BinaryIO

HEAD = 64  # bytes that tell a format
NEAR, FAR = 4_096, 131_072  # bytes in which EXIF stands: of most files, and of all at either end
PLAIN = {  # first bytes -> the suffix of what they begin
    b"\xff\xd8\xff": ".jpg",
    b"\x89PNG\r\n\x1a\n": ".png",
    b"GIF87a": ".gif",
    b"GIF89a": ".gif",
    b"II*\0": ".tif",
    b"MM\0*": ".tif",
    b"II+\0": ".tif",
    b"MM\0+": ".tif",
}
BRANDS = {  # of ISO media files (ISO/IEC 23008-12, AV1 image format)
    b"avif": ".avif", b"avis": ".avif", b"heic": ".heic", b"heix": ".heic", b"heim": ".heic",
    b"heis": ".heic", b"hevc": ".heic", b"hevx": ".heic", b"mif1": ".heic", b"msf1": ".heic",
}  # fmt: skip


def suffix_by_content(path: Path) -> str | None:
    """What a photo's first bytes say that it is; None if they are those of no photo."""
    try:
        with _open(path) as file:
            return _suffix_of(file.read(HEAD))
    except OSError:
        return None


def is_ours(path: Path) -> bool | None:
    """Whether a file says, in EXIF's Software, that this program predicted its colours.

    Returns:
        None if it cannot be read, or is no photo.
    """
    try:
        with _open(path) as file:
            head = file.read(NEAR)
            suffix = _suffix_of(head)
            if suffix is None:
                return None
            return _has_note(file, head, suffix)
    except OSError:
        return None


def _has_note(file: BinaryIO, head: bytes, suffix: str) -> bool:
    from imaging.metadata.exif import NOTE

    note = NOTE.encode()
    if suffix == ".tif":
        return _tiff_has_note(file)
    if note in head + file.read(FAR - NEAR):
        return True
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - FAR))  # WebP has its EXIF last
    return note in file.read(FAR)


def _tiff_has_note(file: BinaryIO) -> bool:
    """Where its directories lie is up to a TIFF."""
    from imaging.metadata.blocks import DAMAGE
    from imaging.metadata.exif import NOTE
    from imaging.metadata.ifd import read_exif
    from imaging.metadata.tiff import SOFTWARE

    try:
        software = read_exif(file, wanted={SOFTWARE}).main[SOFTWARE].raw
    except DAMAGE:
        return False
    return NOTE.encode() in software


def _suffix_of(head: bytes) -> str | None:
    for begin, suffix in PLAIN.items():
        if head.startswith(begin):
            return suffix
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ".webp"
    if head[4:8] == b"ftyp":
        (size,) = struct.unpack(">I", head[:4])
        brands = [head[8:12], *(head[i : i + 4] for i in range(16, min(size, HEAD), 4))]
        return next((BRANDS[brand] for brand in brands if brand in BRANDS), None)
    return None


def _open(path: Path) -> BinaryIO:
    """A regular file; a pipe or a device is neither waited for nor read."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("not a regular file")
    return os.fdopen(descriptor, "rb")
