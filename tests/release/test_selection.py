import shutil
from dataclasses import replace

import numpy as np
import pytest
from release.selection import choose_confidences

from evaluation.blends import MOST, THRESHOLDS
from evaluation.encoded import encode_photo
from pipeline import Colorizer
from pipeline.engine.bundle_file import read_bundle
from preprocessing.packing import load_packed


def test_equally_frequent_categories_weigh_the_same(tiny_bundle):
    # the drawn data set has as many training photos of each
    assert read_bundle(tiny_bundle).category_weights == (1.0, 1.0, 1.0)


def test_what_is_exported_is_one_of_the_candidates(tiny_bundle):
    bundle = read_bundle(tiny_bundle)
    assert bundle.fallback_threshold in THRESHOLDS
    assert 1 <= bundle.top <= MOST
    assert 0.2 <= bundle.temperature <= 5


def test_calibrated_confidences_are_as_right_and_no_less_likely(tiny_bundle, packed_photos):
    bundle = read_bundle(tiny_bundle)
    message = {}
    for temperature in (1.0, bundle.temperature):
        colorizer = Colorizer(replace(bundle, temperature=temperature))
        for label in bundle.categories:
            for rgb in load_packed(packed_photos, label, "val"):
                ranking = encode_photo(colorizer, np.asarray(rgb)).ranking
                message.setdefault(temperature, []).append((ranking, dict(ranking)[label]))
    before, after = (message[one] for one in (1.0, bundle.temperature))
    names = [[[name for name, _ in ranking] for ranking, _ in one] for one in (before, after)]
    assert names[0] == names[1]
    likelihood = [np.log([true for _, true in one]).mean() for one in (before, after)]
    assert likelihood[1] >= likelihood[0] - 1e-4


def test_weights_shift_confidences_that_still_sum_to_one(tiny_bundle, packed_photos):
    bundle = replace(read_bundle(tiny_bundle), temperature=1.0)
    heavier = replace(bundle, category_weights=(1.0, 9.0, 1.0))
    rgb = np.asarray(load_packed(packed_photos, "beach", "test")[0])
    before, after = (dict(encode_photo(Colorizer(one), rgb).ranking) for one in (bundle, heavier))
    assert sum(after.values()) == pytest.approx(1, abs=1e-5)
    odds = after["forest"] / after["beach"]
    assert odds == pytest.approx(9 * before["forest"] / before["beach"], rel=1e-4)


def test_a_rare_category_weighs_more(tiny_bundle, packed_photos, tmp_path):
    packed = shutil.copytree(packed_photos, tmp_path / "packed")
    few = np.load(packed / "fruit" / "train.npy")[:1]
    np.save(packed / "fruit" / "train.npy", few)
    (packed / "photos.csv").unlink()  # it lists more of them
    copied = shutil.copytree(tiny_bundle, tmp_path / "copied")
    weights = choose_confidences(read_bundle(copied), packed).category_weights
    assert weights[2] >= weights[0] == weights[1]
