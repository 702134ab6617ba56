"""Random windows and tones of the packed squares: drawn with NumPy, applied in the compiled step.

A window is (top, left, height, width) in pixels of the packed square, fractions allowed. A window
that starts at its right edge and has a negative width gives a mirrored photo. Tones are (gamma,
black, white): the same scene on another film, paler or darker, but with the colours that it had.
Drawing on the host makes a run repeatable on every backend; cutting on the device costs two small
matrix products.
"""

import numpy as np
from keras import KerasTensor, ops
from numpy.typing import NDArray

from preprocessing.square import SIDE_PX


def draw_windows(rng: np.random.Generator, n: int, smallest_px: float) -> NDArray[np.float32]:
    """Draw n square windows with sides from `smallest_px` to 256, half of them mirrored.

    Returns:
        (n, 4) float32 windows.
    """
    side = rng.uniform(min(smallest_px, SIDE_PX), SIDE_PX, n)
    top = rng.uniform(0, SIDE_PX - side)
    left = rng.uniform(0, SIDE_PX - side)
    mirrored = rng.random(n) < 0.5
    left, width = np.where(mirrored, left + side, left), np.where(mirrored, -side, side)
    return np.stack([top, left, side, width], axis=1).astype(np.float32)


def draw_tones(rng: np.random.Generator, n: int, spread: float) -> NDArray[np.float32]:
    """Draw n tone curves: gamma from exp(-spread) to exp(spread), up to spread / 4 off either end.

    Returns:
        (n, 3) float32 gamma, luminance of black, luminance of white; (1, 0, 1) where `spread` is 0.
    """
    gamma = np.exp(rng.uniform(-spread, spread, n))
    black, white = rng.uniform(0, spread / 4, (2, n))
    return np.stack([gamma, black, 1 - white], axis=1).astype(np.float32)


def bend_tones(lum: KerasTensor, tones: KerasTensor) -> KerasTensor:
    """(N, H, W, 1) lum and (N, 3) tones -> (N, H, W, 1) lum on that film, 0 to 1."""
    gamma, black, white = (ops.reshape(tones[:, i], (-1, 1, 1, 1)) for i in range(3))
    return black + (white - black) * ops.power(ops.clip(lum, 1e-4, 1.0), gamma)


def whole_windows(n: int) -> NDArray[np.float32]:
    """(n, 4) float32 windows that are the whole packed square, as validation uses them."""
    return np.tile(np.array([0, 0, SIDE_PX, SIDE_PX], np.float32), (n, 1))


def cut_windows(rgb: KerasTensor, windows: KerasTensor, size: int) -> KerasTensor:
    """Cut one window from each square and resample it, with a triangle filter against aliasing.

    Args:
        rgb: (N, 256, 256, 3) uint8.
        windows: (N, 4) float32.
        size: side of the result in pixels.

    Returns:
        (N, size, size, 3) float32, 0 to 255.
    """
    rows = _resampling(windows[:, 0:1], windows[:, 2:3], size)
    columns = _resampling(windows[:, 1:2], windows[:, 3:4], size)
    tall = ops.einsum("nij,njkc->nikc", rows, ops.cast(rgb, "float32"))
    return ops.einsum("nlk,nikc->nilc", columns, tall)


def _resampling(start: KerasTensor, length: KerasTensor, size: int) -> KerasTensor:
    """(N, 1) start and length in pixels -> (N, size, 256) weights; each row sums to 1."""
    steps = (np.arange(size, dtype=np.float32) + 0.5) / size
    pixels = np.arange(SIDE_PX, dtype=np.float32) + 0.5
    source = ops.expand_dims(start + length * steps, -1)  # (N, size, 1)
    reach = ops.expand_dims(ops.maximum(ops.abs(length) / size, 1.0), -1)
    weights = ops.maximum(1.0 - ops.abs(source - pixels) / reach, 0.0)
    return weights / ops.sum(weights, axis=-1, keepdims=True)
