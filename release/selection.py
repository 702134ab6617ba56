"""What the validation split decides: precision, how sure the router is, what is blended."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from basics import cli
from classifier.metrics import negative_log_likelihood, top_k_error, top_k_hits
from evaluation.blends import category_mean, choose_threshold, choose_way, measure_ways, summarize
from evaluation.encoded import colored_by, encode_photo
from pipeline.colorizer import Colorizer
from pipeline.engine.bundle import Bundle, ModelEntry
from pipeline.engine.bundle_file import file_sha256
from pipeline.engine.calibration import calibrate
from pipeline.engine.inputs import inputs_of
from preprocessing.packing import load_packed
from release.calibration import fit_temperature

log = logging.getLogger(__name__)

INT8_LOSS_DB = 0.1  # of PSNR on the validation split; more, and float32 is shipped
CALIBRATION_PHOTOS = 96  # training photos that set the ranges of int8 activations
POWERS = tuple(i / 10 for i in range(11))  # of the frequencies of the categories
VALIDATION_PHOTOS = 100  # at most, for the choice of precision


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
    best, db = (small, small_db) if exact_db - small_db < INT8_LOSS_DB else (file, exact_db)
    log.info("%s: float32 %.2f dB, int8 %.2f dB", file.file, exact_db, small_db)
    figures = {
        "psnr_db": round(db, 3),
        "float32_psnr_db": round(exact_db, 3),
        "int8_psnr_db": round(small_db, 3),
    }
    return replace(best, validation=figures)


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


def choose_confidences(bundle: Bundle, packed_dir: Path) -> Bundle:
    """Weigh the router's confidences, then calibrate them."""
    bundle = replace(bundle, category_weights=(1.0,) * len(bundle.categories), temperature=1.0)
    confidences, labels = _validate_router(Colorizer(bundle), packed_dir)
    weights = choose_category_weights(bundle.categories, packed_dir, confidences, labels)
    n = np.bincount(labels)[labels]  # photos of the same category: each category counts the same
    temperature = round(fit_temperature(confidences, labels, weights, 1 / n), 4)
    calibrated = calibrate(confidences, weights, temperature)
    figures = {f"top_{k}": 1 - top_k_error(calibrated, labels, k) for k in (1, 3)}
    figures["nll"] = float(negative_log_likelihood(calibrated, labels).mean())
    log.info("temperature %.3f, negative log-likelihood %.4f", temperature, figures["nll"])
    validation = {name: round(value, 4) for name, value in figures.items()}
    return replace(
        bundle,
        category_weights=weights,
        temperature=temperature,
        router=replace(bundle.router, validation=validation),
    )


def choose_category_weights(
    categories: Sequence[str],
    packed_dir: Path,
    confidences: NDArray[np.float64],
    labels: NDArray[np.int64],
) -> tuple[float, ...]:
    """Make rare categories as easy to reach as frequent ones, as far as validation gains by it.

    The router has learnt how frequent each category is among the training photos, which says
    nothing of anybody's album. Its confidences (N, categories) are divided by a power of those
    frequencies, chosen by the mean over categories of the top-1 hits.

    Source: Menon et al. 2021, "Long-tail learning via logit adjustment" (post-hoc).
    """
    counts = [len(load_packed(packed_dir, one, "train")) for one in categories]
    frequencies = np.array(counts) / sum(counts)
    scores = {
        power: category_mean(top_k_hits(confidences * frequencies**-power, labels, 1), labels)[0]
        for power in POWERS
    }
    power = max(POWERS, key=lambda p: (scores[p], -p))
    log.info("weights: power %.1f, mean top-1 over categories %.4f", power, scores[power])
    weights = frequencies**-power / np.mean(frequencies**-power)
    return tuple(round(float(w), 4) for w in weights)


def choose_blend(bundle: Bundle, packed_dir: Path) -> Bundle:
    """How many colorizers are blended, and when the universal one colours alone."""
    measured = measure_ways(Colorizer(bundle), packed_dir)
    way = choose_way(measured)
    log.info("%s", summarize(measured).to_string(index=False))
    return replace(
        bundle,
        top=way.top,
        universal_rest=way.universal_rest,
        fallback_threshold=choose_threshold(measured, way),
    )


def _validate_router(
    colorizer: Colorizer, packed_dir: Path
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Confidences (N, categories) and category indices (N,) of every validation photo."""
    categories = colorizer.bundle.categories
    confidences, labels = [], []
    for label, category in enumerate(cli.progress(categories, "validating the router")):
        for rgb in load_packed(packed_dir, category, "val"):
            ranking = dict(encode_photo(colorizer, rgb).ranking)
            confidences.append([ranking[one] for one in categories])
            labels.append(label)
    return np.array(confidences), np.array(labels)
