"""The loop that measures on packed photos; every test photo coloured in every way."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basics import cli
from evaluation.encoded import EncodedPhoto, colored_by, colored_by_blend, encode_photo, gray_rgb
from evaluation.metrics import score
from imaging.lab import join_lab, split_lab
from pipeline.colorizer import Colorizer
from pipeline.engine.bundle import UNIVERSAL, ModelEntry
from preprocessing.packing import load_packed

Result = TypeVar("Result")
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


@dataclass(frozen=True, kw_only=True, eq=False)
class PackedPhoto:
    """One photo of a split.

    Attributes:
        number: among all photos that are measured.
        category: its own.
        index: in the packed file of its category.
        rgb: (256, 256, 3) uint8 sRGB.
    """

    number: int
    category: str
    index: int
    rgb: NDArray[np.uint8]


def packed_photos(
    packed_dir: Path, categories: Sequence[str], split: str, limit: int | None = None
) -> list[PackedPhoto]:
    """The photos of a split, category by category; at most `limit` of each.

    Raises:
        DataError: nothing is packed there.
    """
    found = [
        (category, index, rgb)
        for category in categories
        for index, rgb in enumerate(load_packed(packed_dir, category, split)[:limit])
    ]
    return [
        PackedPhoto(number=number, category=category, index=index, rgb=rgb)
        for number, (category, index, rgb) in enumerate(found)
    ]


def measure_photos(
    colorizer: Colorizer,
    photos: Sequence[PackedPhoto],
    measure: Callable[[PackedPhoto, EncodedPhoto], Result],
    what: str,
) -> list[Result]:
    """Pass each photo through the router once, and measure on it; two photos at a time.

    Args:
        colorizer: holds the router.
        photos: what to measure on.
        measure: called with a photo and what the router said of it, from two threads.
        what: shown before the progress bar.

    Returns:
        What `measure` returned, in the order of the photos.
    """

    def of_photo(photo: PackedPhoto) -> Result:
        return measure(photo, encode_photo(colorizer, photo.rgb))

    with ThreadPoolExecutor(2) as pool:  # ONNX Runtime and NumPy release the interpreter
        return list(cli.progress(pool.map(of_photo, photos), what, total=len(photos)))


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
    photos = packed_photos(packed_dir, categories, "test", limit)
    wrong = [
        str(rng.choice([one for one in categories if one != photo.category])) for photo in photos
    ]

    def measure(packed: PackedPhoto, photo: EncodedPhoto) -> tuple[list[dict], dict]:
        ways = iter_methods(colorizer, photo, tints, packed.category, wrong[packed.number])
        rows = [_score(packed.number, packed.category, *way, photo.rgb) for way in ways]
        return rows, {"category": packed.category, **dict(photo.ranking)}

    results = measure_photos(colorizer, photos, measure, "evaluating")
    scores = [row for rows, _ in results for row in rows]
    return pd.DataFrame(scores), pd.DataFrame([confidence for _, confidence in results])


def score_category(colorizer: Colorizer, own: ModelEntry, packed_dir: Path) -> pd.DataFrame:
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
        photo = encode_photo(colorizer, np.asarray(rgb))
        ways = {
            "gray": gray_rgb(photo),
            "mean tint of the category": _tinted(photo, tint),
            "universal": colored_by(colorizer, photo, universal),
            "true category": colored_by(colorizer, photo, own),
            TRUTH: photo.rgb,
        }
        rows += [_score(number, own.category, *way, photo.rgb) for way in ways.items()]
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


def _score(
    number: int, category: str, method: str, predicted: NDArray[np.uint8], rgb: NDArray[np.uint8]
) -> dict:
    """How near one way to colour a photo comes to the original."""
    row = {"photo": number, "category": category, "method": method}
    return {**row, **score(predicted, rgb)}


def iter_methods(
    colorizer: Colorizer, photo: EncodedPhoto, tints: Tints, category: str, wrong: str
) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Yield (method, (H, W, 3) uint8 sRGB) for each way to colour a photo, the truth last."""
    yield "gray", gray_rgb(photo)
    yield "constant tint", _tinted(photo, tints.overall)
    yield "mean tint of the category", _tinted(photo, tints.by_category[category])
    ways = {
        "universal": colorizer.engine.blend_of({UNIVERSAL: 1.0}, colorizer.defaults),
        "best category": colorizer.engine.blend_of(dict(photo.ranking[:1]), colorizer.defaults),
        "three best": colorizer.engine.blend_of(dict(photo.ranking[:3]), colorizer.defaults),
        "routed": colorizer.engine.choose(photo.ranking, colorizer.defaults),
        "true category": colorizer.engine.blend_of({category: 1.0}, colorizer.defaults),
        "wrong category": colorizer.engine.blend_of({wrong: 1.0}, colorizer.defaults),
    }
    for method, chosen in ways.items():
        yield method, colored_by_blend(colorizer, photo, chosen)
    yield TRUTH, photo.rgb


def _tinted(photo: EncodedPhoto, tint: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The photo (H, W, 3) uint8 with the same ab (2,) everywhere."""
    return join_lab(photo.lightness, np.ones((*photo.lightness.shape[:2], 2)) * tint)
