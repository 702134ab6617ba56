"""Photos that a benchmark of training is fed with: ours, and those of the usual way."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from imaging.lab import AB_SCALE, L_SCALE
from preprocessing.square import SIDE_PX

if TYPE_CHECKING:
    from training.batches import PhotoSet

PHOTOS = 256  # held in memory, 50 MB
TURN, SHIFT, ZOOM = 10.0, 0.1, 0.1  # degrees, share of the side, share: common choices


def usual_batches(rgb: NDArray[np.float32], batch_size: int, seed: int) -> Iterator:
    """Yield (lum_batch, ab_batch) for ever from (n, size, size, 3) float32 photos, 0 to 255."""
    from skimage.color import rgb2lab

    rng = np.random.default_rng(seed)
    while True:
        indices = rng.integers(len(rgb), size=batch_size)
        batch = np.stack([augmented(rgb[i], rng) for i in indices]) / np.float32(255)
        lab = rgb2lab(batch).astype(np.float32)
        yield lab[..., :1] / L_SCALE, lab[..., 1:] / AB_SCALE


def augmented(rgb: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """One photo turned, shifted, zoomed, perhaps mirrored: as Keras did, channel by channel."""
    side = rgb.shape[0]
    angle = np.deg2rad(rng.uniform(-TURN, TURN))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.diag(rng.uniform(1 - ZOOM, 1 + ZOOM, 2))
    middle = np.full(2, (side - 1) / 2)
    offset = middle - matrix @ (middle - rng.uniform(-SHIFT, SHIFT, 2) * side)
    channels = [
        ndimage.affine_transform(rgb[..., c], matrix, offset, order=1, mode="nearest")
        for c in range(3)
    ]
    result = np.stack(channels, axis=-1)
    return result[:, ::-1] if rng.random() < 0.5 else result


def photos_in_memory(packed_dir: Path | None) -> "PhotoSet":
    """Up to `PHOTOS` training photos, spread over all packed categories, or as the tests draw."""
    from preprocessing.packing import packed_categories
    from training.batches import PhotoSet, load_photos

    if packed_dir is None:
        from tests.drawing import CATEGORIES, draw_photo

        names = [CATEGORIES[seed % len(CATEGORIES)] for seed in range(PHOTOS)]
        rgb = np.stack(
            [draw_photo(name, seed, SIDE_PX, SIDE_PX) for seed, name in enumerate(names)]
        )
    else:
        every = load_photos(packed_dir, packed_categories(packed_dir), "train")
        rgb = every.take(np.linspace(0, len(every) - 1, min(PHOTOS, len(every))).astype(int))
    n = len(rgb)
    return PhotoSet(arrays=(rgb,), labels=np.zeros(n, np.int64), rows=np.arange(n))
