"""CIELAB to sRGB at full size: what `imaging.lab.join_lab` does, in steps of libvips.

Bands stay apart until the end: libvips adds or multiplies single bands in a tenth of the time that
it needs to join or part them. For 8 bits curves are looked up in tables: each step over a large
photo costs the same, however simple it is, and a curve is six of them.
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
LEVELS = 2**16  # of a table: of linear light and of its cube root, finer than 8 bits of sRGB by far
LEAST_ROOT, MOST_ROOT = -1.0, 2.0  # beyond the cube roots of any colour, here or outside of sRGB
STEPS = (LEVELS - 1) / (MOST_ROOT - LEAST_ROOT)  # of that table, per 1


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
    if deep:
        scale, offset, invert, white = 1.0, 0.0, _f_inverse, 1.0
    else:
        scale, offset, invert, white = STEPS, 0.5 - STEPS * LEAST_ROOT, _f_by_table, LEVELS - 1.0
    f_y = lightness.linear([scale / 116], [scale * 16 / 116 + offset])
    gray = invert(f_y)
    from_x = invert(f_y + a * (scale / 500)) - gray
    from_z = invert(f_y - b * (scale / 200)) - gray
    chroma = [from_x * float(to_x) + from_z * float(to_z) for to_x, _, to_z in RGB_FROM_XYZ]
    share = _share_in_gamut(gray, chroma, white)
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


def _f_by_table(f: pyvips.Image) -> pyvips.Image:
    """The same in levels, of a cube root in steps from the least."""
    return f.cast("ushort").maplut(pyvips.Image.new_from_array(_light_of_root()))


@cache
def _light_of_root() -> NDArray[np.float32]:
    """(1, LEVELS): `_f_inverse` of each step, in levels of linear light."""
    f = LEAST_ROOT + np.arange(LEVELS)[None] / STEPS
    light = np.where(f > TOE, f**3, TOE**3 + (f - TOE) * TOE_SLOPE)
    return ((LEVELS - 1) * light).astype(np.float32)


def _share_in_gamut(
    gray: pyvips.Image, chroma: Sequence[pyvips.Image], white: float
) -> pyvips.Image:
    """How much of a chroma, linear RGB above gray, leaves every channel within [0, white].

    libvips gives 0 for a division by 0, which here means that the colour is gray anyway.
    """
    red, green, blue = chroma
    highest, lowest = red.maxpair(green).maxpair(blue), red.minpair(green).minpair(blue)
    return ((white - gray) / highest).minpair(gray / -lowest).clamp()


@cache
def _srgb_levels() -> NDArray[np.uint8]:
    """(1, LEVELS) uint8: each level of linear light in sRGB."""
    linear = np.arange(LEVELS)[None] / (LEVELS - 1)
    return np.rint(255 * encode_srgb(linear)).astype(np.uint8)


def _encoded(linear: Sequence[pyvips.Image], *, deep: bool) -> pyvips.Image:
    """Three bands of linear light, 0 to 1 if deep, else in levels -> sRGB."""
    red, green, blue = linear
    if deep:
        return red.bandjoin([green, blue]).copy(interpretation="scrgb").colourspace("rgb16")
    table = pyvips.Image.new_from_array(_srgb_levels())
    red, green, blue = (one.cast("ushort").maplut(table) for one in linear)
    return red.bandjoin([green, blue]).copy(interpretation="srgb")
