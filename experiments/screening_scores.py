"""What a screened network is worth on photos: its gain over gray, and the colour that it costs.

Losses differ in how bold they are, and a bold network loses PSNR where it guesses wrong. So they
are also compared at one boldness: chrominance is multiplied by the factor, the same for all
photos, at which the pictures are as colourful as a share of the true ones.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics import colorfulness, psnr_db
from imaging.lab import join_lab, split_lab

SATURATIONS = (0.6, 0.8, 1.0, 1.2, 1.4, 1.7, 2.0, 2.5, 3.0)
SHARES = (70, 85)  # percent of the true colorfulness at which the gain is told
FAR_DB = 1.0  # below gray by more than it: a picture that somebody would notice


def summarize(
    rgb: NDArray[np.uint8], ab: NDArray[np.float32], categories: Sequence[str] | NDArray
) -> dict[str, float]:
    """The figures of one network.

    Args:
        rgb: (n, h, w, 3) photos.
        ab: (n, h, w, 2) what was predicted for each.
        categories: (n,) of each.

    Returns:
        gain_db, the PSNR over that of gray, as the mean over photos, and category_gain_db as that
        over the means of categories; colour_ratio, mean colorfulness over that of the photos; the
        shares of photos worse_than_gray, and worse_by_1_db; best_gain_db over `SATURATIONS`;
        gain_at_70_db and gain_at_85_db, nan where no saturation reaches that share; gray_psnr_db.
    """
    names = np.asarray(categories)
    gray, _ = _scores(rgb, ab, 0.0)
    true = np.mean([colorfulness(one) for one in rgb])
    ratios, gains = [], []
    per_photo = np.zeros(len(rgb))
    for saturation in SATURATIONS:
        psnr, colour = _scores(rgb, ab, saturation)
        gains.append(float(np.mean(psnr - gray)))
        ratios.append(float(np.mean(colour) / true))
        if saturation == 1:
            per_photo = psnr - gray
    per_category = [per_photo[names == one].mean() for one in np.unique(names)]
    at = np.interp([one / 100 for one in SHARES], ratios, gains, left=np.nan, right=np.nan)
    return {
        "gain_db": float(per_photo.mean()),
        "category_gain_db": float(np.mean(per_category)),
        "colour_ratio": ratios[SATURATIONS.index(1.0)],
        "worse_than_gray": float(np.mean(per_photo < 0)),
        "worse_by_1_db": float(np.mean(per_photo < -FAR_DB)),
        "best_gain_db": max(gains),
        **{f"gain_at_{share}_db": float(gain) for share, gain in zip(SHARES, at, strict=True)},
        "gray_psnr_db": float(gray.mean()),
    }


def _scores(
    rgb: NDArray[np.uint8], ab: NDArray[np.float32], saturation: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n,) PSNR in dB and (n,) colorfulness of photos whose chrominance is multiplied."""
    psnr, colour = np.zeros(len(rgb)), np.zeros(len(rgb))
    for i, photo in enumerate(rgb):
        lightness, _ = split_lab(photo)
        picture = join_lab(lightness, np.clip(saturation * ab[i], -1, 1))
        psnr[i], colour[i] = psnr_db(picture, photo), colorfulness(picture)
    return psnr, colour
