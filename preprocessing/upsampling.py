"""Chrominance enlarged to the photo's size along the edges of the photo's own luminance.

What the luminance of the miniature lost in shrinking is known: it is the photo's minus the
miniature's. Near an edge chrominance and luminance change together, so the chrominance gets back
its share of that detail, by the slope of ab over lum around each pixel of the miniature.
Source: the local linear model of He, Sun & Tang 2013, "Guided Image Filtering", section 3.1, on the
detail only; `python -m benchmarks.edges` compares it with plain bicubic.
"""

import numpy as np
import pyvips
from numpy.typing import NDArray

RADIUS = 1  # px of the miniature; wider windows were worse
EPSILON = 0.01  # of lum^2: a contrast of 0.1 counts half


def with_slopes(ab: NDArray[np.float32], lum: NDArray[np.float32]) -> NDArray[np.float32]:
    """What `enlarge` takes: chrominance, its slopes over luminance, and the luminance.

    Args:
        ab: (h, w, 2) a*/128 and b*/128.
        lum: (h, w, 1) L*/100 of the miniature; of another size, it is brought to that of `ab`.

    Returns:
        (h, w, 5) float32.
    """
    lum = _at_size(lum, ab.shape[0], ab.shape[1])
    mean_lum, mean_ab = _box(lum), _box(ab)
    variance = _box(lum * lum) - mean_lum**2
    covariance = _box(lum * ab) - mean_lum * mean_ab
    slopes = _box((covariance / (np.maximum(variance, 0) + EPSILON)).astype(np.float32))
    return np.concatenate([ab, slopes, lum], axis=-1).astype(np.float32)


def enlarge(sloped: NDArray[np.float32], lum: pyvips.Image) -> pyvips.Image:
    """Chrominance at full size.

    Args:
        sloped: (h, w, 5) from `with_slopes`.
        lum: the photo's luminance at full size, L*/100.

    Returns:
        an image of two float bands, as large as `lum`.
    """
    small = pyvips.Image.new_from_array(np.ascontiguousarray(sloped, np.float32))
    large = small.resize(lum.width / small.width, vscale=lum.height / small.height, kernel="cubic")
    return large[0:2] + large[2:4] * (lum - large[4])


def _box(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w, c) -> the mean of each pixel's window, the border repeated outwards."""
    height, width = image.shape[:2]
    padded = np.pad(image, ((RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0)), mode="edge")
    side = 2 * RADIUS + 1
    windows = [padded[y : y + height, x : x + width] for y in range(side) for x in range(side)]
    return np.stack(windows).mean(axis=0)


def _at_size(lum: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """(h, w, 1) -> (height, width, 1)."""
    if lum.shape[:2] == (height, width):
        return lum
    image = pyvips.Image.new_from_array(np.ascontiguousarray(lum, np.float32))
    resized = image.resize(width / image.width, vscale=height / image.height, kernel="cubic")
    return resized.numpy().reshape(height, width, 1)
