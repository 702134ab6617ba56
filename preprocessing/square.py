"""A photo file as a 256 x 256 training square, and what accepts or rejects it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray

from imaging.lab import AB_SCALE, split_lab
from imaging.photo import allow_safe_loaders_only

SIDE_PX = 256  # section III-B
HASH_SIDE = 16  # the difference hash has 16 x 16 bits
MIN_CHROMA = 4.0  # mean sqrt(a*^2 + b*^2) below this is a gray photo; ours


@dataclass(frozen=True, kw_only=True)
class Square:
    """One photo, ready to be packed.

    Attributes:
        rgb: (256, 256, 3) uint8 sRGB.
        sha256: hex digest of the file's bytes.
        difference_hash: (4,) uint64, the 256 bits of the perceptual hash.
        mirrored_hash: (4,) uint64, that of the mirrored photo.
        chroma: mean chroma in CIELAB units; below `MIN_CHROMA` the photo counts as gray.
    """

    rgb: NDArray[np.uint8]
    sha256: str
    difference_hash: NDArray[np.uint64]
    mirrored_hash: NDArray[np.uint64]
    chroma: float


def read_square(path: Path) -> Square | None:
    """Read a photo's central square; see `decode_square`."""
    return decode_square(path.read_bytes())


def decode_square(content: bytes) -> Square | None:
    """The central square of a photo, upright by its EXIF orientation; None if unreadable.

    A photo smaller than the square is enlarged.
    """
    allow_safe_loaders_only()
    try:
        image = pyvips.Image.thumbnail_buffer(
            content,
            SIDE_PX,
            height=SIDE_PX,
            crop="centre",
            output_profile="srgb",
            option_string="[fail_on=error]",  # libvips 8.18 ignores `fail_on` here
        )
        rgb = _as_rgb(image).numpy()
    except pyvips.Error:
        return None
    _, ab = split_lab(rgb[::4, ::4])  # every 16th pixel suffices for the mean chroma
    return Square(
        rgb=rgb,
        sha256=hashlib.sha256(content).hexdigest(),
        difference_hash=difference_hash(rgb),
        mirrored_hash=difference_hash(rgb[:, ::-1]),  # libvips' thumbnails are not symmetric
        chroma=float(np.hypot(*np.moveaxis(ab, -1, 0)).mean() * AB_SCALE),
    )


def difference_hash(rgb: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """(H, W, 3) uint8 -> (4,) uint64: is a pixel of a 16 x 17 gray thumbnail above the next.

    Two copies of a photo that differ in size or compression differ in a few of the 256 bits.
    Source: N. Krawetz, "Kind of Like That" (dHash), 2013; its 8 x 8 bits widened to 16 x 16.
    """
    gray = pyvips.Image.new_from_array(np.ascontiguousarray(rgb)).colourspace("b-w")
    cells = gray.thumbnail_image(HASH_SIDE + 1, height=HASH_SIDE, size="force").numpy()
    cells = cells.reshape(HASH_SIDE, HASH_SIDE + 1)
    return np.packbits(cells[:, :-1] > cells[:, 1:]).view(np.uint64)


def _as_rgb(image: pyvips.Image) -> pyvips.Image:
    """Any decoded image -> three bands of 8-bit sRGB, transparency on white."""
    image = image.colourspace("srgb")
    if image.hasalpha():
        image = image.flatten(background=[255])
    return image.cast("uchar")
