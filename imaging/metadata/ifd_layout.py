"""The directories of EXIF and TIFF that describe a photo: laid out anew."""

import struct
from collections.abc import Callable

from imaging.metadata.ifd import BIG_ONLY, EXIF_IFD, GPS_IFD, INTEROP_IFD, LONG, Exif, Ifd, Value
from imaging.tiff import SMALLEST

MAKER_NOTE = 37500
MOST_PADDING = 4_000  # bytes left empty to keep a maker's note where it stood


def exif_block(exif: Exif) -> bytes:
    """A TIFF that holds nothing but directories."""
    head = {"<": b"II*\0", ">": b"MM\0*"}[exif.order] + struct.pack(f"{exif.order}L", SMALLEST)
    return head + lay_out(exif, SMALLEST)


def lay_out(exif: Exif, start: int) -> bytes:
    """Directories and their values, to stand at an offset of a classic TIFF.

    A maker's note may hold offsets of its own, from where it stood: it stands there
    again if it can.
    """
    ifds = {"main": dict(exif.main), "photo": dict(exif.photo), "gps": exif.gps,
            "interop": exif.interop}  # fmt: skip
    ifds = {
        name: {tag: value for tag, value in ifd.items() if value.kind not in BIG_ONLY}
        for name, ifd in ifds.items()
    }
    below = (
        ("interop", "photo", INTEROP_IFD),
        ("photo", "main", EXIF_IFD),
        ("gps", "main", GPS_IFD),
    )
    for name, parent, tag in below:
        if ifds[name]:
            ifds[parent][tag] = Value(LONG, bytes(4))
    places: dict[str, int] = {}
    end = start
    for name, ifd in ifds.items():
        if ifd:
            places[name], end = end, end + 2 + 12 * len(ifd) + 4
    for name, parent, tag in below:
        if name in places:
            ifds[parent][tag] = Value(LONG, struct.pack(f"{exif.order}L", places[name]))
    note = ifds["photo"].get(MAKER_NOTE)
    others = sum(len(value.raw) for ifd in ifds.values() for value in ifd.values())
    values = _Values(end, note, others - len(note.raw) if note else 0)
    directories = b"".join(_directory(exif.order, ifd, values.put) for ifd in ifds.values() if ifd)
    return directories + b"".join(values.parts)


def _directory(order: str, ifd: Ifd, put: Callable[[Value], int]) -> bytes:
    """One directory; values of more than 4 bytes are put elsewhere."""
    content = struct.pack(f"{order}H", len(ifd))
    for tag, value in sorted(ifd.items()):
        head = struct.pack(f"{order}HHL", tag, value.kind, value.count)
        is_small = len(value.raw) <= 4
        where = value.raw.ljust(4, b"\0") if is_small else struct.pack(f"{order}L", put(value))
        content += head + where
    return content + bytes(4)  # no directory follows


class _Values:
    """Where values go: around a maker's note that keeps its place, if that is free and near."""

    def __init__(self, start: int, note: Value | None, others: int) -> None:
        """Begin at an offset; `others` are the bytes of all values but the note."""
        self.end = start
        self.parts: list[bytes] = []
        self.note, self.note_at = note, 0
        at = note.at if note else 0
        is_near = start <= at <= start + others + MOST_PADDING
        self.waits = is_near and at % 2 == 0  # to be put where it stood

    def put(self, value: Value) -> int:
        """Place a value; its offset."""
        note = self.note
        if note and self.waits and (value is note or self.end + len(value.raw) >= note.at):
            self.waits = False
            if self.end <= note.at:
                self._append(bytes(note.at - self.end))
                self.note_at = self._append(note.raw)
        if value is note and self.note_at:
            return self.note_at
        return self._append(value.raw)

    def _append(self, raw: bytes) -> int:
        """At the end, on an even offset."""
        at = self.end
        self.parts.append(raw + b"\0" * (len(raw) % 2))
        self.end += len(self.parts[-1])
        return at
