"""Chrominance near strong edges: enlarged along the photo's edges, and by plain bicubic.

    python -m benchmarks.edges --limit 5

The true ab of test photos, shrunk by 4 and by 8, and the ab that the shipped networks predict,
shrunk by 2, are enlarged to 256 px by both. Errors are distances to the true ab in CIELAB units,
over the pixels within 8 px of a strong edge and over all, means over photos; PSNR in dB is that of
the joined photo in sRGB. Without packed photos, scikit-image's are taken.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyvips
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.parts.photos import square_photos
from benchmarks.parts.table import Row, add_results_dir, conditions, publish
from benchmarks.parts.tables import EDGES
from evaluation.encoded import encode_photo, predicted_ab
from evaluation.metrics import psnr_db
from imaging.lab import AB_SCALE, L_SCALE, join_lab, split_lab
from imaging.upsampling import enlarge, fit_coefficients, resized
from pipeline.colorizer import Colorizer
from pipeline.engine.inputs import blend
from pipeline.engine.results import saturated

STRONG = 0.08  # of lum per px: a strong edge
NEAR_PX = 8
SOBEL = 8  # what the Sobel filter makes of a slope of 1 per px
METHODS = ("bicubic", "guided")
CASES = {"true ab / 4": 4, "true ab / 8": 8, "predicted ab / 2": 2}  # how much it is shrunk

Image = NDArray[np.float32]


class Errors(NamedTuple):
    """How far an ab is from the truth.

    Attributes:
        near: CIELAB units, near strong edges; nan where there are none.
        overall: CIELAB units.
        psnr_db: of the joined photo.
    """

    near: float
    overall: float
    psnr_db: float


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--packed", type=Path, default=Path("data/packed"), help="packed photos")
    parser.add_argument("--limit", type=int, default=5, help="photos per category")
    add_results_dir(parser)
    args = parser.parse_args(argv)
    about = conditions(args)
    photos = square_photos(args.packed, "test", args.limit)
    means = mean_errors(photos)
    rows = [row(case, len(photos), *(means[case, one] for one in METHODS)) for case in CASES]
    publish(EDGES, rows, about, args.results_dir)
    return 0


def row(case: str, n_photos: int, bicubic: Errors, guided: Errors) -> Row:
    """A row of the table."""
    return {
        "case": case,
        "photos": n_photos,
        "near_bicubic": bicubic.near,
        "near_guided": guided.near,
        "near_ratio": guided.near / bicubic.near,
        "overall_bicubic": bicubic.overall,
        "overall_guided": guided.overall,
        "overall_ratio": guided.overall / bicubic.overall,
        "psnr_bicubic_db": bicubic.psnr_db,
        "psnr_guided_db": guided.psnr_db,
        "psnr_gain_db": guided.psnr_db - bicubic.psnr_db,
    }


def mean_errors(photos: Sequence[NDArray[np.uint8]]) -> Mapping[tuple[str, str], Errors]:
    """(case, method) -> means over photos (256, 256, 3) uint8."""
    colorizer, found = Colorizer(), {}
    for rgb in photos:
        lum, truth = split_lab(rgb)
        near = near_edges(lum)
        predicted = _predicted(colorizer, rgb)
        for case, factor in CASES.items():
            ab = predicted if case.startswith("predicted") else truth
            for method, large in enlarged(lum, ab, factor).items():
                found.setdefault((case, method), []).append(errors_of(large, rgb, near))
    return {key: Errors(*np.nanmean(rows, axis=0).tolist()) for key, rows in found.items()}


def enlarged(lum: Image, ab: Image, factor: int) -> dict[str, Image]:
    """An ab (h, w, 2), shrunk by a factor and enlarged again by each method."""
    height, width = lum.shape[:2]
    both = pyvips.Image.new_from_array(np.concatenate([lum, ab], axis=-1))
    small = both.resize(1 / factor, kernel="lanczos3").numpy()
    bicubic = resized(pyvips.Image.new_from_array(small[..., 1:].copy()), width, height)
    a, b = enlarge(
        fit_coefficients(small[..., 1:], small[..., :1]),
        pyvips.Image.new_from_array(lum * L_SCALE),
    )
    guided = np.stack([a.numpy(), b.numpy()], axis=-1) / AB_SCALE
    return {"bicubic": bicubic.numpy(), "guided": guided.astype(np.float32)}


def errors_of(ab: Image, rgb: NDArray[np.uint8], near: NDArray[np.bool_]) -> Errors:
    """The errors of an ab (h, w, 2) of one photo (h, w, 3); `near` (h, w) marks the edges."""
    lum, truth = split_lab(rgb)
    distance = np.linalg.norm(ab - truth, axis=-1) * AB_SCALE
    return Errors(
        near=float(distance[near].mean()) if near.any() else float("nan"),
        overall=float(distance.mean()),
        psnr_db=psnr_db(join_lab(lum, np.clip(ab, -1, 1)), rgb),
    )


def near_edges(lum: Image) -> NDArray[np.bool_]:
    """(h, w, 1) lum -> (h, w): which pixels are within 8 px of a strong edge."""
    slopes = [ndimage.sobel(lum[..., 0], axis=axis) / SOBEL for axis in (0, 1)]
    strong = np.hypot(*slopes) > STRONG
    if not strong.any():
        return strong
    distance = np.asarray(ndimage.distance_transform_edt(~strong))
    return distance <= NEAR_PX


def _predicted(colorizer: Colorizer, rgb: NDArray[np.uint8]) -> Image:
    """The ab (h, w, 2) of a photo as `pipeline.colorize` predicts it."""
    photo = encode_photo(colorizer, rgb)
    chosen = colorizer.engine.choose(photo.ranking, colorizer.defaults)
    predictions = [predicted_ab(colorizer, photo, file) for file, _ in chosen]
    ab = blend(predictions, [weight for _, weight in chosen])
    return saturated(ab, colorizer.engine.saturation(colorizer.defaults))


if __name__ == "__main__":
    raise SystemExit(main())
