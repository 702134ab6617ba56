"""A photo as the networks see it: its luminance, 256 px on the short side."""

import numpy as np
import pyvips
from numpy.typing import NDArray

from imaging.lab import L_SCALE, lum_from_gray, lum_from_rgb
from imaging.photo import Photo, read_full, reading, source, to_srgb

STRIDE_PX = 32  # sides are multiples of it, as the encoder needs
LONGEST_PX = 1024  # long side; thin strips are squeezed
TINT_LEVELS = 16  # of luminance; a toned print has one tint for each
LEAST_SPREAD = 4.0  # of chroma, in CIELAB units, of a photo in colour; faded sepia has up to 3.8


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
        image = thumbnail(photo, width, height)
        if image.bands == 1:
            return lum_from_gray(image.numpy())
        return lum_from_rgb(image.numpy())


def thumbnail(photo: Photo, width: int, height: int) -> pyvips.Image:
    """The photo, turned, squeezed into width x height px: 8 bits, gray or sRGB, white behind it."""
    force = {"height": height, "size": "force"}
    if photo.loader == "heifload":
        image = read_full(photo).thumbnail_image(width, **force)
    else:
        # options stand in a string: libvips 8.18 ignores the argument `fail_on` here
        told = ",".join(f"{name}={value}" for name, value in photo.options.items())
        image = to_srgb(
            pyvips.Image.thumbnail_source(
                source(photo.path), width, **force, option_string=f"[{told}]"
            )
        )
    if image.hasalpha():
        image = image.flatten(background=[255 if image.format == "uchar" else 65535])
    return image.colourspace("b-w" if image.bands == 1 else "srgb").cast("uchar")


def fitted(width: int, height: int, longest_px: int) -> tuple[int, int]:
    """The size in px of a photo shrunk until its long side is at most so long."""
    scale = min(1.0, longest_px / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def is_in_color(photo: Photo) -> bool:
    """Whether a photo has colours of its own; a toned print (sepia, cyanotype) has none.

    A toned print has about one tint for each luminance; what counts is how far the colours are
    from the mean tint of their luminance.

    Raises:
        DataError: the photo is damaged.
    """
    with reading(photo):
        image = thumbnail(photo, 64, 64)
        if image.bands == 1:
            return False
        lab = image.colourspace("lab").numpy().reshape(-1, 3)
    level = np.minimum(lab[:, 0] / L_SCALE * TINT_LEVELS, TINT_LEVELS - 1).astype(int)
    flat = lab[:, 1:]
    n = np.maximum(np.bincount(level, minlength=TINT_LEVELS), 1)
    tint = np.stack([np.bincount(level, flat[:, i], TINT_LEVELS) / n for i in (0, 1)], axis=-1)
    spread = np.hypot(*(flat - tint[level]).T).mean()
    return bool(spread > LEAST_SPREAD)
