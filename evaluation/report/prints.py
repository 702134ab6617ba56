"""What old photographs look like, made of photos in colour: what films saw, and what time did.

Each treatment takes the photo in colour, for films saw some colours only, and gives what a scan of
the print would hold. All numbers are ours.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pyvips
from numpy.typing import NDArray

from imaging.lab import decode_srgb, encode_srgb, gray_from_lightness, lightness_from_rgb

FADED = (110, 170)  # levels, 0 to 255, into which black and white have faded
GRAIN = 12.0  # standard deviation in levels
JPEG_QUALITY = 30
ORTHOCHROMATIC = (0.0, 0.6, 0.4)  # share of linear red, green and blue: film blind to red
BLUE_SENSITIVE = (0.0, 0.1, 0.9)  # the plates of before 1880
BLUR_PX = 1.5  # standard deviation
SMALL_PX = 64  # short side of a print that was reduced and is enlarged again

Treatment = Callable[[NDArray[np.uint8], int], NDArray[np.uint8]]  # (H, W, 3), seed -> (H, W)


def _faded(rgb: NDArray[np.uint8], _: int) -> NDArray[np.uint8]:
    low, high = FADED
    return np.rint(low + _gray(rgb) / 255.0 * (high - low)).astype(np.uint8)


def _grainy(rgb: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).normal(0, GRAIN, rgb.shape[:2])
    return np.rint(np.clip(_gray(rgb) + noise, 0, 255)).astype(np.uint8)


def _compressed(rgb: NDArray[np.uint8], _: int) -> NDArray[np.uint8]:
    content = _image(_gray(rgb)).jpegsave_buffer(Q=JPEG_QUALITY)
    return _levels(pyvips.Image.jpegload_buffer(content))


def _orthochromatic(rgb: NDArray[np.uint8], _: int) -> NDArray[np.uint8]:
    return _filmed(rgb, ORTHOCHROMATIC)


def _blue_sensitive(rgb: NDArray[np.uint8], _: int) -> NDArray[np.uint8]:
    return _filmed(rgb, BLUE_SENSITIVE)


def _blurred(rgb: NDArray[np.uint8], _: int) -> NDArray[np.uint8]:
    return _levels(_image(_gray(rgb)).gaussblur(BLUR_PX))


def _enlarged(rgb: NDArray[np.uint8], _: int) -> NDArray[np.uint8]:
    height, width = rgb.shape[:2]
    scale = SMALL_PX / min(height, width)
    small = _image(_gray(rgb)).resize(scale)
    full = small.resize(width / small.width, vscale=height / small.height, kernel="cubic")
    return _levels(full)


TREATMENTS: Mapping[str, Treatment] = {
    "faded to 110..170": _faded,
    "grain of sigma 12": _grainy,
    "JPEG of quality 30": _compressed,
    "orthochromatic": _orthochromatic,
    "blurred by 1.5 px": _blurred,
    "64 px, enlarged": _enlarged,
    "blue-sensitive": _blue_sensitive,
}


def _gray(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The photo's own lightness as levels (H, W)."""
    return gray_from_lightness(lightness_from_rgb(rgb))


def _filmed(rgb: NDArray[np.uint8], shares: tuple[float, float, float]) -> NDArray[np.uint8]:
    """What a film of this sensitivity makes of a scene."""
    linear = decode_srgb(rgb / 255.0) @ shares
    return np.rint(encode_srgb(linear) * 255).astype(np.uint8)


def _image(gray: NDArray[np.uint8]) -> pyvips.Image:
    return pyvips.Image.new_from_array(gray, interpretation="b-w")


def _levels(image: pyvips.Image) -> NDArray[np.uint8]:
    return image.numpy().reshape(image.height, image.width)
