"""How a TIFF stores the samples of one picture, and who can read them: libvips, we, or nobody."""

from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path

import pyvips

from basics.errors import DataError
from imaging.tiff_photo.pages import Directory
from imaging.tiff_photo.small import small_tiff


class Tag(IntEnum):
    """Tags of TIFF 6 that say how pixels are stored."""

    WIDTH = 256
    HEIGHT = 257
    BITS = 258
    COMPRESSION = 259
    PHOTOMETRIC = 262
    FILL_ORDER = 266
    STRIP_OFFSETS = 273
    ORIENTATION = 274
    SAMPLES = 277
    ROWS_PER_STRIP = 278
    STRIP_COUNTS = 279
    PLANAR = 284
    PREDICTOR = 317
    TILE_WIDTH = 322
    TILE_HEIGHT = 323
    TILE_OFFSETS = 324
    TILE_COUNTS = 325
    EXTRA = 338
    FORMAT = 339
    TABLES = 347


WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR = 0, 1, 2, 3, 5, 6
CIELAB, ICCLAB, ITULAB = 8, 9, 10
LABS = {CIELAB, ICCLAB, ITULAB}
COLOURS = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, PALETTE: 1, CMYK: 4, YCBCR: 3,
           CIELAB: 3, ICCLAB: 3, ITULAB: 3}  # fmt: skip
UNSIGNED, SIGNED, FLOAT, UNDEFINED = 1, 2, 3, 4  # SampleFormat
MOST_CODEC = 0xFFFF  # TIFF 6: a scheme is a SHORT, though an entry may hold more
FORMATS = {SIGNED: "signed", FLOAT: "floating point", 5: "complex", 6: "complex"}
MOST_BITS = 64
FLOAT_BITS = 32  # of CIELAB
NONE, FAX = 1, {2, 3, 4}
USUAL = {NONE, *FAX, 5, 7, 8, 32773, 32946}  # in every libtiff
JPEG = 7
HORIZONTAL = 2  # the predictor that stores differences
RAW = {32803: "a camera's raw file", 34892: "a camera's raw file"}  # CFA, LinearRaw of DNG
# what a refusal calls them (libtiff 4.7, tiff.h)
CODECS = {
    2: "CCITT RLE", 3: "CCITT group 3", 4: "CCITT group 4", 5: "LZW", 6: "old-style JPEG",
    7: "JPEG", 8: "deflate", 9: "JBIG", 10: "JBIG", 32766: "NeXT", 32773: "PackBits",
    32809: "ThunderScan", 32908: "PixarFilm", 32909: "PixarLog", 32946: "deflate", 34661: "JBIG",
    34676: "SGILog", 34677: "SGILog24", 34712: "JPEG 2000", 34887: "LERC", 34892: "lossy JPEG",
    34925: "LZMA", 50000: "Zstandard", 50001: "WebP", 50002: "JPEG XL", 33003: "JPEG 2000",
    33005: "JPEG 2000", 52546: "JPEG XL",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a picture's samples are stored; names as in TIFF 6.

    Attributes:
        width, height: px.
        bits: per sample, each of them alike.
        samples: per pixel.
        is_planar: whether plane follows plane.
        block: width and height in px of a tile, or of a strip.
        is_tiled: whether its blocks are tiles.
    """

    directory: Directory
    width: int
    height: int
    bits: int
    samples: int
    compression: int
    photometric: int
    predictor: int
    fill_order: int
    format: int
    is_planar: bool
    is_tiled: bool
    block: tuple[int, int]

    @property
    def n_colours(self) -> int:
        """Samples of colour; what comes after them is alpha."""
        if self.photometric in LABS and self.samples < 3:
            return 1
        return COLOURS[self.photometric]

    @property
    def grid(self) -> tuple[int, int]:
        """How many strips or tiles of a plane lie side by side, and one below the other."""
        width, height = (max(1, side) for side in self.block)
        return -(-self.width // width) if self.is_tiled else 1, -(-self.height // height)

    @property
    def row_bytes(self) -> int:
        """Of a row of a strip or tile, decoded."""
        samples = 1 if self.is_planar else self.samples
        return -(-self.block[0] * samples * self.bits // 8)

    @property
    def held_bytes(self) -> int:
        """Of strips or tiles that are decoded at once; strips without compression are not."""
        several = self.is_planar and self.samples > 1
        if self.compression == NONE and not (self.is_tiled or several or self.is_ours):
            return 0
        return self.row_bytes * self.block[1] * (self.samples if several else 1)

    @property
    def is_ours(self) -> bool:
        """Whether libvips cannot read it rightly, so that `samples.py` has to."""
        if self.format == FLOAT:  # CIELAB, as libvips writes it itself
            return False
        if self.photometric in (PALETTE, YCBCR):
            return self.bits not in (1, 2, 4, 8)
        odd = self.bits not in (8, 16) and not (self.bits in (1, 2, 4) and self.samples == 1)
        mixed = self.is_planar and self.samples > 1 and (self.n_colours == 1 or self.is_tiled)
        turned = self.photometric == WHITE_IS_ZERO and self.samples > 1
        return odd or mixed or turned or self.photometric in LABS


def layout_of(directory: Directory, path: Path) -> Layout:
    """How a directory's picture is stored.

    Raises:
        DataError: it is of a kind that is not read; which kind is named.
    """
    number = directory.number_of
    photometric = number(Tag.PHOTOMETRIC, BLACK_IS_ZERO)
    compression = number(Tag.COMPRESSION, NONE)
    if photometric in RAW:
        raise _unread(RAW[photometric], path, "develop it: save it as JPEG, PNG or TIFF")
    if not is_there(compression):
        name = CODECS.get(compression, f"scheme {compression}")
        raise _unread(f"a TIFF compressed by {name}", path, "save it with deflate (ZIP) or LZW")
    if photometric not in COLOURS:
        what = f"a TIFF of photometric interpretation {photometric}"
        raise _unread(what, path, "save it as gray or RGB")
    samples = number(Tag.SAMPLES, 1)
    bits = directory.numbers(Tag.BITS) or [1]
    formats = directory.numbers(Tag.FORMAT) or [UNSIGNED]
    _require_samples(bits, formats, path, is_lab=photometric in LABS)
    is_tiled = Tag.TILE_OFFSETS in directory.entries
    width, height = number(Tag.WIDTH, 0), number(Tag.HEIGHT, 0)
    block = width, min(number(Tag.ROWS_PER_STRIP, height), height)
    if is_tiled:
        block = number(Tag.TILE_WIDTH, 0), number(Tag.TILE_HEIGHT, 0)
    layout = Layout(
        directory=directory, width=width, height=height, bits=bits[0], samples=samples,
        compression=compression, photometric=photometric, predictor=number(Tag.PREDICTOR, 1),
        fill_order=number(Tag.FILL_ORDER, 1), format=formats[0],
        is_planar=number(Tag.PLANAR, 1) == 2, is_tiled=is_tiled, block=block,
    )  # fmt: skip
    _require_channels(layout, path)
    if not layout.is_ours:
        return layout
    if min(width, height, samples, *block) < 1:
        what = "not a photo that can be read: its TIFF directory is damaged"
        raise DataError(what, path, "copy or download it again")
    _require_ours(layout, path)
    return layout


def _require_samples(bits: list[int], formats: list[int], path: Path, *, is_lab: bool) -> None:
    """Raise `DataError` for samples of unknown meaning."""
    fix = "save it with 8 or 16 bits per sample"
    if len(set(bits)) > 1 or not 1 <= bits[0] <= MOST_BITS:
        what = f"its samples have {', '.join(map(str, bits[:8]))} bits"
        raise DataError(f"{what}, which is not read", path, fix)
    if len(set(formats)) == 1 and is_lab and formats[0] == FLOAT and bits[0] == FLOAT_BITS:
        return
    signed_lab = is_lab and set(formats) <= {UNSIGNED, SIGNED, UNDEFINED}
    if len(set(formats)) > 1 and not signed_lab:
        raise DataError("its samples are of several kinds, which is not read", path, fix)
    if formats[0] in FORMATS and not signed_lab:
        what = f"its samples are {FORMATS[formats[0]]} numbers of {bits[0]} bits"
        raise DataError(f"{what}, which are not read", path, fix)


def _require_channels(layout: Layout, path: Path) -> None:
    """Raise `DataError` for fewer samples than colours, or more than one of alpha.

    Also for more bits than a codec has.
    """
    if not 0 <= layout.samples - layout.n_colours <= 1:
        what = f"not a photo: a TIFF with {layout.samples} channels"
        raise DataError(f"{what}, {layout.n_colours} of colour", path, "save it as gray or RGB")
    if layout.compression in FAX and (layout.bits, layout.samples) != (1, 1):
        what = f"a TIFF compressed by {CODECS[layout.compression]}, {layout.samples} samples"
        raise _unread(f"{what} of {layout.bits} bits", path, "save it with deflate (ZIP) or LZW")


def _require_ours(layout: Layout, path: Path) -> None:
    """Raise `DataError` for what neither libvips nor we read."""
    if layout.photometric in (PALETTE, YCBCR):
        name = {PALETTE: "a palette", YCBCR: "YCbCr"}[layout.photometric]
        what = f"a TIFF with {name}, {layout.samples} samples of {layout.bits} bits"
        raise _unread(what, path, "save it as gray or RGB of 8 bits")
    jpeg_planes = layout.is_planar or layout.samples == 1
    if layout.compression == JPEG and (layout.bits != 8 or not jpeg_planes):
        what = f"a TIFF compressed by JPEG, {layout.samples} samples of {layout.bits} bits"
        raise _unread(what, path, "save it with deflate (ZIP) or LZW")
    differing = layout.predictor == HORIZONTAL and layout.bits not in (8, 16, 32, 64)
    if differing or layout.predictor not in (1, HORIZONTAL):
        what = f"a TIFF with predictor {layout.predictor} and {layout.bits} bits"
        raise _unread(what, path, "save it without a predictor")
    if layout.photometric in LABS and layout.bits not in (8, 16):
        what = f"a TIFF in CIELAB of {layout.bits} bits"
        raise _unread(what, path, "save it with 8 or 16 bits per sample")


@cache
def is_there(compression: int) -> bool:
    """Whether libvips' libtiff has a codec; asked by a small file, which is damaged otherwise."""
    if compression in USUAL:
        return True
    if compression > MOST_CODEC:
        return False
    sample = small_tiff(width=1, rows=1, blocks=[b"\0"], rows_per_block=1, compression=compression)
    try:
        pyvips.Image.tiffload_buffer(sample, fail_on="error").avg()
    except pyvips.Error as error:
        said = str(error.detail)
        return "not configured" not in said and "not implemented" not in said
    return True


def _unread(what: str, path: Path, fix: str) -> DataError:
    return DataError(f"{what}, which is not read", path, fix)
