"""Photos to measure with: scikit-image's own, enlarged with film grain, and packed ones."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray

from preprocessing.packing import load_packed, packed_categories
from preprocessing.square import SIDE_PX

IN_COLOR = ("coffee", "astronaut", "rocket", "chelsea")  # in the public domain
GRAY = "camera"  # likewise
GRAIN = 6.0  # standard deviation, of 255 levels
PART = 0.8  # of each side; how much of a photo is taken where only a part is
JPEG = {"Q": 92}


def drawn(
    name: str, width: int, height: int, *, gray: bool = True, corner: int = 0, seed: int = 0
) -> pyvips.Image:
    """A photo of scikit-image's, enlarged and cut to a size, with film grain.

    Args:
        name: in `skimage.data`.
        width: px.
        height: px.
        gray: without its colours.
        corner: 0 for the whole photo, 1 to 4 for a part in one of its corners.
        seed: of the grain.

    Returns:
        float samples of about 0 to 255, gray or sRGB; computed only as they are written.
    """
    from skimage import data  # a second, so not at import

    image = pyvips.Image.new_from_array(getattr(data, name)())
    if corner:
        part = [round(PART * side) for side in (image.width, image.height)]
        left, top = (corner - 1) % 2, (corner - 1) // 2
        image = image.crop(left * (image.width - part[0]), top * (image.height - part[1]), *part)
    image = image.colourspace("b-w") if gray else image
    large = image.thumbnail_image(width, height=height, crop="centre")
    return large + pyvips.Image.gaussnoise(width, height, mean=0, sigma=GRAIN, seed=seed)


def draw_photo(path: Path, width: int, height: int) -> None:
    """Write a drawn gray photo as a JPEG."""
    drawn(GRAY, width, height).cast("uchar").write_to_file(str(path), **JPEG)


def draw_photos(folder: Path, number: int, width: int, height: int) -> list[Path]:
    """Write gray JPEGs of which no two are the same: other motifs, parts and grains."""
    names = (GRAY, *IN_COLOR)
    paths = [folder / f"{one:04d}.jpg" for one in range(number)]
    for seed, path in enumerate(paths):
        corner = seed // len(names) % 5
        image = drawn(names[seed % len(names)], width, height, corner=corner, seed=seed)
        image.cast("uchar").write_to_file(str(path), **JPEG)
    return paths


def square_photos(packed_dir: Path, split: str, limit: int) -> Sequence[NDArray[np.uint8]]:
    """Colour photos (256, 256, 3) uint8 sRGB: packed ones, else scikit-image's.

    Args:
        packed_dir: what `python -m preprocessing` wrote; it need not be there.
        split: "train", "val" or "test"; scikit-image has one for all.
        limit: photos per category.
    """
    if packed_dir.is_dir():
        return [
            np.asarray(rgb)
            for category in packed_categories(packed_dir)
            for rgb in load_packed(packed_dir, category, split)[:limit]
        ]
    from skimage import data

    wholes = [pyvips.Image.new_from_array(getattr(data, name)()) for name in IN_COLOR]
    return [one.thumbnail_image(SIDE_PX, height=SIDE_PX, crop="centre").numpy() for one in wholes]
