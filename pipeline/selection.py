"""What the validation split decides: precision, weights of the categories, when to be unsure."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.bundle import UNIVERSAL, Bundle, NetworkFile, file_sha256
from pipeline.router import Colorizer
from pipeline.trial import network_inputs, start_trial, trial_rgb
from preprocessing import cli
from preprocessing.packing import load_packed

log = logging.getLogger(__name__)

INT8_LOSS_DB = 0.1  # of PSNR on the validation split; more, and float32 is shipped
CALIBRATION_PHOTOS = 96  # training photos that set the ranges of int8 activations
POWERS = tuple(i / 10 for i in range(11))  # of the frequencies of the categories
THRESHOLDS = tuple(i / 20 for i in range(18))  # of confidence: 0 to 0.85
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


def smaller_if_as_good(colorizer: Colorizer, file: NetworkFile, packed_dir: Path) -> NetworkFile:
    """Quantize one colorizer; the int8 file where it loses little on the validation split.

    Args:
        colorizer: of the bundle in whose folder `file` lies.
        file: in float32; the int8 file goes beside it.
        packed_dir: what `python -m preprocessing` wrote.

    Returns:
        The file to ship, with the figures of both.
    """
    from pipeline.to_onnx import write_int8

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
    colorizer: Colorizer, file: NetworkFile, packed_dir: Path, categories: Sequence[str]
) -> Iterator[dict[str, NDArray[np.float32]]]:
    """Inputs of a colorizer for some training photos."""
    for rgb in _some_photos(packed_dir, categories, "train", CALIBRATION_PHOTOS):
        inputs = network_inputs(file, start_trial(colorizer, rgb))
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
    files: Sequence[NetworkFile],
    packed_dir: Path,
    categories: Sequence[str],
) -> list[float]:
    """Mean PSNR in dB of each file on up to 100 validation photos."""
    from colorizers.metrics import psnr_db

    scores = []
    for rgb in _some_photos(packed_dir, categories, "val", VALIDATION_PHOTOS):
        trial = start_trial(colorizer, rgb)
        scores.append([psnr_db(trial_rgb(colorizer, trial, file), rgb) for file in files])
    return [float(score) for score in np.mean(scores, axis=0)]


def choose_category_weights(bundle: Bundle, packed_dir: Path) -> Bundle:
    """Make rare categories as easy to reach as frequent ones, as far as validation gains by it.

    The router has learnt how frequent each category is among the training photos, which says
    nothing of anybody's album. Its confidences are divided by a power of those frequencies, chosen
    by the mean over categories of the top-1 hits.

    Source: Menon et al. 2021, "Long-tail learning via logit adjustment" (post-hoc).
    """
    colorizer = Colorizer(replace(bundle, category_weights=(1.0,) * len(bundle.categories)))
    confidences, labels = [], []
    for label, rgb in _labelled_photos(bundle.categories, packed_dir, "val"):
        ranking = dict(start_trial(colorizer, rgb).ranking)
        confidences.append([ranking[one] for one in bundle.categories])
        labels.append(label)
    counts = [len(load_packed(packed_dir, one, "train")) for one in bundle.categories]
    shares = np.array(counts) / sum(counts)
    truth = np.array(labels)
    scores = {
        power: _category_mean((confidences * shares**-power).argmax(axis=1) == truth, truth)
        for power in POWERS
    }
    power = max(POWERS, key=lambda p: (scores[p], -p))
    log.info("weights: power %.1f, mean top-1 over categories %.4f", power, scores[power])
    weights = shares**-power / np.mean(shares**-power)
    return replace(bundle, category_weights=tuple(round(float(w), 4) for w in weights))


def choose_threshold(bundle: Bundle, packed_dir: Path) -> Bundle:
    """Find the confidence below which the universal colorizer does better, on validation."""
    from classifier.metrics import top_k_error
    from colorizers.metrics import psnr_db

    colorizer = Colorizer(bundle)
    universal = bundle.find_colorizer(bundle.default, UNIVERSAL)
    confidences, labels, gains = [], [], []
    for label, rgb in _labelled_photos(bundle.categories, packed_dir, "val"):
        trial = start_trial(colorizer, rgb)
        routed = bundle.find_colorizer(bundle.default, trial.ranking[0][0])
        universal_db, routed_db = (
            psnr_db(trial_rgb(colorizer, trial, file), rgb) for file in (universal, routed)
        )
        gains.append(routed_db - universal_db)
        confidences.append([dict(trial.ranking)[one] for one in bundle.categories])
        labels.append(label)
    sure = np.max(confidences, axis=1)
    means = {t: _category_mean(np.where(sure >= t, gains, 0), np.array(labels)) for t in THRESHOLDS}
    best = max(THRESHOLDS, key=lambda t: (means[t], -t))
    log.info("unsure below %.2f: routing gains %.3f dB over universal", best, means[best])
    figures = {
        f"top_{k}": round(1 - top_k_error(np.array(confidences), np.array(labels), k), 4)
        for k in (1, 3)
    }
    router = replace(bundle.router, validation=figures)
    return replace(bundle, unsure_below=best, router=router)


def _labelled_photos(
    categories: Sequence[str], packed_dir: Path, split: str
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Every photo of a split with the index of its category."""
    for label, category in enumerate(cli.progress(categories, "validating")):
        for rgb in load_packed(packed_dir, category, split):
            yield label, rgb


def _category_mean(values: NDArray, labels: NDArray[np.int64]) -> float:
    """Mean over categories of the mean over their photos: each category counts the same."""
    return float(np.mean([values[labels == one].mean() for one in np.unique(labels)]))
