"""TIFFs that libvips reads wrongly or not at all: odd bits, gray and alpha in planes, CIELAB.

Such a picture is decoded as a whole; `imaging/whole.py` bounds it.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray

from imaging.lab_bands import join_bands
from imaging.tiff_photo.blocks import require_blocks, rows_of_blocks
from imaging.tiff_photo.layout import (
    CIELAB,
    CMYK,
    ICCLAB,
    ITULAB,
    LABS,
    RGB,
    WHITE_IS_ZERO,
    Layout,
    Tag,
    layout_of,
)
from imaging.tiff_photo.pages import Directory, NoTiffError, photo_directories
from imaging.tiff_photo.small import Value, small_tiff

# what libvips reads of a TIFF beside its pixels: description, orientation, resolution, XMP, IPTC,
# Photoshop's resources, profile
CARRIED = (270, 274, 282, 283, 296, 700, 33723, 34377, 34675)
ASSOCIATED = 1  # alpha by which colours are multiplied
FULL = {8: 255, 16: 65535}


def header_of(layout: Layout) -> pyvips.Image:
    """A pixel of gray that says what the page says beside its pixels."""
    directory = layout.directory
    extra: dict[int, Value] = {}
    for tag in CARRIED:
        content = directory.raw(tag)
        if content:
            kind, count, _ = directory.entries[tag]
            extra[tag] = kind, count, content
    small = small_tiff(width=1, rows=1, blocks=[b"\0"], rows_per_block=1, compression=1,
                       order=directory.order, extra=extra)  # fmt: skip
    return pyvips.Image.tiffload_buffer(small)


def read_samples(path: Path, place: tuple[int, int], *, tolerates: bool) -> pyvips.Image:
    """A page's picture, as it is stored: gray, RGB, CMYK of 8 or 16 bits, alpha last.

    CIELAB becomes sRGB of the same lightness; colours that sRGB does not have lose chroma.

    Args:
        path: of the file.
        place: the page's `number` and `below`.
        tolerates: whether what is damaged is left black.

    Raises:
        BlockError: it is damaged.
    """
    with path.open("rb") as file:
        layout = layout_of(directory_at(photo_directories(file), place), path)
        samples = _samples(layout, tolerates=tolerates)
        header = header_of(layout)
        is_associated = layout.directory.number_of(Tag.EXTRA, 0) == ASSOCIATED
    deep = samples.dtype == np.uint16
    if layout.photometric in LABS:
        image = _from_lab(samples, layout)
    else:
        if layout.photometric == WHITE_IS_ZERO:
            np.subtract(FULL[16 if deep else 8], samples[..., 0], out=samples[..., 0])
        kind = {RGB: ("srgb", "rgb16"), CMYK: ("cmyk", "cmyk")}
        interpretation = kind.get(layout.photometric, ("b-w", "grey16"))[deep]
        image = pyvips.Image.new_from_array(samples, interpretation=interpretation)
        if image.hasalpha() and is_associated:
            image = image.unpremultiply(max_alpha=FULL[16 if deep else 8]).cast(image.format)
            image = image.copy(interpretation=interpretation)
    return _told(image, header, with_profile=layout.photometric not in LABS)


def require_whole(path: Path, place: tuple[int, int]) -> None:
    """Check the blocks of a page for what libtiff passes over.

    Raises:
        BlockError: one is damaged.
    """
    with path.open("rb") as file:
        require_blocks(layout_of(directory_at(photo_directories(file), place), path))


def directory_at(directories: list[Directory], place: tuple[int, int]) -> Directory:
    """The directory of a page by its `number` and `below`."""
    for one in directories:
        if (one.number, one.below) == place:
            return one
    raise NoTiffError("a page is not there any more")


def _told(image: pyvips.Image, header: pyvips.Image, *, with_profile: bool) -> pyvips.Image:
    """An image with the fields of another."""
    image = image.copy(xres=header.xres, yres=header.yres)
    own = set(image.get_fields())
    for name in header.get_fields():
        if name not in own and (with_profile or name != "icc-profile-data"):
            kind: Any = header.get_typeof(name)
            image.set_type(kind, name, header.get(name))
    return image


def _samples(layout: Layout, *, tolerates: bool) -> NDArray[Any]:
    """(height, width, samples) uint8, or uint16 if deeper than 8 bits, from 0 to their maximum."""
    kind = np.uint8 if layout.bits <= 8 else np.uint16
    picture = np.zeros((layout.height, layout.width, layout.samples), kind)
    each = 1 if layout.is_planar else layout.samples
    for plane in range(layout.samples if layout.is_planar else 1):
        target = picture[..., plane : plane + 1] if layout.is_planar else picture
        for left, top, rows in rows_of_blocks(layout, plane, tolerates=tolerates):
            values = _scaled(_unpacked(rows, layout), layout).reshape(len(rows), -1, each)
            place = target[top : top + len(rows), left : left + layout.block[0]]
            place[...] = values[: place.shape[0], : place.shape[1]]
    return picture


def _unpacked(rows: NDArray[np.uint8], layout: Layout) -> NDArray[Any]:
    """(rows, bytes) -> (rows, samples): uint8 if of 8 bits or fewer, else uint16.

    Samples follow each other bit by bit, the highest first, whatever the order of bytes; those of
    whole bytes obey it. Of more than 16 bits the highest 16 are taken.
    """
    bits, order = layout.bits, layout.directory.order
    n = layout.block[0] * (1 if layout.is_planar else layout.samples)
    if bits == 8:
        return rows
    if bits % 8 == 0:
        size = bits // 8
        parts = rows.reshape(len(rows), n, size)
        high, low = (
            (parts[..., 0], parts[..., 1]) if order == ">" else (parts[..., -1], parts[..., -2])
        )
        return high.astype(np.uint16) << 8 | low
    single = np.unpackbits(rows, axis=1)[:, : n * bits].reshape(-1, bits)[:, :16]
    packed = np.packbits(single, axis=1)  # padded with zeros behind
    kept = min(bits, 16)
    if kept <= 8:
        return (packed[:, 0] >> (8 - kept)).reshape(len(rows), n)
    wide = packed[:, 0].astype(np.uint16) << 8 | packed[:, 1]
    return (wide >> (16 - kept)).reshape(len(rows), n)


def _scaled(values: NDArray[Any], layout: Layout) -> NDArray[Any]:
    """Samples of fewer than 8 or 16 bits stretched to all of them."""
    bits = min(layout.bits, 16)
    full = FULL[8 if bits <= 8 else 16]
    if bits in FULL:
        return values
    table = np.rint(np.arange(1 << bits) * (full / ((1 << bits) - 1))).astype(values.dtype)
    return table[values]


def _from_lab(samples: NDArray[Any], layout: Layout) -> pyvips.Image:
    """CIELAB as TIFF 6, the ICC or ITU-T T.42 encode it -> gray or sRGB of its lightness."""
    deep = samples.dtype == np.uint16
    bands = pyvips.Image.new_from_array(samples).bandsplit()
    white = 65280.0 if deep and layout.photometric == ICCLAB else float(FULL[16 if deep else 8])
    lightness = (bands[0] * (100 / white)).cast("float")
    unit = 256.0 if deep else 1.0
    flat = lightness * 0
    a, b = flat, flat
    if layout.n_colours == 3:
        a, b = (_opponent(band, layout.photometric, unit, i) for i, band in enumerate(bands[1:3]))
    image = join_bands(lightness, a, b, deep=deep)
    if layout.n_colours == 1:
        image = image[1].copy(interpretation="grey16" if deep else "b-w")
    if layout.samples > layout.n_colours:
        image = image.bandjoin(bands[layout.n_colours])
    return image


def _opponent(band: pyvips.Image, photometric: int, unit: float, index: int) -> pyvips.Image:
    """A stored a or b -> a* or b*."""
    if photometric == CIELAB:  # two's complement
        kind = "short" if band.format == "ushort" else "char"
        return band.copy(format=kind).cast("float") / unit
    if photometric == ITULAB:
        zero, span = ((128, 170), (96, 200))[index]
        return (band / unit - zero) * (span / 255)
    return band / unit - 128
