"""Files handed to libvips, and what it says of them."""

from pathlib import Path

import pyvips

from basics.errors import DataError
from imaging.formats import LOADERS

LONGEST = 200  # characters of a library's message
KINDS = "give a JPEG, PNG, WebP, TIFF, GIF, AVIF or HEIC"


def source(path: Path) -> pyvips.Source:
    """A file for libvips, whose own names must be UTF-8 and may end in `[...]`, its options."""
    try:
        with path.open("rb") as file:
            return pyvips.Source.new_from_descriptor(file.fileno())  # which is duplicated
    except OSError as error:
        raise DataError(f"cannot open the photo: {error.strerror}", path, "check it") from error


def load(path: Path, loader: str, **options: object) -> pyvips.Image:
    """A file's header, read by one loader of `LOADERS`, or by the one that libvips finds if "".

    Raises:
        pyvips.Error: it cannot be read.
    """
    if loader:
        return pyvips.Operation.call(f"{loader}_source", source(path), **options)
    return pyvips.Image.new_from_source(source(path), "", **options)


def loader_of(image: pyvips.Image) -> str:
    """What libvips reads an image with, such as "jpegload"."""
    return str(image.get("vips-loader")).removesuffix("_source").removesuffix("_buffer")


def is_photo_loader(loader: str) -> bool:
    """Whether it reads photos, and is safe for strangers' files."""
    return loader in LOADERS


def first_line(error: pyvips.Error) -> str:
    """What libvips says went wrong, without what followed from it."""
    return one_line(str(error.detail))  # of all threads alike


def one_line(text: str) -> str:
    """The first line of a library's message that says something, without control characters."""
    lines = ["".join(filter(str.isprintable, line)).strip() for line in text.splitlines()]
    said = [line for line in lines if line and "bad seek" not in line]  # libheif looks for the end
    return next(iter(said), "it cannot be decoded")[:LONGEST]
