"""What a photo says of itself goes with it: EXIF, GPS, XMP, IPTC, comments, resolution.

Each format has a module that finds the blocks in a file, and puts them into one; each kind of block
has one that makes its words true of the result. libvips writes pixels and profile only.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import pyvips

from basics.files import atomic_write
from imaging.formats import OPAQUE, TIFF
from imaging.metadata import exif as exif_words
from imaging.metadata import gif, jpeg, photoshop, png, texts, tiff, webp, xmp
from imaging.metadata.blocks import DAMAGE, EXIF, MOST_BYTES, Blocks
from imaging.metadata.ifd import Exif, read_exif
from imaging.metadata.ifd_layout import exif_block
from imaging.metadata.iptc_core import as_properties
from imaging.metadata.rdf import XmpError, written
from imaging.metadata.resolution import Resolution
from imaging.metadata.result import Result
from imaging.metadata.xmp_extended import split
from imaging.photo import Photo

LARGEST = 64_000  # bytes of EXIF that every format holds; a JPEG segment ends at 65,535
TURNED_BEFORE = "heifload"  # libheif turns by boxes of the file; what EXIF says does not count
READERS = {
    "jpegload": jpeg.read,
    "uhdrload": jpeg.read,
    "pngload": png.read,
    "webpload": webp.read,
    "gifload": gif.read,
}
QUARTER_TURNS = range(5, 9)  # orientations of EXIF that change width and height
MOST_WARNINGS = 10  # about one photo

log = logging.getLogger(__name__)


@dataclass
class Told:
    """What a result says of itself: blocks that are ready to be written.

    Attributes:
        exif: with the note.
        blocks: all else.
        guid: what names the extended XMP.
    """

    exif: Exif = field(default_factory=Exif)
    blocks: Blocks = field(default_factory=Blocks)
    guid: bytes = b""


def described(image: pyvips.Image, photo: Photo, *, suffix: str, strip: bool) -> Told:
    """What a photo said, made true of its result, and that the colours are predicted.

    Args:
        image: in colour, with the fields that libvips read from the photo.
        photo: what it was.
        suffix: of the file that it becomes.
        strip: say nothing but the note.
    """
    if strip:
        return only_noted()
    told = Told()
    told.blocks = blocks = _found(image, photo)
    told.exif = _exif(blocks)
    was = told.exif.number(told.exif.main, tiff.ORIENTATION, 1)
    turned = was if photo.is_turned and photo.loader != TURNED_BEFORE else 1
    resolution = _resolution(blocks, told.exif, photo)
    if resolution and turned in QUARTER_TURNS:
        resolution = resolution.turned()
    blocks.resolution = resolution
    has_alpha = image.hasalpha() and suffix not in OPAQUE
    result = Result(
        width=image.width, height=image.height, bands=4 if has_alpha else 3,
        depth=16 if image.format == "ushort" else 8, suffix=suffix, turned=turned,
        resolution=resolution,
    )  # fmt: skip
    said = _place_texts(blocks, told.exif, suffix)
    exif_words.describe(told.exif, result)
    size = result.width, result.height
    blocks.resources, blocks.iptc = photoshop.described(
        blocks.resources, blocks.iptc, size, resolution
    )
    if blocks.iptc and suffix == ".webp":
        in_xmp, is_all = as_properties(blocks.iptc)
        said = {**in_xmp, **said}
        if not is_all:
            blocks.lost.append("some of its IPTC, for which WebP has no place,")
    _describe_xmp(told, result, said)
    _fit_exif(told, result)
    for what in list(dict.fromkeys(blocks.lost))[:MOST_WARNINGS]:
        log.warning("%s: %s is left out", photo.path, what)
    return told


def only_noted() -> Told:
    """What a result says that says nothing of its photo: that the colours are predicted."""
    told = Told()
    exif_words.add_note(told.exif)
    return told


def embed(path: Path, told: Told) -> None:
    """Have a file that libvips wrote with nothing but a profile say what it is to say.

    Args:
        path: of the file; changed in place, so it should be a temporary one.
        told: as `described` gives it.
    """
    suffix, blocks = path.suffix.lower(), told.blocks
    with path.open("rb+") as file:
        if suffix in TIFF:
            tiff.add(file, blocks, told.exif)
            return
        blocks.exif = exif_block(told.exif)
        if suffix == ".webp":
            webp.add(file, blocks)
            return
    if suffix == ".png":
        _rewrite(path, lambda image: png.written(image, blocks))
    else:
        _rewrite(path, lambda image: jpeg.written(image, blocks, told.guid))


def _rewrite(path: Path, write: Callable[[BinaryIO], Iterator[bytes]]) -> None:
    """Write a file anew while it is read."""
    with atomic_write(path) as whole, path.open("rb") as file, whole.open("wb") as target:
        for piece in write(file):
            target.write(piece)


def _found(image: pyvips.Image, photo: Photo) -> Blocks:
    """What the photo's file says; of HEIC and AVIF, what libheif has found in it."""
    try:
        if photo.loader == "tiffload":
            with photo.path.open("rb") as file:
                return tiff.read(file, photo.page)
        if photo.loader in READERS:
            with photo.path.open("rb") as file:
                return READERS[photo.loader](file)
        exif = _field(image, "exif-data")
        return Blocks(
            exif=exif[max(exif.find(EXIF), 0) :].removeprefix(EXIF), xmp=_field(image, "xmp-data")
        )
    except DAMAGE as error:
        return Blocks(lost=[f"its metadata is damaged ({error}) and"])


def _field(image: pyvips.Image, name: str) -> bytes:
    """The bytes of a field; empty if there is none, or too many."""
    value: Any = image.get(name) if image.get_typeof(name) else b""
    return bytes(value) if len(value) <= MOST_BYTES else b""


def _exif(blocks: Blocks) -> Exif:
    """The directories of the EXIF block; none if it is damaged."""
    if isinstance(blocks.exif, Exif):
        return blocks.exif
    if not blocks.exif:
        return Exif()
    try:
        return read_exif(BytesIO(blocks.exif))
    except DAMAGE as error:
        blocks.lost.append(f"its EXIF is damaged ({error}) and")
        return Exif()


def _resolution(blocks: Blocks, exif: Exif, photo: Photo) -> Resolution | None:
    """The container's; of JPEG that of EXIF first, as cameras fill the other with 72."""
    of_exif = tiff.of_exif(exif)
    first, second = blocks.resolution, of_exif
    if READERS.get(photo.loader) is jpeg.read:
        first, second = second, first
    return first or second


def _place_texts(blocks: Blocks, exif: Exif, suffix: str) -> dict[xmp.Key, list[str]]:
    """Put comments and texts where the format has a place; what XMP should say, too."""
    if suffix == ".png":
        blocks.texts += texts.comments_as_texts(blocks.comments)
        blocks.comments = []
        return {}
    return texts.move_to_exif(blocks, exif, holds_comments=suffix in OPAQUE)


def _describe_xmp(told: Told, result: Result, said: dict[xmp.Key, list[str]]) -> None:
    """Make XMP true of the result, or leave it out."""
    blocks, root = told.blocks, None
    if blocks.xmp:
        try:
            root = xmp.described(blocks.xmp, blocks.more_xmp, result)
        except XmpError as error:
            blocks.lost.append(f"its XMP is damaged ({error}) and")
    blocks.xmp = blocks.more_xmp = b""
    if said:
        root = xmp.add_texts(root, said)
    if root and result.suffix in OPAQUE:
        most = jpeg.LARGEST - len(jpeg.XMP)
        blocks.xmp, blocks.more_xmp, told.guid = split(root, most)
        if not blocks.xmp:
            blocks.lost.append("its XMP is too large for a JPEG and")
    elif root:
        blocks.xmp = written(root)


def _fit_exif(told: Told, result: Result) -> None:
    """Leave EXIF out that not every format could hold."""
    if len(exif_block(told.exif)) > LARGEST:
        told.blocks.lost.append("its EXIF is too large and")
        told.exif = Exif()
        exif_words.describe(told.exif, result)
