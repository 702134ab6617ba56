"""How near a coloured photo is to the original, and how colourful it is.

PSNR rewards dull colours: give colorfulness beside it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basics.errors import DataError
from imaging.lab import require_rgb

MEASURES = ("psnr_db", "ssim", "colorfulness")


def score(
    predicted: NDArray[np.uint8],
    ground_truth: NDArray[np.uint8],
    measures: Sequence[str] = MEASURES,
) -> dict[str, float]:
    """How near a coloured photo comes to its original, both (H, W, 3) uint8 sRGB.

    Args:
        predicted: the coloured photo.
        ground_truth: its original.
        measures: which of `MEASURES`, in the order of the result.

    Raises:
        DataError: the images are of different shapes, or not sRGB of 8 bits.
    """
    functions = {
        "psnr_db": lambda: psnr_db(predicted, ground_truth),
        "ssim": lambda: ssim(predicted, ground_truth),
        "colorfulness": lambda: colorfulness(predicted),
    }
    return {name: functions[name]() for name in measures}


def psnr_db(predicted: NDArray[np.uint8], ground_truth: NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio of two (H, W, 3) uint8 sRGB images in dB; inf if identical."""
    _require_pair(predicted, ground_truth, where="psnr_db")
    difference = predicted.astype(np.float32) - ground_truth.astype(np.float32)
    mse = float(np.mean(np.square(difference), dtype=np.float64))
    return float("inf") if mse == 0 else float(10 * np.log10(255**2 / mse))


def ssim(predicted: NDArray[np.uint8], ground_truth: NDArray[np.uint8]) -> float:
    """Structural similarity of two (H, W, 3) uint8 sRGB images, mean over channels; 1 if identical.

    Source: Wang et al. 2004, as scikit-image computes it (7 x 7 window).
    """
    from skimage.metrics import structural_similarity

    _require_pair(predicted, ground_truth, where="ssim")
    # pyright infers that it may return more than the mean, which it does only when asked
    similarity: Any = structural_similarity(
        predicted, ground_truth, channel_axis=-1, data_range=255
    )
    return float(similarity)


def colorfulness(rgb: NDArray[np.uint8]) -> float:
    """Spread and mean of the opponent colours of one (H, W, 3) uint8 sRGB image; 0 for gray.

    Source: Hasler & Süsstrunk 2003, equation for M^(3).
    """
    require_rgb(rgb, where="colorfulness")
    red, green, blue = np.moveaxis(rgb.astype(np.float32), -1, 0)
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = np.hypot(red_green.std(), yellow_blue.std())
    mean = np.hypot(red_green.mean(), yellow_blue.mean())
    return float(spread + 0.3 * mean)


def _require_pair(
    predicted: NDArray[np.uint8], ground_truth: NDArray[np.uint8], *, where: str
) -> None:
    require_rgb(predicted, where=where)
    require_rgb(ground_truth, where=where)
    if predicted.shape != ground_truth.shape:
        raise DataError(
            f"images of different shapes: {predicted.shape} and {ground_truth.shape}",
            where,
            "compare a photo with its own original, at one size",
        )
