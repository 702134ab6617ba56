"""A picture as the networks see it: reduced, and its lightness."""

import numpy as np
import pyvips
from numpy.typing import NDArray

from imaging.lab import L_SCALE, lightness_from_gray, lightness_from_rgb
from imaging.loading import source
from imaging.photo import Photo, meant, read_full, reading, require_sound

STRIDE_PX = 32  # sides are multiples of it, as the encoder needs
LONGEST_PX = 1024  # long side; thin strips are squeezed
TINT_PX = 64  # side of the square in which colours are looked for
TINT_LEVELS = 16  # of lightness; a toned print has one tint for each
# what libjpeg warns of: pixels that are lost, and what cameras and scanners write without harm
LOST = ("premature end", "bad Huffman code", "bad arithmetic code", "instead of RST")
HARMLESS = ("Invalid SOS", "extraneous bytes", "color transform", "JFIF", "ICC", "progression")
TRIES = 3  # libvips keeps one list of messages for all threads, and another may have emptied it
LEAST_SPREAD = 4.0  # of chroma, in CIELAB units, of a photo in colour; faded sepia has up to 3.8


def network_size(width: int, height: int, short_side: int) -> tuple[int, int]:
    """Width and height in px of what the networks see of a picture: about its own proportions.

    Each side is a multiple of 32, the long one at most 1024.
    """
    scale = short_side / min(width, height)
    across, down = (
        min(max(STRIDE_PX, round(side * scale / STRIDE_PX) * STRIDE_PX), LONGEST_PX)
        for side in (width, height)
    )
    return across, down


def reduced(photo: Photo, short_side: int) -> pyvips.Image:
    """A photo at the networks' size, decoded: 8 bits, gray or sRGB, white behind it.

    It is resized in sRGB, as the training photos were, and then converted.

    Raises:
        DataError: the photo is damaged.
    """
    with reading(photo):
        return thumbnail(photo, *network_size(photo.width, photo.height, short_side))


def lightness_of(image: pyvips.Image) -> NDArray[np.float32]:
    """A reduced picture, 8 bits, gray or sRGB -> (h, w, 1) L*/100, 0 to 1."""
    if image.bands == 1:
        return lightness_from_gray(image.numpy().reshape(image.height, image.width))
    return lightness_from_rgb(image.numpy())


def lightness_at(
    image: pyvips.Image, size: tuple[int, int], short_side: int
) -> NDArray[np.float32]:
    """(h, w, 1) L*/100 at the networks' size of a picture, from a copy of it of any size.

    Args:
        image: 8 bits, gray or sRGB, without alpha.
        size: width and height in px of the picture itself.
        short_side: px.
    """
    width, height = network_size(*size, short_side)
    if (image.width, image.height) != (width, height):
        image = image.thumbnail_image(width, height=height, size="force")
    return lightness_of(image)


def fine_lightness(image: pyvips.Image, short_side: int) -> NDArray[np.float32]:
    """(h, w, 1) L*/100 at the networks' size of a picture, rounded nowhere to 8 bits.

    Args:
        image: the picture at full size, upright: gray or sRGB of 8 or 16 bits, alpha last.
        short_side: px.
    """
    width, height = network_size(image.width, image.height, short_side)
    if image.format == "uchar":
        kind = "grey16" if image.bands <= 2 else "rgb16"
        image = (image * 257).cast("ushort").copy(interpretation=kind)  # 65535 = 255 * 257
    if image.hasalpha():
        image = image.flatten(background=[65535])
    small = image.thumbnail_image(width, height=height, size="force")
    lightness = small.colourspace("lab")[0].numpy().reshape(height, width, 1)
    return (np.clip(lightness, 0, L_SCALE) / L_SCALE).astype(np.float32)


def thumbnail(photo: Photo, width: int, height: int) -> pyvips.Image:
    """The photo, turned, squeezed into width x height px: 8 bits, gray or sRGB, white behind it.

    Raises:
        pyvips.Error, BlockError: it is damaged.
    """
    if photo.loader == "jpegload" and not photo.tolerates:
        for _ in range(TRIES):
            try:
                return _thumbnail(photo, width, height, strict=True).copy_memory()
            except pyvips.Error as error:
                said = str(error.detail)
                if any(sign in said for sign in LOST):
                    raise
                if any(sign in said for sign in HARMLESS):
                    break
    return _thumbnail(photo, width, height, strict=False).copy_memory()


def _thumbnail(photo: Photo, width: int, height: int, *, strict: bool) -> pyvips.Image:
    force = {"height": height, "size": "force"}
    if photo.is_plain:
        require_sound(photo)
        # options stand in a string: libvips 8.18 ignores the argument `fail_on` here
        told = photo.options(strict=strict).items()
        options = ",".join(f"{name}={value}" for name, value in told)
        image = pyvips.Image.thumbnail_source(
            source(photo.path), width, **force, option_string=f"[{options}]"
        )
        image = meant(image, photo)
    else:
        image = read_full(photo, strict=strict).thumbnail_image(width, **force)
    return opaque(image)


def opaque(image: pyvips.Image) -> pyvips.Image:
    """Gray or sRGB of any depth -> the same in 8 bits, white behind what is transparent."""
    if image.hasalpha():
        image = image.flatten(background=[255 if image.format == "uchar" else 65535])
    return image.colourspace("b-w" if image.bands == 1 else "srgb").cast("uchar")


def fitted(width: int, height: int, longest_px: int) -> tuple[int, int]:
    """The size in px of a photo shrunk until its long side is at most so long."""
    scale = min(1.0, longest_px / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def has_color(image: pyvips.Image) -> bool:
    """Whether a reduced picture has colours of its own; a toned print (sepia, cyanotype) has none.

    A toned print has about one tint for each lightness; what counts is how far the colours are
    from the mean tint of their lightness.

    Args:
        image: 8 bits, gray or sRGB, without alpha.
    """
    if image.bands == 1:
        return False
    small = image.thumbnail_image(TINT_PX, height=TINT_PX, size="force")
    lab = small.colourspace("lab").numpy().reshape(-1, 3)
    level = np.minimum(lab[:, 0] / L_SCALE * TINT_LEVELS, TINT_LEVELS - 1).astype(int)
    flat = lab[:, 1:]
    n = np.maximum(np.bincount(level, minlength=TINT_LEVELS), 1)
    tint = np.stack([np.bincount(level, flat[:, i], TINT_LEVELS) / n for i in (0, 1)], axis=-1)
    spread = np.hypot(*(flat - tint[level]).T).mean()
    return bool(spread > LEAST_SPREAD)
