"""Open any photo safely, and read it at full size.

Full-size pixels stay in libvips, which streams them; `imaging/network_input.py` has what the
networks see.
"""

import logging
import os
import stat
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyvips

from basics.errors import DamagedError, DataError, Setting, TooLargeError
from imaging.formats import LOADERS, MAX_PIXELS
from imaging.heic import is_heic, read_heic

COLOURS = {"b-w": 1, "grey16": 1, "cmyk": 4}  # channels of colour, by libvips' name; else 3


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A photo that can be read, as often as needed.

    Attributes:
        path: the file.
        width, height: px, once turned as EXIF says.
        depth: bits per channel, 8 or 16.
        has_alpha: whether some of it is transparent.
        is_turned: whether EXIF says that the camera was; then it cannot be streamed.
        loader: what libvips reads it with, such as "jpegload".
        page: which page of the file it is, from 0.
        n_pages: how many the file has, or frames.
        tolerates: whether damage is coloured as it comes, instead of refused.
    """

    path: Path
    width: int
    height: int
    depth: int
    has_alpha: bool
    is_turned: bool
    loader: str = ""
    page: int = 0
    n_pages: int = 1
    tolerates: bool = False

    @property
    def is_paged(self) -> bool:
        """Whether it is a page of a scan of several; frames of a film are no pages."""
        return self.n_pages > 1 and self.loader == "tiffload"

    @property
    def options(self) -> dict[str, Any]:
        """What libvips is told to read it with."""
        paged = {"page": self.page} if self.page else {}
        return {"fail_on": "none" if self.tolerates else "error", **paged}


def open_photo(
    path: Path, *, max_pixels: int = MAX_PIXELS, page: int = 0, tolerates: bool = False
) -> Photo:
    """Read a photo's header and check that it is a photo.

    Args:
        path: of the file.
        max_pixels: more are refused, before anything is decoded.
        page: which one of a file of several, from 0.
        tolerates: whether a damaged photo is read as far as it goes.

    Raises:
        DataError: it is missing, empty, no photo, too large, or of a kind that is not read.
    """
    _require_file(path)
    allow_safe_loaders_only()
    try:
        options = {"page": page} if page else {}
        image = pyvips.Image.new_from_source(source(path), "", access="sequential", **options)
    except pyvips.Error as error:
        raise DataError(
            "not a photo that can be read", path, "give a JPEG, PNG, WebP, TIFF, GIF, AVIF or HEIC"
        ) from error
    _require_photo(image, path)
    if image.width * image.height > max_pixels:
        what = f"{image.width} x {image.height} px are more than {max_pixels:,}"
        raise TooLargeError(what, path, "shrink it, or allow more", Setting("max_pixels"))
    turned = orientation(image)
    swaps = turned >= 5  # EXIF 5 to 8: a quarter turn
    return Photo(
        path=path,
        width=image.height if swaps else image.width,
        height=image.width if swaps else image.height,
        depth=16 if image.format == "ushort" else 8,
        has_alpha=bool(image.hasalpha()),
        is_turned=turned > 1,
        loader=_loader(image),
        page=page,
        n_pages=int(str(image.get("n-pages"))) if image.get_typeof("n-pages") else 1,
        tolerates=tolerates,
    )


def read_full(photo: Photo) -> pyvips.Image:
    """The photo at full size, turned, as gray or sRGB of its own depth, with alpha if it has one.

    Nothing is decoded before the result is written or copied; damage is found then. A photo that is
    not turned is streamed: it can be read once, from top to bottom.

    Raises:
        DataError: the photo cannot be read.
    """
    access = "random" if photo.is_turned else "sequential"
    with reading(photo):
        image = pyvips.Image.new_from_source(source(photo.path), "", access=access, **photo.options)
        if is_heic(image):
            image = read_heic(photo.path, image)
        return to_srgb(image.autorot())


@cache
def allow_safe_loaders_only() -> None:
    """Block the libvips loaders that are unsafe for untrusted files; once per process.

    libvips then keeps no images of finished operations either: no photo is read twice alike.
    """
    pyvips.block_untrusted_set(True)
    pyvips.cache_set_max(0)
    logging.getLogger("pyvips").setLevel(logging.ERROR)


def set_threads(number: int) -> None:
    """How many threads libvips takes for one photo, in the whole process; 0 is all processors."""
    from pyvips import vips_lib

    vips_lib.vips_concurrency_set(number)


def source(path: Path) -> pyvips.Source:
    """A file for libvips, whose own names must be UTF-8 and may end in `[...]`, its options."""
    try:
        with path.open("rb") as file:
            return pyvips.Source.new_from_descriptor(file.fileno())  # which is duplicated
    except OSError as error:
        raise DataError(f"cannot open the photo: {error.strerror}", path, "check it") from error


class reading:
    """Turns a libvips failure within the block into a `DataError` about the photo."""

    def __init__(self, photo: Photo) -> None:
        """Blame `photo`."""
        self.photo = photo

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: type | None, error: BaseException | None, trace: Any) -> None:
        """Translate `pyvips.Error`; let all else pass."""
        if isinstance(error, pyvips.Error):
            raise damaged(
                first_line(error), self.photo.path, tolerated=self.photo.tolerates
            ) from error


def damaged(how: str, path: Path, *, tolerated: bool = False) -> DamagedError:
    """The error of a photo that cannot be decoded; whether that was to be tolerated."""
    what = f"the photo is damaged: {how}"
    if tolerated:
        return DamagedError(what, path, "copy or download it again")
    fix = "copy or download it again, or colour what is left of it"
    return DamagedError(what, path, fix, Setting("tolerate", True))


def first_line(error: pyvips.Error) -> str:
    """What libvips says went wrong, without what followed from it."""
    lines = [line.strip() for line in str(error.detail).splitlines()]  # of all threads alike
    return next((line for line in lines if line), "it cannot be decoded")


def orientation(image: pyvips.Image) -> int:
    """EXIF's orientation, 1 (upright) to 8."""
    return int(str(image.get("orientation"))) if image.get_typeof("orientation") else 1


def _loader(image: pyvips.Image) -> str:
    """What libvips reads it with, such as "jpegload"."""
    return str(image.get("vips-loader")).removesuffix("_source")


def _require_file(path: Path) -> None:
    """Raise `DataError` unless the path is a file that may be read and has content."""
    try:
        found = path.stat()
    except OSError as error:
        raise DataError(f"no such photo: {error.strerror}", path, "check the path") from error
    if stat.S_ISDIR(found.st_mode):
        raise DataError("a folder, not a photo", path, "give a photo")
    if not stat.S_ISREG(found.st_mode):
        raise DataError(
            "not a regular file: a pipe or a device", path, "give a photo; - is standard input"
        )
    if not os.access(path, os.R_OK):
        raise DataError("permission denied", path, "give yourself the right to read it")
    if found.st_size == 0:
        raise DataError("the file is empty", path, "copy or download it again")


def _require_photo(image: pyvips.Image, path: Path) -> None:
    """Raise `DataError` for drawings, tables, floating point samples and surplus channels."""
    loader = _loader(image)
    n_colours = COLOURS.get(str(image.interpretation), 3)
    if loader not in LOADERS or image.bands > n_colours + 1:
        raise DataError(
            f"not a photo: read by {loader}, {image.bands} channels",
            path,
            "give a JPEG, PNG, WebP, TIFF, GIF, AVIF or HEIC",
        )
    is_lab = str(image.interpretation).startswith("lab")  # a TIFF in CIELAB: its white is known
    if image.format not in ("uchar", "ushort") and not is_lab:
        raise DataError(
            f"its samples are neither 8 nor 16 bits: {image.format}", path, "save it with 16 bits"
        )


def to_srgb(image: pyvips.Image) -> pyvips.Image:
    """Gray stays gray of its own depth; all else becomes sRGB, by the embedded profile if any."""
    deep = image.format == "ushort"
    if image.get_typeof("icc-profile-data"):
        try:
            image = image.icc_transform("srgb", embedded=True, depth=16 if deep else 8)
        except pyvips.Error as error:
            logging.getLogger(__name__).warning("colour profile ignored: %s", first_line(error))
        image = image.copy()
        image.remove("icc-profile-data")
    gray = image.interpretation in ("b-w", "grey16") and image.bands <= 2
    if gray and image.format in ("uchar", "ushort"):
        return image
    return image.colourspace("rgb16" if deep else "srgb")
