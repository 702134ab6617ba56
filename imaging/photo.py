"""Open any photo safely, and read it at full size.

Full-size pixels stay in libvips, which streams them; `imaging/network_input.py` has what the
networks see.
"""

import logging
import os
import stat
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pyvips

from basics.errors import DamagedError, DataError, Setting, TooLargeError
from imaging.formats import MAX_PIXELS
from imaging.headers import Header, page_options, read_header
from imaging.heic import read_heic
from imaging.lab_bands import lab_in_srgb
from imaging.loading import first_line, load
from imaging.tiff_photo.blocks import BlockError
from imaging.tiff_photo.pages import NoTiffError
from imaging.tiff_photo.samples import read_samples, require_whole
from imaging.transfer import in_srgb
from imaging.whole import require_fits

LARGE_BLOCK = 8_000_000  # bytes of a strip or tile of a TIFF; libtiff stops before 50 million


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A photo that can be read, as often as needed.

    Attributes:
        path: the file.
        width, height: px, once turned as EXIF says.
        depth: bits per channel, 8 or 16.
        has_alpha: whether some of it is transparent.
        is_turned: whether EXIF says that the camera was; then it cannot be streamed.
        loader: its format, as libvips calls what reads it, such as "jpegload".
        page: the number, from 0, of its directory in a TIFF, reduced pictures counted.
        n_pages: how many photos the file has, or frames.
        tolerates: whether damage is coloured as it comes, instead of refused.
        header: all that its file says.
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
    header: Header = field(repr=False, compare=False)

    @property
    def is_paged(self) -> bool:
        """Whether it is a page of a scan of several; frames of a film are no pages."""
        return self.n_pages > 1 and self.loader == "tiffload"

    @property
    def is_plain(self) -> bool:
        """Whether libvips finds by itself how to read it, shrunk as it is decoded."""
        header = self.header
        first = header.decoder == "libvips" and header.place == (0, -1)
        return first and self.loader != "heifload" and not header.is_enclosed

    def options(self, *, strict: bool = False) -> dict[str, Any]:
        """What libvips is told to read it with.

        Args:
            strict: whether it also stops at what its format's library only warns of.
        """
        warns = strict or self.header.is_tiled  # a damaged tile is a warning
        told: dict[str, Any] = page_options(self.header.place)
        if self.header.block_bytes > LARGE_BLOCK:
            told["unlimited"] = True  # libtiff's own bound; imaging/whole.py has another
        return {"fail_on": "none" if self.tolerates else "warning" if warns else "error", **told}


def open_photo(
    path: Path, *, max_pixels: int = MAX_PIXELS, page: int = 0, tolerates: bool = False
) -> Photo:
    """Read a photo's header and check that it is a photo.

    Args:
        path: of the file.
        max_pixels: more are refused, before anything is decoded.
        page: which one of a file of several, from 0; reduced pictures and masks are none.
        tolerates: whether a damaged photo is read as far as it goes.

    Raises:
        DataError: it is missing, empty, no photo, too large, or of a kind that is not read.
    """
    _require_file(path)
    allow_safe_loaders_only()
    header = read_header(path, page)
    if header.width * header.height > max_pixels:
        what = f"{header.width} x {header.height} px are more than {max_pixels:,}"
        raise TooLargeError(what, path, "shrink it, or allow more", Setting("max_pixels"))
    require_fits(header, path)
    swaps = header.orientation >= 5  # EXIF 5 to 8: a quarter turn
    return Photo(
        path=path,
        width=header.height if swaps else header.width,
        height=header.width if swaps else header.height,
        depth=header.depth,
        has_alpha=header.has_alpha,
        is_turned=header.orientation > 1,
        loader=header.loader,
        page=header.place[0],
        n_pages=header.n_pages,
        tolerates=tolerates,
        header=header,
    )


def read_full(photo: Photo, *, strict: bool = False) -> pyvips.Image:
    """The photo at full size, turned, as gray or sRGB of its own depth, with alpha if it has one.

    Nothing is decoded before the result is written or copied; damage is found then. A photo that is
    not turned is streamed: it can be read once, from top to bottom.

    Args:
        photo: which one.
        strict: see `Photo.options`; `imaging/network_input.py` has looked for such damage before.

    Raises:
        DataError: the photo cannot be read.
    """
    with reading(photo):
        return meant(_decoded(photo, strict=strict).autorot(), photo)


def meant(image: pyvips.Image, photo: Photo) -> pyvips.Image:
    """The stored samples of a photo, at any size -> gray or sRGB, as its file says."""
    header = photo.header
    if not header.encoding.is_srgb or header.ignores_profile:
        if header.ignores_profile and image.get_typeof("icc-profile-data"):
            image = image.copy()
            image.remove("icc-profile-data")
        if not image.get_typeof("icc-profile-data"):
            image = in_srgb(image, header.encoding)
    return to_srgb(image)


def require_sound(photo: Photo) -> None:
    """Look for damage that libvips passes over, unless it is tolerated.

    Raises:
        BlockError: there is some.
    """
    if photo.loader == "tiffload" and not photo.tolerates:
        require_whole(photo.path, photo.header.place)


def _decoded(photo: Photo, *, strict: bool) -> pyvips.Image:
    """The photo as it is stored."""
    header = photo.header
    if header.decoder == "samples":
        return read_samples(photo.path, header.place, tolerates=photo.tolerates)
    require_sound(photo)
    access = "random" if photo.is_turned else "sequential"
    if header.decoder == "libheif":
        return read_heic(photo.path, load(photo.path, "heifload", access=access))
    return load(photo.path, header.loader, access=access, **photo.options(strict=strict))


@cache
def allow_safe_loaders_only() -> None:
    """Block the libvips loaders that are unsafe for untrusted files; once per process.

    libvips then keeps no images of finished operations either: no photo is read twice alike. And
    what it says may hold a file's own bytes: pyvips would raise at each that is no UTF-8, and at
    every later message, for they pile up until they are read.
    """
    pyvips.error._to_string = _text
    pyvips.block_untrusted_set(True)
    pyvips.cache_set_max(0)
    logging.getLogger("pyvips").setLevel(logging.ERROR)


def _text(pointer: Any) -> str:
    """What libvips says, with a mark in place of each byte that is no text."""
    if pointer == pyvips.ffi.NULL:
        return "NULL"
    said = pyvips.ffi.string(pointer)
    return said.decode(errors="replace") if isinstance(said, bytes) else said


def set_threads(number: int) -> None:
    """How many threads libvips takes for one photo, in the whole process; 0 is all processors."""
    from pyvips import vips_lib

    vips_lib.vips_concurrency_set(number)


class reading:
    """Turns a libvips failure within the block into a `DataError` about the photo."""

    def __init__(self, photo: Photo) -> None:
        """Blame `photo`."""
        self.photo = photo

    def __enter__(self) -> None:
        """Forget what libvips has said of photos before, which it would say again."""
        from pyvips import vips_lib

        vips_lib.vips_error_clear()

    def __exit__(self, kind: type | None, error: BaseException | None, trace: Any) -> None:
        """Translate what says that a file is damaged; let all else pass."""
        if isinstance(error, pyvips.Error):
            how = first_line(error)
        elif isinstance(error, (BlockError, NoTiffError)):
            how = str(error)
        else:
            return
        raise damaged(how, self.photo.path, tolerated=self.photo.tolerates) from error


def damaged(how: str, path: Path, *, tolerated: bool = False) -> DamagedError:
    """The error of a photo that cannot be decoded; whether that was to be tolerated."""
    what = f"the photo is damaged: {how}"
    if tolerated:
        return DamagedError(what, path, "copy or download it again")
    fix = "copy or download it again, or colour what is left of it"
    return DamagedError(what, path, fix, Setting("tolerate", True))


def _require_file(path: Path) -> None:
    """Raise `DataError` unless the path is a file that may be read and has content."""
    try:
        found = path.stat()
    except ValueError as error:
        raise DataError(f"no such photo: {error}", repr(path), "check the path") from error
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


def to_srgb(image: pyvips.Image) -> pyvips.Image:
    """Gray stays gray of its own depth; all else becomes sRGB, by the embedded profile if any."""
    if image.interpretation == "lab":
        return lab_in_srgb(image)
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
