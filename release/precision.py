"""int8 or float32: what validation photos decide, of the router first, then of each colorizer.

The router's encoder feeds the colorizers: they are quantized on the features that will be shipped,
and what both steps cost together stays below `INT8_LOSS_DB`.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from basics import cli
from evaluation.encoded import colored_by, encode_photo
from pipeline.colorizer import Colorizer
from pipeline.engine.bundle import FEATURES, UNIVERSAL, Bundle, ModelEntry
from pipeline.engine.bundle_file import file_sha256
from pipeline.engine.inputs import inputs_of
from preprocessing.packing import load_packed
from preprocessing.split import FURTHER

log = logging.getLogger(__name__)

INT8_LOSS_DB = 0.1  # of PSNR on the validation split; more, and float32 is shipped
AGREEMENT = 0.995  # of the router's first choices, in int8 and in float32
CALIBRATION_PHOTOS = 96  # training photos that set the ranges of int8 activations
VALIDATION_PHOTOS = 100  # at most, for the choice of a colorizer's precision
ROUTER_PHOTOS = 200  # coloured at most, for that of the router's
# shares of the router's convolutions that stay in float32, from the first on, in the order in which
# they are tried: the errors of MobileNetV2 come from its first quarter, and little of its speed
FIRST_EXACT = (0.0, 0.25, 0.5)


def choose_router_precision(
    bundle: Bundle,
    packed_dir: Path,
    *,
    agreement: float = AGREEMENT,
    shares: Sequence[float] = FIRST_EXACT,
) -> Bundle:
    """Quantize the router; keep int8 where it routes alike and its features colour alike.

    Args:
        bundle: with the router and the colorizers in float32.
        packed_dir: what `python -m preprocessing` wrote.
        agreement: the least share of photos with the same first choice.
        shares: of its convolutions that stay in float32; the first that is as good is taken.

    Returns:
        The bundle with the router to ship, its confidences not weighed. It tells the agreement in
        its first choices over `val` and `val_more`, and what PSNR int8 features cost each photo's
        own colorizer; where float32 is shipped, those of the way that came nearest.
    """
    from release.to_onnx import write_int8

    bundle = replace(bundle, category_weights=(1.0,) * len(bundle.categories), temperature=1.0)
    folder, exact = bundle.folder, bundle.router
    before = _route_and_color(bundle, packed_dir)
    tried: list[dict[str, float]] = []
    for share in shares:
        name = exact.file.replace(".onnx", ".int8.onnx")
        inputs = _lightness(bundle, packed_dir)
        write_int8(folder / exact.file, folder / name, inputs, first_exact=share)
        small = replace(exact, file=name, sha256=file_sha256(folder / name), precision="int8")
        after = _route_and_color(replace(bundle, router=small), packed_dir)
        loss_db = before[1] - after[1]
        figures = {
            "int8_agreement": round(float(np.mean(before[0] == after[0])), 4),
            "int8_loss_db": round(float(loss_db.mean()) if len(loss_db) else 0.0, 4),
        }
        log.info("the router in int8, the first %.2f in float32: %s", share, figures)
        tried.append(figures)
        if figures["int8_agreement"] >= agreement and figures["int8_loss_db"] < INT8_LOSS_DB:
            return replace(bundle, router=replace(small, validation=figures))
    (folder / exact.file.replace(".onnx", ".int8.onnx")).unlink()
    nearest = max(tried, key=lambda one: one["int8_agreement"])
    return replace(bundle, router=replace(exact, validation=nearest))


def choose_precision(bundle: Bundle, packed_dir: Path) -> Bundle:
    """Quantize every colorizer; keep int8 where it loses little on the validation split."""
    colorizer = Colorizer(bundle)
    chosen = {
        architecture: {
            category: smaller_if_as_good(colorizer, file, packed_dir)
            for category, file in cli.progress(table.items(), f"int8 or float32: {architecture}")
        }
        for architecture, table in bundle.colorizers.items()
    }
    return replace(bundle, colorizers=chosen)


def smaller_if_as_good(colorizer: Colorizer, file: ModelEntry, packed_dir: Path) -> ModelEntry:
    """Quantize one colorizer; the int8 file where it loses little on the validation split.

    Args:
        colorizer: of the bundle in whose folder `file` lies.
        file: in float32; the int8 file goes beside it.
        packed_dir: what `python -m preprocessing` wrote.

    Returns:
        The file to ship, with the figures of both.
    """
    from release.to_onnx import write_int8

    folder, categories = colorizer.bundle.folder, colorizer.bundle.taught_by(file)
    name = file.file.replace(".onnx", ".int8.onnx")
    inputs = _calibration(colorizer, file, packed_dir, categories)
    write_int8(folder / file.file, folder / name, inputs)
    small = replace(file, file=name, sha256=file_sha256(folder / name), precision="int8")
    exact_db, small_db = _validate(colorizer, (file, small), packed_dir, categories)
    is_as_good = exact_db - small_db < allowance_db(colorizer.bundle.router, file)
    best, db = (small, small_db) if is_as_good else (file, exact_db)
    log.info("%s: float32 %.2f dB, int8 %.2f dB", file.file, exact_db, small_db)
    figures = {
        "psnr_db": round(db, 3),
        "float32_psnr_db": round(exact_db, 3),
        "int8_psnr_db": round(small_db, 3),
    }
    return replace(best, validation=figures)


def allowance_db(router: ModelEntry, file: ModelEntry) -> float:
    """The PSNR in dB that int8 may cost a colorizer: what the router's has not cost it already."""
    is_fed_by_int8 = router.precision == "int8" and FEATURES in file.inputs
    spent = router.validation.get("int8_loss_db", 0.0) if is_fed_by_int8 else 0.0
    return INT8_LOSS_DB - max(0.0, spent)


def _route_and_color(
    bundle: Bundle, packed_dir: Path
) -> tuple[NDArray[np.str_], NDArray[np.float64]]:
    """The first choices for all photos of `val` and `val_more`; PSNR of some in their colours."""
    from evaluation.metrics import psnr_db

    colorizer, firsts, scores = Colorizer(bundle), [], []
    fed = [one for one in bundle.colorizers if FEATURES in bundle.colorizers[one][UNIVERSAL].inputs]
    most = max(1, ROUTER_PHOTOS // len(bundle.categories))
    for category in cli.progress(bundle.categories, "int8 or float32: router"):
        for split in ("val", FURTHER["val"]):
            for index, rgb in enumerate(load_packed(packed_dir, category, split)):
                photo = encode_photo(colorizer, rgb)
                firsts.append(photo.ranking[0][0])
                for one in fed if split == "val" and index < most else ():
                    file = bundle.find_colorizer(one, category)
                    scores.append(psnr_db(colored_by(colorizer, photo, file), rgb))
    return np.array(firsts), np.array(scores)


def _lightness(bundle: Bundle, packed_dir: Path) -> Iterator[dict[str, NDArray[np.float32]]]:
    """The router's input for some training photos."""
    colorizer = Colorizer(bundle)
    for rgb in _some_photos(packed_dir, bundle.categories, "train", CALIBRATION_PHOTOS):
        yield {"input_0": colorizer.encode(np.asarray(rgb)).views[0].lightness[None]}


def _calibration(
    colorizer: Colorizer, file: ModelEntry, packed_dir: Path, categories: Sequence[str]
) -> Iterator[dict[str, NDArray[np.float32]]]:
    """Inputs of a colorizer for some training photos."""
    for rgb in _some_photos(packed_dir, categories, "train", CALIBRATION_PHOTOS):
        inputs = inputs_of(file, encode_photo(colorizer, rgb).encoded.views)
        yield {f"input_{i}": one for i, one in enumerate(inputs)}


def _some_photos(
    packed_dir: Path, categories: Sequence[str], split: str, limit: int
) -> Iterator[NDArray[np.uint8]]:
    """Up to `limit` photos, as many from each category as from the others."""
    for category in categories:
        photos = load_packed(packed_dir, category, split)
        yield from photos[: max(1, limit // len(categories))]


def _validate(
    colorizer: Colorizer,
    files: Sequence[ModelEntry],
    packed_dir: Path,
    categories: Sequence[str],
) -> list[float]:
    """Mean PSNR in dB of each file on up to 100 validation photos."""
    from evaluation.metrics import psnr_db

    scores = []
    for rgb in _some_photos(packed_dir, categories, "val", VALIDATION_PHOTOS):
        photo = encode_photo(colorizer, rgb)
        scores.append([psnr_db(colored_by(colorizer, photo, file), rgb) for file in files])
    return [float(score) for score in np.mean(scores, axis=0)]
