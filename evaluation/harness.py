"""Every test photo coloured in every way, and measured against its original."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basics import cli
from evaluation.encoded import Trial, blended_rgb, gray_rgb, start_trial, trial_rgb
from evaluation.metrics import colorfulness, psnr_db, ssim
from imaging.lab import join_lab, split_lab
from pipeline.colorizer import Colorizer
from pipeline.engine.bundle import UNIVERSAL, NetworkFile
from preprocessing.packing import load_packed

METHODS = (
    "gray",
    "constant tint",
    "mean tint of the category",
    "universal",
    "best category",  # the most confident one's colorizer alone
    "three best",  # blended by confidence
    "routed",  # what pipeline.colorize does
    "true category",
    "wrong category",
)
TRUTH = "ground truth"
MEASURES = ("psnr_db", "ssim", "colorfulness")
TINT_PHOTOS = 200  # per category, enough for a mean


@dataclass(frozen=True, kw_only=True)
class Tints:
    """Mean ab of training photos.

    Attributes:
        overall: (2,) over all photos.
        by_category: category -> (2,).
    """

    overall: NDArray[np.float64]
    by_category: dict[str, NDArray[np.float64]]


def score_photos(
    colorizer: Colorizer, packed_dir: Path, limit: int | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Colour every test photo in every way.

    Args:
        colorizer: holds the bundle and the architecture to measure.
        packed_dir: what `python -m preprocessing` wrote.
        limit: photos per category; None for all.

    Returns:
        scores: one row per photo and method: photo, category, method, psnr_db, ssim, colorfulness.
        confidences: one row per photo: category, and one column per category of the bundle.

    Raises:
        DataError: there are no packed photos.
    """
    categories = colorizer.bundle.categories
    tints = mean_tints(packed_dir, categories)
    rng = np.random.default_rng(0)
    tasks = []
    for category in categories:
        for rgb in load_packed(packed_dir, category, "test")[:limit]:
            others = [one for one in categories if one != category]
            tasks.append((len(tasks), category, rgb, str(rng.choice(others))))

    def measure(task: tuple[int, str, NDArray[np.uint8], str]) -> tuple[list[dict], dict]:
        number, category, rgb, wrong = task
        return _measure(colorizer, tints, number, category, rgb, wrong)

    scores, confidences = [], []
    with ThreadPoolExecutor(2) as pool:  # ONNX Runtime and NumPy release the interpreter
        results = cli.progress(pool.map(measure, tasks), "evaluating", total=len(tasks))
        for rows, confidence in results:
            scores += rows
            confidences.append(confidence)
    return pd.DataFrame(scores), pd.DataFrame(confidences)


def score_category(colorizer: Colorizer, own: NetworkFile, packed_dir: Path) -> pd.DataFrame:
    """Colour a category's test photos by its own network, and in the ways to compare it with.

    Args:
        colorizer: of the bundle in whose folder `own` lies; it need not be listed yet.
        own: the colorizer of the category.
        packed_dir: what `python -m preprocessing` wrote.

    Returns:
        scores: as `score_photos` gives them, of fewer methods.

    Raises:
        DataError: there are no packed photos.
    """
    tint = mean_tints(packed_dir, [own.category]).overall
    universal = colorizer.bundle.find_colorizer(own.architecture, UNIVERSAL)
    rows = []
    photos = load_packed(packed_dir, own.category, "test")
    for number, rgb in enumerate(cli.progress(photos, "evaluating", total=len(photos))):
        trial = start_trial(colorizer, np.asarray(rgb))
        ways = {
            "gray": gray_rgb(trial),
            "mean tint of the category": _tinted(trial, tint),
            "universal": trial_rgb(colorizer, trial, universal),
            "true category": trial_rgb(colorizer, trial, own),
            TRUTH: trial.rgb,
        }
        rows += [_score(number, own.category, *way, trial.rgb) for way in ways.items()]
    return pd.DataFrame(rows)


def mean_tints(packed_dir: Path, categories: Sequence[str]) -> Tints:
    """Mean chrominance of the training photos, overall and per category."""
    by_category, counts = {}, []
    for category in categories:
        photos = load_packed(packed_dir, category, "train")
        _, ab = split_lab(photos[:TINT_PHOTOS, ::8, ::8])
        by_category[category] = ab.mean(axis=(0, 1, 2), dtype=np.float64)
        counts.append(len(photos))
    overall = np.average(list(by_category.values()), axis=0, weights=counts)
    return Tints(overall=overall, by_category=by_category)


def _measure(
    colorizer: Colorizer,
    tints: Tints,
    number: int,
    category: str,
    rgb: NDArray[np.uint8],
    wrong: str,
) -> tuple[list[dict], dict]:
    """Every method on one photo."""
    trial = start_trial(colorizer, np.asarray(rgb))
    rows = [
        _score(number, category, method, predicted, trial.rgb)
        for method, predicted in iter_methods(colorizer, trial, tints, category, wrong)
    ]
    return rows, {"category": category, **dict(trial.ranking)}


def _score(
    number: int, category: str, method: str, predicted: NDArray[np.uint8], rgb: NDArray[np.uint8]
) -> dict:
    """How near one way to colour a photo comes to the original."""
    figures = (psnr_db(predicted, rgb), ssim(predicted, rgb), colorfulness(predicted))
    row = {"photo": number, "category": category, "method": method}
    return {**row, **dict(zip(MEASURES, figures, strict=True))}


def iter_methods(
    colorizer: Colorizer, trial: Trial, tints: Tints, category: str, wrong: str
) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Yield (method, (H, W, 3) uint8 sRGB) for each way to colour a photo, the truth last."""
    yield "gray", gray_rgb(trial)
    yield "constant tint", _tinted(trial, tints.overall)
    yield "mean tint of the category", _tinted(trial, tints.by_category[category])
    ways = {
        "universal": colorizer.blend_of({UNIVERSAL: 1.0}),
        "best category": colorizer.blend_of(dict(trial.ranking[:1])),
        "three best": colorizer.blend_of(dict(trial.ranking[:3])),
        "routed": colorizer.choose(trial.ranking),
        "true category": colorizer.blend_of({category: 1.0}),
        "wrong category": colorizer.blend_of({wrong: 1.0}),
    }
    for method, chosen in ways.items():
        yield method, blended_rgb(colorizer, trial, chosen)
    yield TRUTH, trial.rgb


def _tinted(trial: Trial, tint: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The photo (H, W, 3) uint8 with the same ab (2,) everywhere."""
    return join_lab(trial.lum, np.ones((*trial.lum.shape[:2], 2)) * tint)
