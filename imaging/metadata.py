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

from imaging.formats import TIFF
from imaging.photo import Photo
from imaging.tiff import UnboundedError, read_tiff, require_bounded

NOTE = "image colorizer: colours predicted by a neural network"  # in EXIF's Software
SCREEN_DPI = 72  # what stands for no resolution at all

MM_PER_INCH = 25.4
UNKNOWN = 1.0  # px per mm: what libvips gives where a file says nothing

PHOTOSHOP = b"Photoshop 3.0\0"  # what a JPEG's segment of resources begins with
EXIF = b"Exif\0\0"  # what its block begins with, the TIFF apart
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
# what tifftools raises for damaged tags, beside its own error
DAMAGE = (ValueError, KeyError, IndexError, TypeError, AttributeError, OSError, struct.error,
          OverflowError, MemoryError, RecursionError)  # fmt: skip

log = logging.getLogger(__name__)


def described(image: pyvips.Image, photo: Photo, *, suffix: str, strip: bool) -> pyvips.Image:
    """A coloured image that says what its photo said, and that its colours are predicted.

    Args:
        image: with the fields that libvips read from the photo.
        photo: what it was.
        suffix: of the file that it becomes.
        strip: keep nothing but the note.
    """
    image = image.copy()
    for name in image.get_fields():
        if name in OUTDATED or (strip and PRIVATE.match(name)):
            image.remove(name)
    dpi = SCREEN_DPI if strip else _dpi(image)
    shape = image.yres / image.xres if image.xres > 0 and image.yres > 0 else 1.0
    image = image.copy(xres=dpi / MM_PER_INCH, yres=dpi * shape / MM_PER_INCH)
    if strip:
        return _noted(image)
    if photo.loader == "tiffload":
        _move_iptc_from_tiff(image, suffix)
        exif = _exif_from_tiff(photo)
        if exif:
            _set_blob(image, "exif-data", exif)
    elif suffix in TIFF:
        _move_iptc_to_tiff(image)
    reason = _unfit_exif(image)
    if reason:
        log.warning("%s: its EXIF %s and is left out", photo.path, reason)
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
    tags[SOFTWARE] = {"datatype": tifftools.Datatype.ASCII.value, "data": _software(image)}
    if image.get_typeof("exif-data"):
        own = _tags_of_exif(_blob(image, "exif-data"))
        try:
            tifftools.write_tiff([{"tags": own}], BytesIO())  # can it be written?
        except (tifftools.TifftoolsError, *DAMAGE) as error:
            log.warning("damaged EXIF is left out: %s", error)
        else:
            info["ifds"][0]["tags"] = {**own, **tags}
    with target.open("wb") as file:  # to a path that is there it would write a copy of its own
        tifftools.write_tiff(info, file)


def _move_iptc_to_tiff(image: pyvips.Image) -> None:
    """What JPEG has in one segment, TIFF has as Photoshop's resources, without the signature."""
    if image.get_typeof("iptc-data"):
        block = _blob(image, "iptc-data").removeprefix(PHOTOSHOP)
        _set_blob(image, "photoshop-data", block)
        image.remove("iptc-data")


def _move_iptc_from_tiff(image: pyvips.Image, suffix: str) -> None:
    """The other way round; a TIFF may have the bare IPTC records instead."""
    if suffix in TIFF:
        return
    if image.get_typeof("photoshop-data"):
        _set_blob(image, "iptc-data", PHOTOSHOP + _blob(image, "photoshop-data"))
    elif image.get_typeof("iptc-data"):
        records = _blob(image, "iptc-data")
        resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(records)) + records
        _set_blob(image, "iptc-data", PHOTOSHOP + resource)
    if image.get_typeof("iptc-data") and len(_blob(image, "iptc-data")) > LARGEST:
        image.remove("iptc-data")


def _unfit_exif(image: pyvips.Image) -> str:
    """Why an image's EXIF should go to no other file; empty where it may, damaged or not."""
    if not image.get_typeof("exif-data"):
        return ""
    exif = _blob(image, "exif-data")
    if len(exif) > LARGEST:
        return "is too large"
    try:
        require_bounded(BytesIO(exif.removeprefix(EXIF)))
    except UnboundedError as error:
        return f"is damaged ({error})"
    except DAMAGE:
        pass
    return ""


def _dpi(image: pyvips.Image) -> float:
    """Dots per inch across, which WebP and HEIC have in their EXIF alone."""
    if image.xres > 0 and image.xres != UNKNOWN:
        return image.xres * MM_PER_INCH
    name, unit = "exif-ifd0-XResolution", "exif-ifd0-ResolutionUnit"
    if not image.get_typeof(name):
        return SCREEN_DPI
    match = re.match(r"(\d+)/(\d+) ", str(image.get(name)))
    dpi = int(match[1]) / max(int(match[2]), 1) if match else 0
    in_cm = bool(image.get_typeof(unit)) and "Centimet" in str(image.get(unit))
    return dpi * (2.54 if in_cm else 1) or SCREEN_DPI


def _noted(image: pyvips.Image) -> pyvips.Image:
    """With the note after what EXIF's Software says already."""
    software = _software(image)
    image.set_type(pyvips.GValue.gstr_type, "exif-ifd0-Software", software)
    return image


def _software(image: pyvips.Image) -> str:
    """EXIF's Software, which ends with the note."""
    software = ""
    if image.get_typeof("exif-ifd0-Software"):
        software = str(image.get("exif-ifd0-Software"))
        match = re.match(r"(.*) \(\1, ASCII, \d+ components?, \d+ bytes?\)$", software, re.DOTALL)
        software = match[1] if match else software
    elif image.get_typeof("exif-data"):
        said = _tags_of_exif(_blob(image, "exif-data")).get(SOFTWARE, {}).get("data", "")
        software = said if isinstance(said, str) else ""
    software = software.strip("\0 ")
    return (
        software
        if software.endswith(NOTE)
        else "; ".join(part for part in (software, NOTE) if part)
    )


def _exif_from_tiff(photo: Photo) -> bytes:
    """The descriptive tags of a page of a TIFF as an EXIF block; empty where there are none."""
    import tifftools

    try:
        with photo.path.open("rb") as file:
            info = read_tiff(file)
            page = info["ifds"][photo.page]
            tags = _descriptive(page["tags"])
            if not tags:
                return b""
            block = BytesIO()
            tifftools.write_tiff([{**page, "tags": tags}], block, info["bigEndian"], bigtiff=False)
            return EXIF + block.getvalue()
    except (tifftools.TifftoolsError, *DAMAGE) as error:
        log.warning("%s: its metadata is damaged and is left out: %s", photo.path, error)
        return b""


def _tags_of_exif(exif: bytes) -> Tags:
    """The descriptive tags of an EXIF block; none where it is damaged."""
    import tifftools

    try:
        info = read_tiff(BytesIO(exif.removeprefix(EXIF)))
        return _descriptive(info["ifds"][0]["tags"])
    except (tifftools.TifftoolsError, *DAMAGE) as error:
        log.warning("damaged EXIF is left out: %s", error)
        return {}


def _descriptive(tags: Mapping[int, dict[str, Any]]) -> Tags:
    return {tag: value for tag, value in tags.items() if tag in DESCRIPTIVE}


def _blob(image: pyvips.Image, name: str) -> bytes:
    """The bytes of a field; empty if there is none."""
    value: Any = image.get(name)
    return bytes(value)


def _set_blob(image: pyvips.Image, name: str, content: bytes) -> None:
    """Set a field; pyvips takes bytes for a blob, though its types do not say so."""
    value: Any = content
    image.set_type(pyvips.GValue.blob_type, name, value)
