from dataclasses import replace

import numpy as np
import pytest

from pipeline import Colorizer
from pipeline.bundle import read_bundle, write_bundle
from pipeline.selection import THRESHOLDS, choose_category_weights
from pipeline.trial import start_trial
from preprocessing.packing import load_packed


def test_equally_frequent_categories_weigh_the_same(tiny_bundle):
    # the drawn data set has as many training photos of each
    assert read_bundle(tiny_bundle).category_weights == (1.0, 1.0, 1.0)


def test_the_threshold_is_one_of_the_candidates(tiny_bundle):
    assert read_bundle(tiny_bundle).unsure_below in THRESHOLDS


def test_weights_shift_confidences_that_still_sum_to_one(tiny_bundle, packed_photos, tmp_path):
    import shutil

    copied = shutil.copytree(tiny_bundle, tmp_path / "copied")
    write_bundle(replace(read_bundle(copied), category_weights=(1.0, 9.0, 1.0)))
    rgb = np.asarray(load_packed(packed_photos, "beach", "test")[0])
    before = dict(start_trial(Colorizer(tiny_bundle), rgb).ranking)
    after = dict(start_trial(Colorizer(copied), rgb).ranking)
    assert sum(after.values()) == pytest.approx(1, abs=1e-5)
    odds = after["forest"] / after["beach"]
    assert odds == pytest.approx(9 * before["forest"] / before["beach"], rel=1e-4)


def test_a_rare_category_weighs_more(tiny_bundle, packed_photos, tmp_path):
    import shutil

    packed = shutil.copytree(packed_photos, tmp_path / "packed")
    few = np.load(packed / "fruit" / "train.npy")[:1]
    np.save(packed / "fruit" / "train.npy", few)
    copied = shutil.copytree(tiny_bundle, tmp_path / "copied")
    weights = choose_category_weights(read_bundle(copied), packed).category_weights
    assert weights[2] >= weights[0] == weights[1]
