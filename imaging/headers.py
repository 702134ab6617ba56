"""A photo's header: what it is, who decodes it, and what its samples mean."""

from dataclasses import dataclass
from pathlib import Path

import pyvips

from basics.errors import DataError
from imaging.heic import is_heic
from imaging.heif_boxes import heif_encoding, is_boxed, require_sane
from imaging.loading import KINDS, first_line, is_photo_loader, load, loader_of
from imaging.png_chunks import png_encoding
from imaging.tiff_photo.layout import layout_of
from imaging.tiff_photo.pages import NoTiffError, is_tiff, photo_directories
from imaging.tiff_photo.samples import header_of
from imaging.transfer import SRGB, Encoding, UnreadTransferError

INTERPRETATIONS = {"b-w", "grey16", "srgb", "rgb16", "cmyk", "lab"}  # the last one in TIFF alone
COLOURS = {"b-w": 1, "grey16": 1, "cmyk": 4}  # channels of colour, by libvips' name; else 3


@dataclass(frozen=True, kw_only=True)
class Header:
    """What a photo's file says before anything of it is decoded.

    Attributes:
        width, height: px, as stored.
        depth: bits per channel, 8 or 16.
        n_bands: channels, as stored.
        has_alpha: whether some of it is transparent.
        orientation: EXIF's, 1 (upright) to 8.
        loader: its format, as libvips calls what reads it, such as "jpegload".
        decoder: who decodes it: "libvips", "libheif" or "samples" (imaging/tiff_photo/samples.py).
        place: of a TIFF's page: the directory's number and its place below that, -1 for itself.
        n_pages: how many the file has, or frames.
        is_tiled: whether it is a TIFF in tiles, in which libvips passes damage over.
        block_bytes: of a TIFF's strips or tiles that are decoded at once.
        is_enclosed: whether libvips would read it otherwise if it were not told by which loader.
        is_interlaced: whether its rows come in several passes.
        encoding: how its samples stand for light.
        ignores_profile: whether that goes before its profile.
    """

    width: int
    height: int
    depth: int
    n_bands: int
    has_alpha: bool
    orientation: int
    loader: str
    decoder: str = "libvips"
    place: tuple[int, int] = (0, -1)
    n_pages: int = 1
    is_tiled: bool = False
    block_bytes: int = 0
    is_enclosed: bool = False
    is_interlaced: bool = False
    encoding: Encoding = SRGB
    ignores_profile: bool = False


def read_header(path: Path, page: int) -> Header:
    """Read the header of one page, from 0, of a photo.

    Raises:
        DataError: it is no photo, or of a kind that is not read.
    """
    try:
        if is_tiff(path):
            return _tiff_header(path, page)
        image, loader, is_enclosed = _opened(path)
        _require_photo(image, loader, path)
        encoding, first = SRGB, False
        if loader == "pngload":
            encoding, first = png_encoding(path)
        elif loader == "heifload":
            encoding = heif_encoding(path)
    except UnreadTransferError as error:
        what = f"its samples are encoded by {error}, which is not read"
        raise DataError(what, path, "save it as sRGB (in standard dynamic range)") from error
    except pyvips.Error as error:
        raise DataError("not a photo that can be read", path, KINDS) from error
    return Header(
        width=image.width, height=image.height, depth=16 if image.format == "ushort" else 8,
        n_bands=image.bands, has_alpha=bool(image.hasalpha()), orientation=orientation(image),
        loader=loader, decoder="libheif" if is_heic(image) else "libvips",
        n_pages=int(str(image.get("n-pages"))) if image.get_typeof("n-pages") else 1,
        is_interlaced=_is_interlaced(image), encoding=encoding,
        ignores_profile=first, is_enclosed=is_enclosed,
    )  # fmt: skip


def orientation(image: pyvips.Image) -> int:
    """EXIF's orientation, 1 (upright) to 8."""
    return int(str(image.get("orientation"))) if image.get_typeof("orientation") else 1


def _is_interlaced(image: pyvips.Image) -> bool:
    """Whether rows come in several passes: progressive JPEG, interlaced PNG."""
    fields = ("jpeg-multiscan", "interlaced")
    return any(image.get_typeof(one) and int(str(image.get(one))) for one in fields)


def _opened(path: Path) -> tuple[pyvips.Image, str, bool]:
    """What libvips reads of a header, by which loader, and whether it has to be told which.

    Raises:
        pyvips.Error: nothing.
    """
    boxed = is_boxed(path)
    if boxed:
        require_sane(path)
    try:
        image = load(path, "", access="sequential")
    except pyvips.Error:
        if not boxed:
            raise
        return load(path, "heifload", access="sequential"), "heifload", True  # a sequence
    loader = loader_of(image)
    if loader == "uhdrload":  # a JPEG with a gain map: coloured as the JPEG that it is
        return load(path, "jpegload", access="sequential"), "jpegload", True
    return image, loader, False


def _tiff_header(path: Path, page: int) -> Header:
    """The header of a page of a TIFF: reduced pictures and masks are no pages."""
    try:
        with path.open("rb") as file:
            directories = photo_directories(file)
            directory = directories[page]
            layout = layout_of(directory, path)
            image = header_of(layout) if layout.is_ours else None
    except (NoTiffError, IndexError) as error:
        raise DataError("not a photo that can be read", path, KINDS) from error
    place = directory.number, directory.below
    if image is not None:
        return Header(
            width=layout.width, height=layout.height, depth=16 if layout.bits > 8 else 8,
            n_bands=layout.samples, has_alpha=layout.samples > layout.n_colours,
            orientation=orientation(image), loader="tiffload", decoder="samples", place=place,
            n_pages=len(directories), block_bytes=layout.held_bytes,
        )  # fmt: skip
    try:
        image = load(path, "tiffload", access="sequential", **page_options(place))
    except pyvips.Error as error:
        what = f"not a photo that can be read: {first_line(error)}"
        raise DataError(what, path, KINDS) from error
    _require_photo(image, "tiffload", path)
    is_lab = image.interpretation == "lab"
    return Header(
        width=image.width, height=image.height,
        depth=16 if image.format == "ushort" or is_lab else 8,
        n_bands=image.bands, has_alpha=bool(image.hasalpha()), orientation=orientation(image),
        loader="tiffload", place=place, n_pages=len(directories), is_tiled=layout.is_tiled,
        block_bytes=layout.held_bytes, is_enclosed=is_lab,
    )  # fmt: skip


def page_options(place: tuple[int, int]) -> dict[str, int]:
    """What libvips is told to read a page of a TIFF."""
    number, below = place
    paged = {"page": number} if number else {}
    return {**paged, "subifd": below} if below >= 0 else paged


def _require_photo(image: pyvips.Image, loader: str, path: Path) -> None:
    """Raise `DataError` for drawings, tables, floating point samples and surplus channels."""
    n_colours = COLOURS.get(str(image.interpretation), 3)
    known = str(image.interpretation) in INTERPRETATIONS
    if not is_photo_loader(loader) or not 0 <= image.bands - n_colours <= 1 or not known:
        what = f"not a photo: read by {loader}, {image.bands} channels"
        raise DataError(what, path, KINDS)
    if image.format not in ("uchar", "ushort") and image.interpretation != "lab":
        what = f"its samples are neither 8 nor 16 bits: {image.format}"
        raise DataError(what, path, "save it with 16 bits")
