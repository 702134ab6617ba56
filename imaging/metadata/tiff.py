"""The tags of a TIFF that describe its photo."""

import struct
from fractions import Fraction
from typing import BinaryIO

from imaging.metadata import resolution
from imaging.metadata.blocks import Blocks
from imaging.metadata.ifd import BYTE, EXIF_IFD, GPS_IFD, UNDEFINED, Exif, Value, read_exif
from imaging.metadata.ifd_layout import lay_out

ORIENTATION, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT, SOFTWARE = 274, 282, 283, 296, 305
XMP, IPTC, RESOURCES = 700, 33723, 34377
# The tags of a TIFF that describe the photo and not how its pixels are stored (EXIF 2.32, 4.6.4):
# document, description, make, model, page, software, time, artist, host, XP titles, rating,
# copyright, EXIF and GPS
DESCRIPTIVE = {
    269, 270, 271, 272, 285, SOFTWARE, 306, 315, 316, 18246, 18249, 33432, EXIF_IFD, GPS_IFD,
    40091, 40092, 40093, 40094, 40095,
}  # fmt: skip
READ = {*DESCRIPTIVE, ORIENTATION, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT, XMP, IPTC,
        RESOURCES}  # fmt: skip
RECORD = b"\x1c"  # what each of IPTC's begins with


def read(file: BinaryIO, page: int) -> Blocks:
    """What a page says of itself; the rest of the file is not read."""
    exif = read_exif(file, page=page, wanted=READ)
    found = Blocks(exif=exif, resolution=of_exif(exif))
    blocks = {tag: exif.main.pop(tag).raw for tag in (XMP, RESOURCES) if tag in exif.main}
    found.xmp, found.resources = blocks.get(XMP, b""), blocks.get(RESOURCES, b"")
    if IPTC in exif.main:
        found.iptc = _records(exif.main.pop(IPTC))
    return found


def of_exif(exif: Exif) -> resolution.Resolution | None:
    """What the tags of TIFF and EXIF say of the resolution."""
    values = []
    for tag in (X_RESOLUTION, Y_RESOLUTION):
        value = exif.main.get(tag)
        if value is None or value.count != 1:
            return None
        if value.kind == 5:
            above, below = struct.unpack(f"{exif.order}LL", value.raw)
            values.append(Fraction(above, below) if below else 0.0)
        else:
            values.append((*exif.numbers(value), 0.0)[0])
    unit = exif.number(exif.main, RESOLUTION_UNIT, resolution.INCH)
    return resolution.resolution(values[0], values[1], unit)


def resolution_values(exif: Exif, found: resolution.Resolution) -> dict[int, Value]:
    """The three tags of a resolution."""
    values = {
        tag: Value(5, struct.pack(f"{exif.order}LL", one.numerator, one.denominator))
        for tag, one in ((X_RESOLUTION, found.x), (Y_RESOLUTION, found.y))
    }
    return {**values, RESOLUTION_UNIT: exif.shorts(found.unit)}


def add(file: BinaryIO, blocks: Blocks, exif: Exif) -> None:
    """Give a TIFF of one page, as libvips writes it, a new directory at its end.

    Args:
        file: the TIFF, below 4 GB.
        blocks: what it is to say, XMP, IPTC, resources and resolution.
        exif: the rest.

    Raises:
        ValueError: it would be too large.
    """
    file.seek(0)
    order = {b"II": "<", b"MM": ">"}[file.read(2)]
    told = exif.in_order(order)
    ours = {tag: value for tag, value in told.main.items() if tag in DESCRIPTIVE}
    for tag, kind, block in (
        (XMP, BYTE, blocks.xmp), (IPTC, UNDEFINED, blocks.iptc),
        (RESOURCES, UNDEFINED, blocks.resources),
    ):  # fmt: skip
        if block:
            ours[tag] = Value(kind, block)
    flat = blocks.resolution or resolution.Resolution(Fraction(1), Fraction(1), resolution.RATIO)
    own = read_exif(file).main
    told.main = {**own, **ours, **resolution_values(told, flat)}
    start = file.seek(0, 2)
    start += file.write(b"\0" * (start % 2))
    content = lay_out(told, start)
    if start + len(content) >= 2**32:
        raise ValueError("a TIFF of more than 4 GB")
    file.write(content)
    file.seek(4)
    file.write(struct.pack(f"{order}L", start))


def _records(value: Value) -> bytes:
    """IPTC's bytes; as numbers of 4 bytes they may have been swapped."""
    if not value.raw.startswith(RECORD) and value.swapped().raw.startswith(RECORD):
        return value.swapped().raw
    return value.raw
