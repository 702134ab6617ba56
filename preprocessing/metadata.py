"""What a photo says of itself goes with it: EXIF, GPS, XMP, IPTC and resolution.

libvips carries all of it between JPEG, PNG and WebP, and XMP, IPTC and resolution to and from TIFF.
EXIF is itself a small TIFF, so what TIFF files have of it is moved by tifftools.
"""

import logging
import re
import struct
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pyvips

NOTE = "image colorizer: colours predicted by a neural network"  # in EXIF's Software
SCREEN_DPI = 72  # what a photo says that is to say nothing

SOFTWARE = 305
# The tags of a TIFF that describe the photo and not how its pixels are stored (EXIF 2.32, 4.6.4):
# document, description, make, model, page, software, time, artist, host, XP titles, rating,
# copyright, EXIF and GPS
DESCRIPTIVE = {
    269, 270, 271, 272, 285, SOFTWARE, 306, 315, 316, 18246, 18249, 33432, 34665, 34853,
    40091, 40092, 40093, 40094, 40095,
}  # fmt: skip
LARGEST = 64_000  # bytes of EXIF that every format holds; a JPEG segment ends at 65,535
OUTDATED = ("jpeg-thumbnail-data", "icc-profile-data")  # a gray miniature; an old profile
PRIVATE = re.compile(r"exif-|xmp-|iptc-|photoshop-|png-comment-|(image-description|gif-comment)$")

Tags = dict[int, dict[str, Any]]  # as tifftools has them
UNREADABLE = (ValueError, KeyError, IndexError, TypeError, OSError, struct.error, OverflowError,
              MemoryError, RecursionError)  # fmt: skip

log = logging.getLogger(__name__)


def described(image: pyvips.Image, path: Path, *, page: int, strip: bool) -> pyvips.Image:
    """A coloured image that says what its photo said, and that its colours are predicted.

    Args:
        image: with the fields that libvips read from the photo.
        path: of the photo.
        page: of the photo, from 0.
        strip: keep nothing but the note.
    """
    image = image.copy()
    for name in image.get_fields():
        if name in OUTDATED or (strip and PRIVATE.match(name)):
            image.remove(name)
    if strip:
        return _noted(image.copy(xres=SCREEN_DPI / 25.4, yres=SCREEN_DPI / 25.4))
    if str(image.get("vips-loader")).startswith("tiffload"):
        exif = _exif_from_tiff(path, page)
        if exif:
            image.set_type(
                pyvips.GValue.blob_type,
                "exif-data",
                exif,  # pyright: ignore[reportArgumentType]  # pyvips takes bytes for a blob
            )
    if image.get_typeof("exif-data") and len(_blob(image, "exif-data")) > LARGEST:
        log.warning("%s: its EXIF is too large and is left out", path)
        for name in image.get_fields():
            if name.startswith("exif-"):
                image.remove(name)
    return _noted(image)


def tiff_described(image: pyvips.Image, side: Path, target: Path) -> None:
    """Write a TIFF anew, with the EXIF that the image of which it was saved has, and the note.

    Args:
        image: as `described` gives it.
        side: what libvips saved.
        target: written beside it.
    """
    import tifftools

    info = tifftools.read_tiff(str(side))
    tags = info["ifds"][0]["tags"]
    if image.get_typeof("exif-data"):
        for tag, value in _tags_of_exif(_blob(image, "exif-data")).items():
            tags.setdefault(tag, value)
    tags[SOFTWARE] = {"datatype": tifftools.Datatype.ASCII.value, "data": _software(image)}
    tifftools.write_tiff(info, str(target), allowExisting=True)


def _noted(image: pyvips.Image) -> pyvips.Image:
    """With the note after what EXIF's Software says already."""
    software = _software(image)
    image.set_type(pyvips.GValue.gstr_type, "exif-ifd0-Software", software)
    return image


def _software(image: pyvips.Image) -> str:
    """EXIF's Software, which ends with the note."""
    told = ""
    if image.get_typeof("exif-ifd0-Software"):
        told = str(image.get("exif-ifd0-Software"))
        match = re.match(r"(.*) \(\1, ASCII, \d+ components?, \d+ bytes?\)$", told, re.DOTALL)
        told = match[1] if match else told
    elif image.get_typeof("exif-data"):
        said = _tags_of_exif(_blob(image, "exif-data")).get(SOFTWARE, {}).get("data", "")
        told = said if isinstance(said, str) else ""
    told = told.strip("\0 ")
    return told if told.endswith(NOTE) else "; ".join(part for part in (told, NOTE) if part)


def _exif_from_tiff(path: Path, page: int) -> bytes:
    """The descriptive tags of a TIFF's page as an EXIF block; empty where there are none."""
    import tifftools

    try:
        with path.open("rb") as file:
            info = tifftools.read_tiff(file)
            tags = _descriptive(info["ifds"][page]["tags"])
            if not tags:
                return b""
            block = BytesIO()
            tifftools.write_tiff(
                {**info, "bigtiff": False, "ifds": [{**info["ifds"][page], "tags": tags}]}, block
            )
            return b"Exif\0\0" + block.getvalue()
    except (tifftools.TifftoolsError, *UNREADABLE) as error:
        log.warning("%s: its metadata is damaged and is left out: %s", path, error)
        return b""


def _tags_of_exif(exif: bytes) -> Tags:
    """The descriptive tags of an EXIF block; none where it is damaged."""
    import tifftools

    try:
        info = tifftools.read_tiff(BytesIO(exif.removeprefix(b"Exif\0\0")))
        return _descriptive(info["ifds"][0]["tags"])
    except (tifftools.TifftoolsError, *UNREADABLE) as error:
        log.warning("damaged EXIF is left out: %s", error)
        return {}


def _descriptive(tags: Mapping[int, dict[str, Any]]) -> Tags:
    return {tag: value for tag, value in tags.items() if tag in DESCRIPTIVE}


def _blob(image: pyvips.Image, name: str) -> bytes:
    """The bytes of a field; empty if there is none."""
    value: Any = image.get(name)
    return bytes(value)
