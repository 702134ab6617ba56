"""How near each form comes to the colours of photos; measured once, then read."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basics.files import atomic_write
from colorizers.config import UNIVERSAL
from evaluation.metrics import score
from experiments.category_forms.photos import RoutedPhotos
from experiments.category_forms.predictions import WAYS, iter_predictions, open_form
from experiments.category_forms.runs import FormsConfig
from imaging.lab import join_lab, split_lab

MEASURES = ("psnr_db", "colorfulness")
VAL, TEST = "val", "test"
GRAY = "gray"


def method_of(form: str, way: str) -> str:
    """What tables call a form that is told the category in a way."""
    return form if form == UNIVERSAL else f"{form}, {way}"


def score_form(
    config: FormsConfig, form: str, seed: int, photos: Mapping[str, RoutedPhotos]
) -> pd.DataFrame:
    """Colour the photos of all splits in every way of a form, or read what that gave.

    Args:
        config: of the comparison.
        form: whose networks are trained.
        seed: theirs.
        photos: split -> its photos, `VAL` among them.

    Returns:
        One row per photo and way: split, photo, category, method, seed, `MEASURES`, factor (of the
        constant chrominance).
    """
    n_categories = len(photos[VAL].categories)
    prints = "_".join(one.fingerprint for one in photos.values())
    path = config.folder(form, n_categories) / f"scores_{seed}_{prints}.csv"
    if not path.is_file():
        trained, factor = open_form(config, form, seed, photos[VAL])
        tables = []
        for split, of_split in photos.items():
            rows = []
            for numbers, by_way in iter_predictions(trained, WAYS[form], of_split):
                for way, ab in by_way.items():
                    rows += _rows(of_split, numbers, method_of(form, way), ab)
            tables.append(pd.DataFrame(rows).assign(split=split))
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as side:
            pd.concat(tables).assign(seed=seed, factor=factor).to_csv(side, index=False)
    return pd.read_csv(path)


def score_gray(photos: Mapping[str, RoutedPhotos]) -> pd.DataFrame:
    """Rows as `score_form` gives them, of photos without colours."""
    found = []
    for split, one in photos.items():
        numbers = np.arange(len(one.rgb))
        ab = np.zeros((*one.rgb.shape[:3], 2), np.float32)
        found.append(pd.DataFrame(_rows(one, numbers, GRAY, ab)).assign(split=split, seed=0))
    return pd.concat(found)


def _rows(
    photos: RoutedPhotos,
    numbers: NDArray[np.int64],
    method: str,
    ab: NDArray[np.float32],
) -> list[dict]:
    found = []
    for number, own in zip(numbers, ab, strict=True):
        rgb = photos.rgb[number]
        picture = join_lab(split_lab(rgb)[0], own)
        about = {"photo": number, "category": photos.categories[photos.labels[number]]}
        found.append({**about, "method": method, **score(picture, rgb, MEASURES)})
    return found
