"""What the validation split decides: int8 or float32, and when the router counts as unsure."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.bundle import UNIVERSAL, Bundle, NetworkFile, file_sha256, write_bundle
from pipeline.router import Colorizer
from pipeline.trial import network_inputs, start_trial, trial_rgb
from preprocessing import cli

log = logging.getLogger(__name__)

INT8_LOSS_DB = 0.1  # of PSNR on the validation split; more, and float32 is shipped
CALIBRATION_PHOTOS = 96  # training photos that set the ranges of int8 activations
VALIDATION_PHOTOS = 100  # at most, for the choice of precision


def choose_precision(bundle: Bundle, packed_dir: Path) -> Bundle:
    """Quantize every colorizer; keep int8 where it loses little on the validation split."""
    from pipeline.to_onnx import write_int8

    colorizer = _open(bundle)
    chosen: dict[str, dict[str, NetworkFile]] = {}
    files = [file for table in bundle.colorizers.values() for file in table.values()]
    for file in cli.progress(files, "int8 or float32"):
        categories = bundle.categories if file.category == UNIVERSAL else (file.category,)
        name = file.file.replace(".onnx", ".int8.onnx")
        inputs = _calibration(colorizer, file, packed_dir, categories)
        write_int8(bundle.folder / file.file, bundle.folder / name, inputs)
        small = replace(file, file=name, sha256=file_sha256(bundle.folder / name), precision="int8")
        exact_db, small_db = _validate(colorizer, (file, small), packed_dir, categories)
        best, db = (small, small_db) if exact_db - small_db < INT8_LOSS_DB else (file, exact_db)
        log.info("%s: float32 %.2f dB, int8 %.2f dB", file.file, exact_db, small_db)
        figures = {
            "psnr_db": round(db, 3),
            "float32_psnr_db": round(exact_db, 3),
            "int8_psnr_db": round(small_db, 3),
        }
        table = chosen.setdefault(file.architecture, {})
        table[file.category] = replace(best, validation=figures)
    return replace(bundle, colorizers=chosen)


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
    from preprocessing.packing import load_packed

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


def choose_threshold(bundle: Bundle, packed_dir: Path) -> Bundle:
    """Find the confidence below which the universal colorizer does better, on validation."""
    from classifier.metrics import top_k_error
    from colorizers.metrics import psnr_db
    from preprocessing.packing import load_packed

    colorizer = _open(bundle)
    table = bundle.colorizers[bundle.default]
    confidences, labels, gains = [], [], []
    for label, category in enumerate(cli.progress(bundle.categories, "threshold")):
        for rgb in load_packed(packed_dir, category, "val"):
            trial = start_trial(colorizer, rgb)
            routed = bundle.find_colorizer(bundle.default, trial.ranking[0][0])
            universal_db, routed_db = (
                psnr_db(trial_rgb(colorizer, trial, file), rgb)
                for file in (table[UNIVERSAL], routed)
            )
            gains.append(routed_db - universal_db)
            confidences.append([dict(trial.ranking)[one] for one in bundle.categories])
            labels.append(label)
    sure = np.max(confidences, axis=1)
    candidates = np.arange(0, 0.9, 0.05)
    means = [float(np.where(sure >= t, gains, 0).mean()) for t in candidates]
    best = float(candidates[int(np.argmax(means))])
    figures = {
        f"top_{k}": round(1 - top_k_error(np.array(confidences), np.array(labels), k), 4)
        for k in (1, 3)
    }
    log.info("unsure below %.2f: routing gains %.3f dB over universal", best, max(means))
    return replace(
        bundle, unsure_below=round(best, 2), router=replace(bundle.router, validation=figures)
    )


def _open(bundle: Bundle) -> Colorizer:
    write_bundle(bundle)
    return Colorizer(bundle.folder)
