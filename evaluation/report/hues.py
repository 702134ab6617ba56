"""How often the predicted hue is about the true one, by what the true one is."""

import numpy as np
from numpy.typing import NDArray

from imaging.lab import AB_SCALE

# hue angle of CIELAB in degrees, from and up to: where the names' usual colours lie (ours); of
# sRGB red lies at 40, orange at 74, yellow at 103, green at 136, cyan at 196, magenta at 328
SECTORS = {
    "red-pink": (0, 45),
    "orange": (45, 75),
    "yellow": (75, 110),
    "green": (110, 145),
    "cold green": (145, 190),
    "blue": (190, 290),  # from cyan on
    "violet": (290, 320),
    "magenta": (320, 360),
}
NEAR_DEGREES = 30.0
LEAST_CHROMA = 15.0  # of the truth, in CIELAB units; below, a hue is hardly seen


def hue_degrees(ab: NDArray[np.floating]) -> NDArray[np.floating]:
    """(..., 2) ab -> (...) hue angle, 0 to below 360."""
    angle = np.degrees(np.arctan2(ab[..., 1], ab[..., 0])) % 360
    return np.where(angle >= 360, 0.0, angle)  # a tiny negative angle rounds up to 360


def sector_indices(hues: NDArray[np.floating]) -> NDArray[np.int64]:
    """(...) hue angles, 0 to below 360 -> (...) index of their sector in `SECTORS`."""
    starts = [low for low, _ in SECTORS.values()]
    return np.searchsorted(starts, hues, side="right") - 1


def hue_hits(
    predicted: NDArray[np.floating], truth: NDArray[np.floating]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pixels of true chroma above 15, by the sector of their true hue.

    Args:
        predicted: (H, W, 2) ab; however small its chroma, it counts by its hue.
        truth: (H, W, 2) ab.

    Returns:
        near: (sectors,) how many of them are predicted within 30 degrees of their hue.
        n: (sectors,) how many there are.
    """
    is_seen = np.hypot(truth[..., 0], truth[..., 1]) * AB_SCALE > LEAST_CHROMA
    true_hue, hue = hue_degrees(truth[is_seen]), hue_degrees(predicted[is_seen])
    apart = np.abs((hue - true_hue + 180) % 360 - 180)
    sector = sector_indices(true_hue)
    near = np.bincount(sector, apart <= NEAR_DEGREES, len(SECTORS)).astype(np.int64)
    return near, np.bincount(sector, minlength=len(SECTORS))
