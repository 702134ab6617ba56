"""Faded prints: the networks see their levels spread over the range that photos usually have.

A fade maps the levels of a photo into a narrow range. It says nothing new about hues, but networks
that were trained on sound photos paint blotches into it. The result keeps the photo's own
lightness: only what the networks see is stretched.
"""

from collections.abc import Callable

import numpy as np
import pyvips
from numpy.typing import NDArray

from imaging.lab import levels_from_lightness, lightness_from_levels

# all ours, in levels of sRGB, 0 to 1
PERCENTILES = (0.5, 99.5)  # robust ends of a photo's levels; dust and scratches lie beyond
RIM = 0.06  # how little the levels of a print's rim, or of what it lies on, differ
RIMS, EDGE_PX = 2, 2  # one round the other: paper on black; how wide a reduced edge is
WITHIN = 0.05  # share of px darker, and brighter, than a corner that is no rim for sure
USUAL = (0.02, 0.90)  # where those ends come to lie
FADED, SOUND = 0.34, 0.36  # ranges: up to which all is stretched, and from which nothing is
LEAST = 2 / 255  # a range below it is an even area, of which nothing can be told
# levels rounded to 8 bits, as many that are stored in 16, become bands when they are stretched
STEP = 1 / 255
WINDOW_PX, BLUR_PX = 7, 6.0
FLAT_STEPS, MOST_STEPS = 3.5, 0.83  # per factor of reduction: what is flat, how far it may move


def seen_by_networks(
    lightness: NDArray[np.float32],
    fine: Callable[[], NDArray[np.float32]],
    *,
    reduction: float,
) -> NDArray[np.float32]:
    """What the networks see of a photo: its lightness, stretched if it has faded.

    Args:
        lightness: (h, w, 1) L*/100, 0 to 1; the very same array is returned if it is sound.
        fine: gives the same without rounding to 8 bits; called only for a faded photo.
        reduction: how many px of the photo, along a side, one of these was made of.

    Returns:
        (h, w, 1) L*/100, 0 to 1.
    """
    if not _strength(_ends(levels_from_lightness(lightness))):
        return lightness
    return stretched(fine(), reduction=reduction)


def stretched(lightness: NDArray[np.float32], *, reduction: float = 1.0) -> NDArray[np.float32]:
    """(h, w, 1) L*/100 with the levels of sRGB spread linearly, as far as they are too narrow."""
    levels = levels_from_lightness(lightness)
    low, high = ends = _ends(levels)
    strength = _strength(ends)
    if not strength:
        return lightness
    to_low, to_high = (
        now + strength * (usual - now) for now, usual in zip(ends, USUAL, strict=True)
    )
    factor = (to_high - to_low) / (high - low)
    levels = to_low + factor * (levels - low)
    levels = _without_bands(levels, factor * STEP, max(1.0, reduction))
    return lightness_from_levels(np.clip(levels, 0, 1))


def contrast_left(lightness: NDArray[np.float32], seen: NDArray[np.float32]) -> float:
    """How much contrast a photo has of that with which the networks see it: 1 if it is sound."""
    if lightness is seen:
        return 1.0
    return min(1.0, float(lightness.std() / max(seen.std(), LEAST)))


def _ends(levels: NDArray[np.float64]) -> tuple[float, float]:
    """The darkest and the brightest level, without outliers and what lies round the print."""
    for _ in range(RIMS):
        inner = _without_rim(levels)
        if inner is levels:
            break
        levels = inner
    return _percentiles(levels)


def _percentiles(levels: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.percentile(levels, PERCENTILES)
    return float(low), float(high)


def _without_rim(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """What lies within a rim brighter or darker than all of it; all if there is none."""
    corners = np.sort(levels[[0, 0, -1, -1], [0, -1, 0, -1]], axis=None)
    rim = float(corners[1:3].mean())  # np.median would import numpy.ma, a sixtieth of a second
    if min((levels < rim - RIM).mean(), (levels > rim + RIM).mean()) > WITHIN:
        return levels  # most photos, which need not be searched: that takes milliseconds
    image = pyvips.Image.new_from_array(np.ascontiguousarray(levels, np.float32))
    left, top, width, height = image.find_trim(threshold=RIM, background=[rim])
    if min(width / image.width, height / image.height) <= 0.5:
        return levels
    rows = slice(top + EDGE_PX, top + height - EDGE_PX)
    inner = levels[rows, left + EDGE_PX : left + width - EDGE_PX]
    low, high = _percentiles(inner)
    return inner if rim < low - RIM or rim > high + RIM else levels


def _strength(ends: tuple[float, float]) -> float:
    """How much of the stretching a photo gets, 0 to 1."""
    span = ends[1] - ends[0]
    if span < LEAST:
        return 0.0
    return float(np.clip((SOUND - span) / (SOUND - FADED), 0, 1))


def _without_bands(
    levels: NDArray[np.float64], step: float, reduction: float
) -> NDArray[np.float64]:
    """Levels (h, w, 1) with what is nearly flat smoothed, by no more than rounding has moved it."""
    image = pyvips.Image.new_from_array(np.ascontiguousarray(levels, np.float32))
    last = WINDOW_PX * WINDOW_PX - 1
    highest, lowest = (image.rank(WINDOW_PX, WINDOW_PX, rank).numpy() for rank in (last, 0))
    smooth = image.gaussblur(BLUR_PX, precision="float").numpy()
    highest, lowest, smooth = (one.reshape(levels.shape) for one in (highest, lowest, smooth))
    most = min(0.5, MOST_STEPS / reduction) * step
    is_flat = highest - lowest <= FLAT_STEPS / reduction * step
    return np.where(is_flat, np.clip(smooth, levels - most, levels + most), levels)
