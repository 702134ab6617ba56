"""What numbers mean where no profile says it: transfer and primaries of PNG, HEIC and AVIF.

Source: ITU-T H.273 (code points), PNG third edition (gAMA, cHRM, cICP).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray

from imaging.lab import WHITE_XYZ, XYZ_FROM_RGB, decode_srgb, encode_srgb

AS_SRGB = 13
GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0}
BT709 = {1, 6, 14, 15}  # one curve
UNSPECIFIED = {0, 2}
UNREAD = {7: "SMPTE 240M", 9: "log 100", 10: "log 316", 11: "xvYCC", 12: "BT.1361", 16: "PQ",
          17: "SMPTE ST 428", 18: "HLG"}  # fmt: skip
D65 = (0.3127, 0.329)
# x and y of red, green, blue and white
PRIMARIES = {
    4: (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, 0.310, 0.316),
    5: (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, *D65),
    6: (0.63, 0.34, 0.31, 0.595, 0.155, 0.07, *D65),
    7: (0.63, 0.34, 0.31, 0.595, 0.155, 0.07, *D65),
    8: (0.681, 0.319, 0.243, 0.692, 0.145, 0.049, 0.310, 0.316),
    9: (0.708, 0.292, 0.17, 0.797, 0.131, 0.046, *D65),
    11: (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.314, 0.351),
    12: (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, *D65),
    22: (0.63, 0.34, 0.295, 0.605, 0.155, 0.077, *D65),
}
NEAR_SRGB = (0.45, 0.46)  # gAMA: what many programs write for sRGB itself
NEAR = 0.002  # of a primary's x or y: sRGB's own, rounded
LEAST_AREA = 1e-3  # twice that of the triangle of primaries; sRGB's is 0.22
SRGB_PRIMARIES = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, *D65)
# the Bradford transform, as ICC profiles have it
BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


class UnreadTransferError(ValueError):
    """A transfer that is not read; its message names it."""


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """How samples stand for light.

    Attributes:
        gamma: light is value ** gamma; 0 is sRGB's curve, -1 that of BT.709.
        primaries: x and y of red, green, blue and white; None is sRGB's.
        narrow: whether black is 16 of 255 and white 235.
    """

    gamma: float = 0.0
    primaries: tuple[float, ...] | None = None
    narrow: bool = False

    @property
    def is_srgb(self) -> bool:
        """Whether nothing has to be done."""
        return self == SRGB

    def light(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Samples, 0 to 1 -> linear light, 0 to 1."""
        if self.narrow:
            values = np.clip((values * 255 - 16) / 219, 0, 1)
        if self.gamma == 0:
            return decode_srgb(values)
        if self.gamma > 0:
            return values**self.gamma
        return np.where(values < 0.081, values / 4.5, ((values + 0.099) / 1.099) ** (1 / 0.45))


SRGB = Encoding()


def encoding_of_code_points(primaries: int, transfer: int, *, full: bool = True) -> Encoding:
    """What H.273's code points mean.

    Raises:
        UnreadTransferError: the transfer is not read.
    """
    if transfer in UNSPECIFIED or transfer == AS_SRGB:
        gamma = 0.0
    elif transfer in BT709:
        gamma = -1.0
    elif transfer in GAMMAS:
        gamma = GAMMAS[transfer]
    else:
        raise UnreadTransferError(UNREAD.get(transfer, f"transfer {transfer}"))
    return Encoding(gamma=gamma, primaries=PRIMARIES.get(primaries), narrow=not full)


def encoding_of_gamma(gamma: float, chromaticities: tuple[float, ...] | None) -> Encoding:
    """What PNG's gAMA, as 0.45455, and cHRM, as white, red, green, blue, mean.

    Chromaticities that are no colours are ignored.
    """
    decoding = 0.0 if NEAR_SRGB[0] < gamma < NEAR_SRGB[1] else 1 / gamma
    if chromaticities is None:
        return Encoding(gamma=decoding)
    primaries = (*chromaticities[2:], *chromaticities[:2])
    is_near = all(abs(a - b) < NEAR for a, b in zip(primaries, SRGB_PRIMARIES, strict=True))
    ignored = is_near or not _are_colours(primaries)
    return Encoding(gamma=decoding, primaries=None if ignored else primaries)


def _are_colours(primaries: tuple[float, ...]) -> bool:
    """Whether red, green and blue span a triangle, and white has light."""
    xy = np.array(primaries).reshape(4, 2)
    area = np.linalg.det(np.column_stack([xy[:3], np.ones(3)]))
    return bool(xy[3, 1] > 0 and abs(area) > LEAST_AREA)


def in_srgb(image: pyvips.Image, encoding: Encoding) -> pyvips.Image:
    """Gray or RGB of 8 or 16 bits in an encoding -> the same in sRGB; alpha stays as it is."""
    if encoding.is_srgb or image.format not in ("uchar", "ushort"):
        return image
    alpha = image[image.bands - 1] if image.hasalpha() else None
    colours = image[: image.bands - 1] if alpha is not None else image
    deep = image.format == "ushort"
    full = 65535 if deep else 255
    light = encoding.light(np.arange(full + 1) / full)
    if colours.bands == 3 and encoding.primaries:
        matrix = to_srgb_matrix(encoding.primaries)
        linear = colours.maplut(pyvips.Image.new_from_array(light[None].astype(np.float32)))
        linear = linear.recomb(pyvips.Image.new_from_array(matrix.tolist()))
        levels = (linear.copy(interpretation="scrgb")).colourspace("rgb16" if deep else "srgb")
    else:
        table = np.rint(encode_srgb(light) * full).astype(np.uint16 if deep else np.uint8)
        levels = colours.maplut(pyvips.Image.new_from_array(table[None]))
    if alpha is not None:
        levels = levels.bandjoin(alpha)
    return levels.copy(interpretation=image.interpretation)


def to_srgb_matrix(primaries: tuple[float, ...]) -> NDArray[np.float64]:
    """(3, 3): linear RGB of other primaries -> linear sRGB, the white adapted (Bradford)."""
    xy = np.array(primaries, np.float64).reshape(4, 2)
    columns = np.stack([xy[:3, 0], xy[:3, 1], 1 - xy[:3].sum(axis=1)])  # XYZ of red, green, blue
    white = np.array([xy[3, 0] / xy[3, 1], 1.0, (1 - xy[3].sum()) / xy[3, 1]])
    to_xyz = columns * np.linalg.solve(columns, white)
    seen, wanted = BRADFORD @ white, BRADFORD @ np.array(WHITE_XYZ)
    adapted: Any = np.linalg.inv(BRADFORD) @ np.diag(wanted / seen) @ BRADFORD
    return np.linalg.inv(XYZ_FROM_RGB) @ adapted @ to_xyz
