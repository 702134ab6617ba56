"""Open any photo safely, and see it as the networks do: its luminance, 256 px on the short side.

Full-size pixels stay in libvips, which streams them; only the miniature comes to NumPy.
"""

import logging
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray

from preprocessing.errors import DataError
from preprocessing.lab import lum_from_gray, lum_from_rgb

MAX_PIXELS = 300_000_000  # more is refused before anything is decoded
STRIDE_PX = 32  # sides of the miniature are multiples of it, as the encoder needs
LONGEST_PX = 1024  # long side of the miniature; thin strips are squeezed
# libvips loaders of photos; all others (SVG, PDF, CSV, raw ...) are refused
LOADERS = {"jpegload", "pngload", "webpload", "tiffload", "gifload", "heifload", "jxlload"}
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
    """

    path: Path
    width: int
    height: int
    depth: int
    has_alpha: bool
    is_turned: bool


def open_photo(path: Path, *, max_pixels: int = MAX_PIXELS) -> Photo:
    """Read a photo's header and check that it is a photo.

    Raises:
        DataError: it is missing, empty, no photo, too large, or of a kind that is not read.
    """
    if path.is_dir():
        raise DataError("a folder, not a photo", path, "give a photo")
    if not path.exists():
        raise DataError("no such photo", path, "check the path")
    if not os.access(path, os.R_OK):
        raise DataError("the photo must not be read", path, "give yourself the right to read it")
    if path.stat().st_size == 0:
        raise DataError("the file is empty", path, "get the photo anew")
    allow_safe_loaders_only()
    try:
        image = pyvips.Image.new_from_source(source(path), "", access="sequential")
    except pyvips.Error as error:
        raise DataError(
            "not a photo that can be read", path, "give a JPEG, PNG, WebP, TIFF, GIF, AVIF or HEIC"
        ) from error
    _require_photo(image, path)
    if image.width * image.height > max_pixels:
        raise DataError(
            f"{image.width} x {image.height} px are more than {max_pixels:,}", path, "shrink it"
        )
    orientation = int(str(image.get("orientation"))) if image.get_typeof("orientation") else 1
    swaps = orientation >= 5  # EXIF 5 to 8: a quarter turn
    return Photo(
        path=path,
        width=image.height if swaps else image.width,
        height=image.width if swaps else image.height,
        depth=16 if image.format == "ushort" else 8,
        has_alpha=bool(image.hasalpha()),
        is_turned=orientation > 1,
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
        image = pyvips.Image.new_from_source(
            source(photo.path), "", access=access, fail_on="error"
        ).autorot()
        return _to_srgb(image)


def luminance_thumbnail(photo: Photo, short_side: int = 256) -> NDArray[np.float32]:
    """The miniature that the networks see.

    It is resized in sRGB and then converted, as the training photos were.

    Args:
        photo: an opened photo.
        short_side: px.

    Returns:
        (h, w, 1) float32 lum: the photo's own proportions, each side a multiple of 32, the long one
        at most 1024.

    Raises:
        DataError: the photo is damaged.
    """
    scale = short_side / min(photo.width, photo.height)
    width, height = (
        min(max(STRIDE_PX, round(side * scale / STRIDE_PX) * STRIDE_PX), LONGEST_PX)
        for side in (photo.width, photo.height)
    )
    with reading(photo):
        # `fail_on` must stand in the option string: libvips 8.18 ignores the argument here
        image = pyvips.Image.thumbnail_source(
            source(photo.path), width, height=height, size="force", option_string="[fail_on=error]"
        )
        image = _to_srgb(image)
        if image.hasalpha():
            image = image.flatten(background=[255 if image.format == "uchar" else 65535])
        if image.bands == 1:
            return lum_from_gray(image.colourspace("b-w").cast("uchar").numpy())
        return lum_from_rgb(image.colourspace("srgb").cast("uchar").numpy())


@cache
def allow_safe_loaders_only() -> None:
    """Block the libvips loaders that are unsafe for untrusted files; once per process."""
    pyvips.block_untrusted_set(True)
    logging.getLogger("pyvips").setLevel(logging.ERROR)


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
            raise DataError(
                f"the photo is damaged: {first_line(error)}", self.photo.path, "get it anew"
            ) from error


def first_line(error: pyvips.Error) -> str:
    """What libvips says went wrong, without what followed from it."""
    lines = [line.strip() for line in str(error.detail or error.message).splitlines()]
    return next((line for line in lines if line), "unknown error")


def _require_photo(image: pyvips.Image, path: Path) -> None:
    """Raise `DataError` for drawings, tables, floating point samples and surplus channels."""
    loader = str(image.get("vips-loader")).removesuffix("_source")
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


def _to_srgb(image: pyvips.Image) -> pyvips.Image:
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
