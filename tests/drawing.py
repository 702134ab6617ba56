"""Photos that the tests draw: each category has its own colours and its own structure in gray."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray

from preprocessing.split import split_of

CATEGORIES = ("beach", "forest", "fruit")
NEW = "castle"  # none of the twenty; drawn where a test asks for it
TINTS = {
    "beach": (1.0, 0.85, 0.5),
    "forest": (0.45, 0.9, 0.4),
    "fruit": (0.95, 0.45, 0.35),
    NEW: (0.6, 0.55, 0.95),
}
GRIDS = {"beach": (9, 3), "forest": (3, 9), "fruit": (6, 6), NEW: (12, 12)}  # bands, trunks, blobs
PHOTOS_PER_SPLIT = {"train": 8, "val": 2, "test": 2}


def draw_photo(category: str, seed: int, height: int = 200, width: int = 300) -> NDArray[np.uint8]:
    """(height, width, 3) uint8 sRGB; photos of different seeds are no near-duplicates."""
    rng = np.random.default_rng([seed, *category.encode()])
    light = _stretch(rng.uniform(0.2, 0.95, (*GRIDS[category], 1)), height, width)
    specks = _stretch(rng.uniform(-0.12, 0.12, (8, 8, 3)), height, width)
    return np.rint(255 * np.clip(light * TINTS[category] + specks, 0, 1)).astype(np.uint8)


def jpeg(rgb: NDArray[np.uint8], quality: int = 90) -> bytes:
    """An image as JPEG with full colour resolution."""
    image = pyvips.Image.new_from_array(rgb, interpretation="srgb" if rgb.ndim == 3 else "b-w")
    return image.jpegsave_buffer(Q=quality, subsample_mode="off")


def write_raw(raw_dir: Path, categories: Sequence[str] = CATEGORIES) -> None:
    """Draw as many photos per category and split as `PHOTOS_PER_SPLIT` says.

    The split hangs on the bytes, and those on the JPEG library: so photos are drawn until each
    split has its number.
    """
    for category in categories:
        (raw_dir / category).mkdir(parents=True)
        wanted, seed = dict(PHOTOS_PER_SPLIT), 0
        while any(wanted.values()):
            content = jpeg(draw_photo(category, seed))
            split = split_of(hashlib.sha256(content).hexdigest())
            if wanted[split]:
                wanted[split] -= 1
                (raw_dir / category / f"{seed:04d}.jpg").write_bytes(content)
            seed += 1


def _stretch(grid: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    """(h, w, c) -> (height, width, c), linear between the points of the grid."""
    for axis, size in enumerate((height, width)):
        at = np.linspace(0, grid.shape[axis] - 1, size)
        below = np.minimum(at.astype(int), grid.shape[axis] - 2)
        share = np.expand_dims(at - below, tuple(i for i in range(3) if i != axis))
        grid = np.take(grid, below, axis) * (1 - share) + np.take(grid, below + 1, axis) * share
    return grid
