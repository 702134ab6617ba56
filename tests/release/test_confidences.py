"""The router's confidences: weighed and calibrated as far as photos gain that were not seen."""

from dataclasses import replace

import numpy as np
import pytest

from evaluation.encoded import encode_photo
from pipeline import Colorizer
from pipeline.engine.bundle_file import read_bundle
from pipeline.engine.calibration import calibrate
from preprocessing.packing import load_packed
from release.confidences import (
    FOLDS,
    RoutedPhotos,
    choose_category_weights,
    choose_temperature,
    cross_fitted,
    folds_of,
)

EVEN = (1.0,) * 4


def routed(n=1000, *, spoilt=1.0, seed=0):
    """Photos of four categories whose logits an honest router's are, times `spoilt`."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (n, 4))
    honest = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (rng.random((n, 1)) > honest.cumsum(axis=1)).sum(axis=1).clip(max=3)
    confidences = calibrate(honest, EVEN, 1 / spoilt).astype(np.float64)
    return RoutedPhotos(confidences=confidences, labels=labels, folds=np.arange(n) % FOLDS)


def test_a_router_that_says_too_much_is_calibrated():
    temperature, figures = choose_temperature(routed(spoilt=2.0), EVEN)
    assert temperature == pytest.approx(2, rel=0.2)
    assert figures["calibration_error"] < figures["calibration_error_before"]
    assert figures["nll"] < figures["nll_before"]


def test_a_temperature_that_does_not_help_unseen_photos_is_left_out():
    honest = routed(60, seed=3)
    unseen = cross_fitted(honest, lambda _: 1.3, lambda some, _: some.confidences, neutral=1.0)
    np.testing.assert_array_equal(unseen, honest.confidences)
    temperature, figures = choose_temperature(honest, EVEN)
    assert temperature == 1
    assert figures["calibration_error"] == figures["calibration_error_before"]
    assert figures["nll"] == figures["nll_before"]


def test_each_photo_is_judged_by_what_was_chosen_without_it():
    photos = routed(23)
    numbers = np.arange(23.0)
    known = replace(photos, confidences=np.repeat(numbers[:, None], 4, axis=1))

    def seen(some):
        return set(some.confidences[:, 0])

    def is_unseen(some, chosen):
        return np.array([number not in chosen for number in some.confidences[:, 0]])

    assert cross_fitted(known, seen, is_unseen, neutral=set()).all()
    for fold in range(FOLDS):
        together = cross_fitted(
            known, seen, lambda some, chosen: np.full(len(some.labels), len(chosen)), neutral=set()
        )
        assert set(together[known.folds == fold]) == {23 - (known.folds == fold).sum()}


def test_the_folds_are_even_and_go_with_the_content_of_a_photo():
    photos = np.random.default_rng(0).integers(0, 256, (2 * FOLDS + 1, 4, 4, 3), np.uint8)
    folds = folds_of(photos)
    assert sorted(np.bincount(folds)) == [2, 2, 2, 2, 3]
    np.testing.assert_array_equal(folds_of(photos[::-1]), folds[::-1])
    assert folds_of(photos[:0]).shape == (0,)


@pytest.mark.parametrize("bias", [8.0, 1.0])
def test_a_rare_category_weighs_more_only_where_the_router_overlooks_it(bias):
    photos = routed(2000)
    frequencies = np.array([0.7, 0.1, 0.1, 0.1])
    biased = calibrate(photos.confidences, (bias, 1.0, 1.0, 1.0)).astype(np.float64)
    weights = choose_category_weights(replace(photos, confidences=biased), frequencies)
    if bias > 1:
        assert weights[0] < weights[1] == weights[2] == weights[3]
    else:
        assert weights == EVEN


def test_equally_frequent_categories_weigh_the_same(tiny_bundle):
    # the drawn data set has as many training photos of each
    assert read_bundle(tiny_bundle).category_weights == (1.0, 1.0, 1.0)


def test_bundle_json_tells_the_calibration_before_and_after(tiny_bundle):
    bundle = read_bundle(tiny_bundle)
    figures = bundle.router.validation
    for name in ("calibration_error", "nll"):
        assert figures[name] <= figures[f"{name}_before"]
        assert bundle.temperature != 1 or figures[name] == figures[f"{name}_before"]
    assert {"top_1", "top_3", "category_top_1", "category_top_3"} <= set(figures)


def test_weights_shift_confidences_that_still_sum_to_one(tiny_bundle, packed_photos):
    bundle = replace(read_bundle(tiny_bundle), temperature=1.0)
    heavier = replace(bundle, category_weights=(1.0, 9.0, 1.0))
    rgb = np.asarray(load_packed(packed_photos, "beach", "test")[0])
    before, after = (dict(encode_photo(Colorizer(one), rgb).ranking) for one in (bundle, heavier))
    assert sum(after.values()) == pytest.approx(1, abs=1e-5)
    odds = after["forest"] / after["beach"]
    assert odds == pytest.approx(9 * before["forest"] / before["beach"], rel=1e-4)
