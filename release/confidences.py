"""How sure the router may say it is: chosen on validation photos, judged on photos not seen.

What is chosen (factors of the categories, then a temperature) is cross-fitted: for each fold of the
photos it is chosen on the others, and what it makes of the fold is kept. If the folds together are
no better for it, it is left out; else it is chosen once more, on all photos.
"""

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from basics import cli
from classifier.metrics import negative_log_likelihood, reliability, top_k_hits
from evaluation.blends import category_mean
from evaluation.encoded import encode_photo
from pipeline.colorizer import Colorizer
from pipeline.engine.bundle import Bundle
from pipeline.engine.calibration import calibrate
from preprocessing.packing import load_packed
from preprocessing.split import FURTHER
from release.calibration import fit_temperature

log = logging.getLogger(__name__)

Choice = TypeVar("Choice")

FOLDS = 5
POWERS = tuple(i / 10 for i in range(11))  # of the frequencies of the categories


@dataclass(frozen=True, kw_only=True, eq=False)
class RoutedPhotos:
    """Photos that have passed the router.

    Attributes:
        confidences: (N, categories), neither weighed nor calibrated.
        labels: (N,) category indices.
        folds: (N,) 0 to `FOLDS` - 1; a category's photos are spread over them by their content.
    """

    confidences: NDArray[np.float64]
    labels: NDArray[np.int64]
    folds: NDArray[np.int64]

    def where(self, chosen: NDArray[np.bool_]) -> "RoutedPhotos":
        """Those of the photos for which `chosen` (N,) holds."""
        return RoutedPhotos(
            confidences=self.confidences[chosen],
            labels=self.labels[chosen],
            folds=self.folds[chosen],
        )


def choose_confidences(bundle: Bundle, packed_dir: Path) -> Bundle:
    """Weigh the router's confidences, then calibrate them, as far as unseen photos gain by it.

    The weights are judged by the mean over categories, on `val` and `val_more`: some categories
    have a dozen photos in `val`. The temperature is judged by means over the photos of `val`, and
    so are all figures of the router, but those named after the categories.
    """
    bundle = replace(bundle, category_weights=(1.0,) * len(bundle.categories), temperature=1.0)
    photos, is_usual = route_validation(bundle, packed_dir)
    counts = [len(load_packed(packed_dir, one, "train")) for one in bundle.categories]
    weights = choose_category_weights(photos, np.array(counts) / sum(counts))
    usual = photos.where(is_usual)
    temperature, figures = choose_temperature(usual, weights)
    weighed = calibrate(usual.confidences, weights)
    for k in (1, 3):
        hits = top_k_hits(weighed, usual.labels, k)
        figures[f"top_{k}"] = float(hits.mean())
        figures[f"category_top_{k}"] = category_mean(hits, usual.labels)[0]
    validation = {name: round(value, 4) for name, value in sorted(figures.items())}
    log.info("the router on %d photos of validation: %s", len(usual.labels), validation)
    router = replace(bundle.router, validation={**bundle.router.validation, **validation})
    return replace(bundle, category_weights=weights, temperature=temperature, router=router)


def choose_category_weights(
    photos: RoutedPhotos, frequencies: NDArray[np.float64]
) -> tuple[float, ...]:
    """Make rare categories as easy to reach as frequent ones, as far as unseen photos gain by it.

    The router has learnt how frequent each category is among the training photos, which says
    nothing of anybody's album. Its confidences are divided by a power of those frequencies, chosen
    by the mean over categories of the top-1 hits.

    Args:
        photos: of validation.
        frequencies: (categories,) of training photos, 0 to 1.

    Source: Menon et al. 2021, "Long-tail learning via logit adjustment" (post-hoc).
    """

    def hits(some: RoutedPhotos, power: float) -> NDArray[np.float64]:
        return top_k_hits(some.confidences * frequencies**-power, some.labels, 1).astype(float)

    def choose(some: RoutedPhotos) -> float:
        scores = {one: category_mean(hits(some, one), some.labels)[0] for one in POWERS}
        return max(POWERS, key=lambda one: (scores[one], -one))

    unseen = category_mean(cross_fitted(photos, choose, hits, neutral=0.0), photos.labels)[0]
    before = category_mean(hits(photos, 0.0), photos.labels)[0]
    power = choose(photos) if unseen >= before else 0.0
    text = "weights: power %.1f; mean top-1 over categories, unseen: %.4f, without weights %.4f"
    log.info(text, power, unseen, before)
    weights = frequencies**-power / np.mean(frequencies**-power)
    return tuple(round(float(one), 4) for one in weights)


def choose_temperature(
    photos: RoutedPhotos, weights: Sequence[float]
) -> tuple[float, dict[str, float]]:
    """The temperature that calibrates the confidences; 1 unless it helps unseen photos.

    It helps where both the calibration error and the negative log-likelihood, means over photos,
    are lower for it.

    Returns:
        It, and on photos that its fit did not see: calibration_error and nll, and the same before,
        with a temperature of 1.
    """

    def fit(some: RoutedPhotos) -> float:
        return fit_temperature(some.confidences, some.labels, weights)

    def apply(some: RoutedPhotos, temperature: float) -> NDArray[np.float64]:
        return calibrate(some.confidences, weights, temperature).astype(np.float64)

    def judge(calibrated: NDArray[np.float64]) -> dict[str, float]:
        likelihood = negative_log_likelihood(calibrated, photos.labels)
        error = reliability(calibrated, photos.labels).calibration_error
        return {"calibration_error": error, "nll": float(likelihood.mean())}

    before = judge(apply(photos, 1.0))
    after = judge(cross_fitted(photos, fit, apply, neutral=1.0))
    helps = all(after[name] < before[name] for name in before)
    log.info("temperature, unseen photos: %s, without %s, helps: %s", after, before, helps)
    temperature = round(fit(photos), 4) if helps else 1.0
    was = {f"{name}_before": value for name, value in before.items()}
    return temperature, {**(after if helps else before), **was}


def cross_fitted(
    photos: RoutedPhotos,
    choose: Callable[[RoutedPhotos], Choice],
    apply: Callable[[RoutedPhotos, Choice], NDArray[np.float64]],
    *,
    neutral: Choice,
) -> NDArray[np.float64]:
    """What is made of each fold by that which was chosen on the other folds.

    Args:
        photos: N of them.
        choose: chooses something on some photos.
        apply: gives (n, ...) for n photos, by what was chosen.
        neutral: is chosen where there are no other folds.

    Returns:
        (N, ...), in the order of the photos.
    """
    found = np.array(apply(photos, neutral))
    for fold in np.unique(photos.folds):
        is_in = photos.folds == fold
        if not is_in.all():
            found[is_in] = apply(photos.where(is_in), choose(photos.where(~is_in)))
    return found


def folds_of(photos: NDArray[np.uint8]) -> NDArray[np.int64]:
    """(n, h, w, 3) photos of one category -> (n,) folds: by content, as many in each as can be."""
    hashes = [hashlib.sha256(np.ascontiguousarray(rgb).tobytes()).digest() for rgb in photos]
    places = sorted(range(len(hashes)), key=hashes.__getitem__)
    folds = np.zeros(len(hashes), np.int64)
    folds[places] = np.arange(len(hashes)) % FOLDS
    return folds


def route_validation(bundle: Bundle, packed_dir: Path) -> tuple[RoutedPhotos, NDArray[np.bool_]]:
    """Every photo of `val` and `val_more`; and (N,) whether it is one of `val`."""
    colorizer = Colorizer(bundle)
    confidences, labels, folds, is_usual = [], [], [], []
    for label, category in enumerate(cli.progress(bundle.categories, "validating the router")):
        for split in ("val", FURTHER["val"]):
            photos = load_packed(packed_dir, category, split)
            folds.append(folds_of(photos))
            for rgb in photos:
                ranking = dict(encode_photo(colorizer, rgb).ranking)
                confidences.append([ranking[one] for one in bundle.categories])
                labels.append(label)
                is_usual.append(split == "val")
    routed = RoutedPhotos(
        confidences=np.array(confidences), labels=np.array(labels), folds=np.concatenate(folds)
    )
    return routed, np.array(is_usual)
