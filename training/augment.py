"""Random resized crops and tone curves: drawn with NumPy, applied in the compiled step.

A crop is (top, left, height, width) in pixels of the packed square, fractions allowed. A crop that
starts at its right edge and has a negative width gives a mirrored photo. A tone curve is (gamma,
black, white): the same scene on another film, paler or darker, but with the colours that it had.
Drawing on the host makes a run repeatable on every backend; cutting on the device costs two small
matrix products.
"""

from dataclasses import dataclass

import numpy as np
from keras import KerasTensor, ops
from numpy.typing import NDArray

from preprocessing.square import SIDE_PX
from training.old_prints.draw import draw_old_prints

SAME_TONES = (1, 0, 1)  # gamma, lightness of black, lightness of white


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """What is drawn for each photo of a training batch.

    Attributes:
        smallest_px: side of the smallest crop of a 256 px photo.
        gamma_jitter: how much the tone curves vary; 0 leaves them.
        old_prints: share of the photos that are shown as old prints, 0 to 1.
        crop_px: side in pixels to which the crops are resampled, which their grain needs to know.
        untold: share of the photos whose category a network is not told, 0 to 1.
    """

    smallest_px: float = SIDE_PX
    gamma_jitter: float = 0.0
    old_prints: float = 0.0
    crop_px: int = SIDE_PX
    untold: float = 0.0

    def draw(self, rng: np.random.Generator, n: int) -> dict[str, NDArray[np.float32]]:
        """{"crops": (n, 4), "tone_curves": (n, 3)} float32, for training.

        With `old_prints` also what `training.old_prints.draw` gives, and with `untold` {"told":
        (n,) 1 or 0}; crops and curves are the same.
        """
        drawn = {
            "crops": draw_crops(rng, n, self.smallest_px),
            "tone_curves": draw_tone_curves(rng, n, self.gamma_jitter),
        }
        if self.old_prints:
            drawn |= draw_old_prints(rng, n, self.old_prints, self.crop_px)
        if self.untold:
            drawn["told"] = (rng.random(n) >= self.untold).astype(np.float32)
        return drawn


def unchanged(n: int) -> dict[str, NDArray[np.float32]]:
    """What `Augmentation.draw` gives, for whole photos as they are: for validation."""
    curves = np.tile(np.array(SAME_TONES, np.float32), (n, 1))
    return {"crops": whole_crops(n), "tone_curves": curves}


def draw_crops(rng: np.random.Generator, n: int, smallest_px: float) -> NDArray[np.float32]:
    """Draw n square crops with sides from `smallest_px` to 256, half of them mirrored.

    Returns:
        (n, 4) float32 crops.
    """
    side = rng.uniform(min(smallest_px, SIDE_PX), SIDE_PX, n)
    top = rng.uniform(0, SIDE_PX - side)
    left = rng.uniform(0, SIDE_PX - side)
    mirrored = rng.random(n) < 0.5
    left, width = np.where(mirrored, left + side, left), np.where(mirrored, -side, side)
    return np.stack([top, left, side, width], axis=1).astype(np.float32)


def draw_tone_curves(rng: np.random.Generator, n: int, gamma_jitter: float) -> NDArray[np.float32]:
    """Draw n tone curves: gamma from exp(-jitter) to exp(jitter), up to jitter / 4 off either end.

    Returns:
        (n, 3) float32 gamma, lightness of black, lightness of white; (1, 0, 1) where `gamma_jitter`
        is 0.
    """
    gamma = np.exp(rng.uniform(-gamma_jitter, gamma_jitter, n))
    black, white = rng.uniform(0, gamma_jitter / 4, (2, n))
    return np.stack([gamma, black, 1 - white], axis=1).astype(np.float32)


def apply_tone_curves(lightness: KerasTensor, curves: KerasTensor) -> KerasTensor:
    """(N, H, W, 1) lightness and (N, 3) curves -> (N, H, W, 1) lightness on that film, 0 to 1."""
    gamma, black, white = (ops.reshape(curves[:, i], (-1, 1, 1, 1)) for i in range(3))
    return black + (white - black) * ops.power(ops.clip(lightness, 1e-4, 1.0), gamma)


def whole_crops(n: int) -> NDArray[np.float32]:
    """(n, 4) float32 crops that are the whole packed square, as validation uses them."""
    return np.tile(np.array([0, 0, SIDE_PX, SIDE_PX], np.float32), (n, 1))


def resize_crops(squares: KerasTensor, crops: KerasTensor, crop_px: int) -> KerasTensor:
    """Cut one crop from each square and resample it, with a triangle filter against aliasing.

    Args:
        squares: (N, S, S, C) of any type: photos of 256 px, or maps of them of another side.
        crops: (N, 4) float32, in pixels of the packed square, whatever S is.
        crop_px: side of the result in pixels.

    Returns:
        (N, crop_px, crop_px, C) float32, in the range of `squares`.
    """
    side = squares.shape[1]
    if side != SIDE_PX:
        crops = crops * (side / SIDE_PX)
    rows = _resampling(crops[:, 0:1], crops[:, 2:3], crop_px, side)
    columns = _resampling(crops[:, 1:2], crops[:, 3:4], crop_px, side)
    tall = ops.einsum("nij,njkc->nikc", rows, ops.cast(squares, "float32"))
    return ops.einsum("nlk,nikc->nilc", columns, tall)


def _resampling(start: KerasTensor, length: KerasTensor, n: int, side: int) -> KerasTensor:
    """(N, 1) start and length in pixels -> (N, n, side) weights; each row sums to 1."""
    steps = (np.arange(n, dtype=np.float32) + 0.5) / n
    pixels = np.arange(side, dtype=np.float32) + 0.5
    source = ops.expand_dims(start + length * steps, -1)  # (N, n, 1)
    reach = ops.expand_dims(ops.maximum(ops.abs(length) / n, 1.0), -1)
    weights = ops.maximum(1.0 - ops.abs(source - pixels) / reach, 0.0)
    return weights / ops.sum(weights, axis=-1, keepdims=True)
