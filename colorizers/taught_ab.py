"""What teachers predict of the training photos, once and for all: files and how they are read.

    TAUGHT_DIR/<category>.npy   (n, 64, 64, 2) int8: a*, b* of the whole photo, a quarter of its
                                side; the rows are those of PACKED_DIR/<category>/train.npy
    TAUGHT_DIR/taught.json      which teachers, how they were run, and of which photos

Rounding to whole a*, b* is 0.3 units of noise; what the teachers miss of the truth is 15.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from basics.errors import DataError
from preprocessing.packing import training_folders
from preprocessing.square import SIDE_PX

if TYPE_CHECKING:
    from training.batches import PhotoSet

TAUGHT = "taught"  # the name of the maps in a batch, and of the loss against them
MAP_PX = SIDE_PX // 4
TABLE = "taught.json"
RECIPE, CATEGORIES = "recipe", "categories"
AGAIN = "run python -m colorizers.teach with this folder and these photos"


def load_taught(taught_dir: Path, categories: Sequence[str], photos: "PhotoSet") -> "PhotoSet":
    """Training photos with what teachers predict of them beside, as "taught".

    Args:
        taught_dir: what `colorizers.teach` wrote.
        categories: of the photos, in their order.
        photos: as `training.batches.load_photos` gives them, those of `any` last, if at all.

    Raises:
        DataError: a category is missing, or the photos were packed anew since.
    """
    known = read_table(taught_dir).get(CATEGORIES, {})
    maps = []
    names = training_folders(categories, with_any=len(photos.arrays) > len(categories))
    for category, array in zip(names, photos.arrays, strict=True):
        path = map_path(taught_dir, category)
        if category not in known or not path.is_file():
            raise DataError(f"nothing is taught of {category!r}", taught_dir, AGAIN)
        if known[category] != fingerprint(array):
            raise DataError(
                f"the photos of {category!r} are others than the teachers'", path, AGAIN
            )
        maps.append(_open_map(path, len(array)))
    return replace(photos, beside={**photos.beside, TAUGHT: tuple(maps)})


def map_path(taught_dir: Path, category: str) -> Path:
    """Where the maps of a category are."""
    return taught_dir / f"{category}.npy"


def read_table(taught_dir: Path) -> dict[str, Any]:
    """taught.json; empty where there is none.

    Raises:
        DataError: it is damaged.
    """
    path = taught_dir / TABLE
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict) or not isinstance(found.get(CATEGORIES, {}), dict):
            raise ValueError("no object of categories")
    except (ValueError, RecursionError) as error:
        fix = f"remove it, then {AGAIN}"
        raise DataError(f"damaged {TABLE}: {str(error)[:200]}", path, fix) from error
    return found


def fingerprint(photos: NDArray[np.uint8]) -> str:
    """A hash of the middle rows of packed photos: notices other photos, and another order."""
    return hashlib.sha256(np.ascontiguousarray(photos[:, SIDE_PX // 2]).tobytes()).hexdigest()


def recipe_sha256(taught_dir: Path) -> str:
    """A hash of which teachers there were and how they were run: part of what a run is."""
    recipe = read_table(taught_dir).get(RECIPE)
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()


def _open_map(path: Path, n: int) -> NDArray[np.int8]:
    """(n, 64, 64, 2) int8, memory-mapped."""
    try:
        found = np.load(path, mmap_mode="r" if n else None, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DataError(f"no array of NumPy: {str(error)[:200]}", path, AGAIN) from error
    if found.dtype != np.int8 or found.shape != (n, MAP_PX, MAP_PX, 2):
        what = f"{found.dtype} {found.shape}, not int8 {(n, MAP_PX, MAP_PX, 2)}"
        raise DataError(what, path, AGAIN)
    return found
