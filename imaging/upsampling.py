"""Chrominance enlarged to the photo's size along the edges of the photo's own lightness.

Around each pixel of the small chrominance is a linear function of lightness. The coefficients
of that function are enlarged instead of the chrominance itself, and applied to the lightness at
full size: where the lightness has an edge, the chrominance has it, too.
Source: He, Sun & Tang 2013, "Guided Image Filtering", sections 3.1 and 3.5; only the intercepts are
left unsmoothed, so that at its own size a chrominance stays as it is. `python -m benchmarks.edges`
compares this with plain bicubic.
"""

import numpy as np
import pyvips
from numpy.typing import NDArray

from imaging.lab import AB_SCALE, L_SCALE

RADIUS = 1  # px of the chrominance; wider windows were worse
EPSILON = 0.01  # of lightness^2: a contrast of 0.1 counts half
CUBIC_SCALE = 4  # enlarged by more, what is smooth already is interpolated linearly
FIRST_SCALE = (
    2  # by how much it is enlarged before that; 4 moves a result by 2 levels of 255 at most
)
COARSE_PX = 2  # enlarged by more still, it is repeated over so many pixels; half the time each


def fit_coefficients(
    ab: NDArray[np.float32], lightness: NDArray[np.float32], *, contrast: float = 1.0
) -> NDArray[np.float32]:
    """Chrominance as a linear function of lightness around each pixel.

    Args:
        ab: (h, w, 2) a*/128 and b*/128.
        lightness: (h, w, 1) L*/100 of the photo; brought to the size of `ab`.
        contrast: of the lightness, where a sound photo has 1; edges of a faded one count the same.

    Returns:
        (h, w, 4): intercepts and slopes, ab = intercept + slope * lightness.
    """
    lightness = at_size(lightness, ab.shape[0], ab.shape[1])
    mean_lightness, mean_ab = _box(lightness), _box(ab)
    variance = _box(lightness * lightness) - mean_lightness**2
    covariance = _box(lightness * ab) - mean_lightness * mean_ab
    slopes = _box(
        (covariance / (np.maximum(variance, 0) + EPSILON * contrast**2)).astype(np.float32)
    )
    return np.concatenate([ab - slopes * lightness, slopes], axis=-1).astype(np.float32)


def enlarge(
    coefficients: NDArray[np.float32], lightness: pyvips.Image
) -> tuple[pyvips.Image, pyvips.Image]:
    """Chrominance at full size.

    Args:
        coefficients: (h, w, 4) from `fit_coefficients`.
        lightness: the photo's lightness at full size, L*, 0 to 100.

    Returns:
        a* and b*, each one band as large as `lightness`.
    """
    units = np.array([AB_SCALE, AB_SCALE, AB_SCALE / L_SCALE, AB_SCALE / L_SCALE], np.float32)
    image = pyvips.Image.new_from_array(np.ascontiguousarray(coefficients * units, np.float32))
    a, b, slope_a, slope_b = _smooth(image, lightness.width, lightness.height)
    return a + slope_a * lightness, b + slope_b * lightness


def _smooth(image: pyvips.Image, width: int, height: int) -> list[pyvips.Image]:
    """The bands of an image at width x height px: the larger, the simpler its interpolation."""
    scale = min(width / image.width, height / image.height)
    if scale <= CUBIC_SCALE:
        return resized(image, width, height).bandsplit()
    image = resized(image, FIRST_SCALE * image.width, FIRST_SCALE * image.height)
    image = image.copy_memory()  # 6 MB, which is read several times over
    if scale < CUBIC_SCALE * COARSE_PX:
        return resized(image, width, height, "bilinear").bandsplit()
    across, down = (
        to / (COARSE_PX * px) for to, px in ((width, image.width), (height, image.height))
    )
    size = -(-width // COARSE_PX), -(-height // COARSE_PX)
    coarse = _scaled(image, across, down, size, "bilinear")
    bands = [band.zoom(COARSE_PX, COARSE_PX) for band in coarse.bandsplit()]
    return [band.crop(0, 0, width, height) for band in bands]


def resized(
    image: pyvips.Image, width: int, height: int, interpolation: str = "bicubic"
) -> pyvips.Image:
    """An image of width x height px; libvips' own `resize` shifts it by half a pixel."""
    across, down = width / image.width, height / image.height
    return _scaled(image, across, down, (width, height), interpolation)


def _scaled(
    image: pyvips.Image, across: float, down: float, size: tuple[int, int], interpolation: str
) -> pyvips.Image:
    """The upper left of an image enlarged by two factors: `size` px, width and height."""
    return image.affine(
        [across, 0, 0, down],
        interpolate=pyvips.Interpolate.new(interpolation),
        oarea=[0, 0, *size],
        odx=(across - 1) / 2,  # the centres of the corner pixels fall on each other's
        ody=(down - 1) / 2,
        extend="copy",
    )


def _box(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w, c) -> the mean of each pixel's window, the border repeated outwards."""
    height, width = image.shape[:2]
    padded = np.pad(image, ((RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0)), mode="edge")
    side = 2 * RADIUS + 1
    windows = [padded[y : y + height, x : x + width] for y in range(side) for x in range(side)]
    return np.stack(windows).mean(axis=0)


def at_size(image: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """(h, w, c) -> (height, width, c)."""
    if image.shape[:2] == (height, width):
        return image
    small = pyvips.Image.new_from_array(np.ascontiguousarray(image, np.float32))
    return resized(small, width, height).numpy().reshape(height, width, image.shape[2])
