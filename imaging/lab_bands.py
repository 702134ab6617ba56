"""CIELAB to sRGB at full size: what `imaging.lab.join_lab` does, in steps of libvips.

Bands stay apart until the end: libvips adds or multiplies single bands in a tenth of the time that
it needs to join or part them.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pyvips
from numpy.typing import NDArray

from imaging.lab import L_SCALE, WHITE_XYZ, XYZ_FROM_RGB, encode_srgb, lightness_from_gray

TOE = 6 / 29  # below, CIE's cube root is a line
TOE_SLOPE = 3 * TOE**2
RGB_FROM_XYZ = np.linalg.inv(XYZ_FROM_RGB) * WHITE_XYZ  # of XYZ relative to white
LEVELS = 2**16  # of linear light, finer than 8 bits of sRGB by far


def lightness_band(image: pyvips.Image) -> pyvips.Image:
    """Gray or sRGB -> L*, 0 to 100; 8-bit gray by table, the same as the networks see."""
    if image.bands == 1 and image.format == "uchar":
        table = L_SCALE * lightness_from_gray(np.arange(256, dtype=np.uint8)[None])
        return image.maplut(pyvips.Image.new_from_array(table))
    return image.colourspace("lab")[0]


def join_bands(
    lightness: pyvips.Image, a: pyvips.Image, b: pyvips.Image, *, deep: bool
) -> pyvips.Image:
    """Join lightness and chrominance to sRGB, keeping the lightness.

    Args:
        lightness: L*, 0 to 100.
        a: a*; colours outside sRGB lose chroma, as in `imaging.lab.join_lab`.
        b: b*.
        deep: whether the result has 16 bits per channel.
    """
    f_y = lightness.linear([1 / 116], [16 / 116])
    gray = _f_inverse(f_y)
    from_x = _f_inverse(f_y + a / 500) - gray
    from_z = _f_inverse(f_y - b / 200) - gray
    chroma = [from_x * float(to_x) + from_z * float(to_z) for to_x, _, to_z in RGB_FROM_XYZ]
    share = _share_in_gamut(gray, chroma)
    return _encoded([gray + share * one for one in chroma], deep=deep)


def lab_in_srgb(image: pyvips.Image) -> pyvips.Image:
    """CIELAB in floats -> sRGB of 16 bits and the same lightness, whatever profile is embedded."""
    lightness, a, b, *alpha = image.bandsplit()
    result = join_bands(lightness, a, b, deep=True)
    if alpha:
        result = result.bandjoin(alpha[0].cast("ushort")).copy(interpretation="rgb16")
    return result


def _f_inverse(f: pyvips.Image) -> pyvips.Image:
    """CIE 1976: the inverse of Lab's cube root with its linear toe."""
    upper = f.maxpair(f.new_from_image(TOE))
    return upper * upper * upper + (f - upper) * TOE_SLOPE


def _share_in_gamut(gray: pyvips.Image, chroma: Sequence[pyvips.Image]) -> pyvips.Image:
    """How much of a chroma, linear RGB above gray, leaves every channel within [0, 1].

    libvips gives 0 for a division by 0, which here means that the colour is gray anyway.
    """
    red, green, blue = chroma
    highest, lowest = red.maxpair(green).maxpair(blue), red.minpair(green).minpair(blue)
    return ((1 - gray) / highest).minpair(gray / -lowest).clamp()


@cache
def _srgb_levels() -> NDArray[np.uint8]:
    """(1, LEVELS) uint8: each level of linear light in sRGB."""
    linear = np.arange(LEVELS)[None] / (LEVELS - 1)
    return np.rint(255 * encode_srgb(linear)).astype(np.uint8)


def _encoded(linear: Sequence[pyvips.Image], *, deep: bool) -> pyvips.Image:
    """Three bands of linear light, 0 to 1 -> sRGB."""
    red, green, blue = linear
    if deep:
        return red.bandjoin([green, blue]).copy(interpretation="scrgb").colourspace("rgb16")
    table = pyvips.Image.new_from_array(_srgb_levels())
    red, green, blue = ((one * (LEVELS - 1)).cast("ushort").maplut(table) for one in linear)
    return red.bandjoin([green, blue]).copy(interpretation="srgb")
