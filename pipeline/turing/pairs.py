"""One photo twice, small: in its own colours and in predicted ones, alike in all else."""

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyvips

from basics.errors import DataError
from basics.files import atomic_write
from basics.temporaries import temporary_folder
from imaging.formats import Saving, saver_options
from imaging.network_input import fitted, thumbnail
from imaging.photo import Photo, open_photo, reading

if TYPE_CHECKING:
    from pipeline.colorizer import Colorizer

LONGEST_PX = 512  # long side; a smaller photo keeps its size
NAME_BYTES = 16  # of chance in a file's name
SUFFIX = ".jpg"
RECIPE = 1  # raised when pairs are made in another way, so that older ones are made anew


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A photo in both colours.

    Attributes:
        category: that the router predicts.
        real, colored: the names of the JPEGs in the cache, which tell nothing.
    """

    category: str
    real: str
    colored: str


def pair_of(photo: Path, colorizer: "Colorizer", cache_dir: Path) -> Pair:
    """The pair of a photo: that in the cache, or a new one.

    Args:
        photo: in colour.
        colorizer: predicts the colours, from the luminance of the miniature.
        cache_dir: what an earlier process left there is used, if photo and colorizer are the same.

    Raises:
        DataError: the photo cannot be read, or the cache not be written.
        CheckpointError: a network of the bundle cannot be used.
    """
    opened = open_photo(photo)
    try:
        note = cache_dir / f"{_identity(photo, colorizer)}.json"
        return _known(note) or _make(opened, colorizer, note)
    except OSError as error:
        what = f"cannot make the pictures of {photo}: {error.strerror}"
        raise DataError(what, cache_dir, "choose another folder, or free the disk") from error


def _identity(photo: Path, colorizer: "Colorizer") -> str:
    """A digest of what a pair depends on."""
    saturation = colorizer.engine.saturation(colorizer.defaults)
    settings = (RECIPE, LONGEST_PX, colorizer.architecture, saturation, colorizer.bundle)
    return hashlib.sha256(repr(settings).encode() + photo.read_bytes()).hexdigest()


def _known(note: Path) -> Pair | None:
    """The pair that a note of an earlier call tells of, if it is whole."""
    try:
        pair = Pair(**json.loads(note.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    files = [note.parent / name for name in (pair.real, pair.colored)]
    return pair if all(file.is_file() for file in files) else None


def _make(photo: Photo, colorizer: "Colorizer", note: Path) -> Pair:
    """Make both pictures; the note of them comes last, so a killed process leaves none."""
    with temporary_folder(note) as temporary:
        real, colored = temporary / "real.png", temporary / "colored.png"
        real.write_bytes(_encoded(_miniature(photo), ".png"))
        seen = colorizer.colorize(real, colored)
        names = [f"{secrets.token_hex(NAME_BYTES)}{SUFFIX}" for _ in range(2)]
        for picture, name in zip((real, colored), names, strict=True):
            image = pyvips.Image.new_from_buffer(picture.read_bytes(), "")
            with atomic_write(note.parent / name) as part:
                part.write_bytes(_encoded(image, SUFFIX))
    pair = Pair(category=seen.category, real=names[0], colored=names[1])
    with atomic_write(note) as part:
        part.write_text(json.dumps(asdict(pair)))
    return pair


def _miniature(photo: Photo) -> pyvips.Image:
    """A photo as it is shown: turned, 8 bits of sRGB, on white, not enlarged."""
    size = fitted(photo.width, photo.height, LONGEST_PX)
    with reading(photo):
        return thumbnail(photo, *size)  # damage is found here


def _encoded(image: pyvips.Image, suffix: str) -> bytes:
    """An image as a file that says nothing of where it comes from; not its resolution either."""
    return image.write_to_buffer(suffix, keep="none", **saver_options(suffix, Saving()))
