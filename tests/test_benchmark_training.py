"""The training benchmark runs on drawn photos, and its parts do what its table claims."""

import math

import keras
import numpy as np
import pytest

from benchmarks import training
from benchmarks.parts import devices, table, tables, training_photos
from colorizers.models import encoder_decoder


@pytest.mark.slow
@pytest.mark.nightly
def test_all_three_ways_to_train_are_timed(tmp_path):
    options = ["--size", "32", "--batch-size", "2", "--steps", "1", "--rounds", "1"]
    assert training.main(["--drawn", *options, "--results-dir", str(tmp_path)]) == 0
    rows = table.read(tables.TRAINING, tmp_path)
    assert [row["way"][:3] for row in rows] == ["(a)", "(b)", "(c)"]
    names = [one.name for one in tables.TRAINING.columns if one.form]
    numbers = np.array([[row[name] for name in names] for row in rows], float)
    assert np.isfinite(numbers).all()
    assert (numbers > 0).all()
    assert float(rows[0]["ratio"]) == 1
    assert rows[0]["processor"].startswith(keras.backend.backend())


def test_forward_flop_of_fig_3_are_counted_from_its_layers():
    stages = [  # side of the output as a share of the photo's, channels in, filters
        *((1, 1, 64), (1 / 2, 64, 64), (1 / 2, 64, 128), (1 / 4, 128, 128)),
        *((1 / 4, 128, 256), (1 / 8, 256, 256), (1 / 8, 256, 512)),
        *((1 / 8, 512, 256), (1 / 8, 256, 128), (1 / 4, 128, 64), (1 / 2, 64, 32), (1 / 2, 32, 2)),
    ]
    by_hand = sum(2 * 9 * (64 * share) ** 2 * before * after for share, before, after in stages)
    assert devices.forward_flop(encoder_decoder.build(), 64) == by_hand


def test_the_usual_augmentation_keeps_the_middle_of_a_photo():
    rgb = np.zeros((65, 65, 3), np.float32)
    rgb[16:49, 16:49] = (200, 100, 50)
    for seed in range(20):
        result = training_photos.augmented(rgb, np.random.default_rng(seed))
        assert result.shape == rgb.shape
        assert result.dtype == np.float32
        np.testing.assert_allclose(result[32, 32], (200, 100, 50), rtol=1e-4)


def test_the_usual_batches_hold_scaled_lab():
    rgb = np.full((3, 16, 16, 3), 128, np.float32)
    lum, ab = next(training_photos.usual_batches(rgb, 4, seed=0))
    assert lum.shape == (4, 16, 16, 1)
    assert math.isclose(lum.mean(), 0.536, abs_tol=1e-3)
    np.testing.assert_allclose(ab, np.zeros((4, 16, 16, 2)), atol=1e-3)
