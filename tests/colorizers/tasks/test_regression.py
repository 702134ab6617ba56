from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from colorizers.config import ColorizerConfig
from colorizers.tasks import LOSSES, PERCEPTUAL, find_task
from colorizers.tasks.regression import ERRORS, Regression
from colorizers.told import CATEGORY
from evaluation.metrics import psnr_db
from imaging.lab import join_lab, split_lab
from tests.training.conftest import build_small_network
from training.batches import NO_CATEGORY, load_photos, training_batches
from training.old_prints.fields import FIELDS, OldPrint, rows_of
from training.registry import REGRESSION
from training.task import NETWORK

RNG = np.random.default_rng(0)
LIGHTNESS = RNG.uniform(0.3, 0.8, (2, 8, 8, 1)).astype(np.float32)
TRUTH = RNG.uniform(-0.15, 0.15, (2, 8, 8, 2)).astype(np.float32)


every_loss_of_ab = pytest.mark.parametrize("name", ERRORS)


def value(name: str, predicted: np.ndarray, truth: np.ndarray = TRUTH) -> float:
    return float(
        ERRORS[name](LIGHTNESS, ops.convert_to_tensor(predicted), ops.convert_to_tensor(truth))
    )


def test_the_command_line_knows_every_loss():
    of_ab = [name for name, task in LOSSES.items() if task == REGRESSION]
    assert [*ERRORS, PERCEPTUAL] == of_ab


@every_loss_of_ab
def test_the_truth_is_best_and_a_worse_guess_costs_more(name):
    right, near, far = (value(name, TRUTH * fraction) for fraction in (1, 0.5, 0))
    assert right < near < far
    assert np.isfinite([right, near, far]).all()


class Guess(keras.Model):
    """Nothing but the chrominance that it predicts."""

    def __init__(self, name: str, guess: np.ndarray) -> None:
        super().__init__()
        self.loss_name = name
        self.ab = self.add_weight(shape=guess.shape, initializer="zeros")
        self.ab.assign(guess)

    def call(self, x):
        return self.ab + 0 * x

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ERRORS[self.loss_name](ops.convert_to_tensor(LIGHTNESS), y_pred, y)


@every_loss_of_ab
@pytest.mark.parametrize("guess", [TRUTH, 0 * TRUTH, TRUTH + 0.9], ids=["right", "gray", "far"])
def test_a_step_from_any_guess_stays_finite(name, guess):
    model = Guess(name, guess)
    model.compile(keras.optimizers.SGD(1e-3))
    model.fit(np.zeros_like(TRUTH), TRUTH, batch_size=2, verbose=0)
    assert np.isfinite(ops.convert_to_numpy(model.ab)).all()


def test_the_psnr_loss_is_minus_a_tenth_of_the_psnr_where_errors_are_large():
    predicted = TRUTH * -2
    loss = value("psnr", predicted) - 5 * np.mean((predicted - TRUTH) ** 2) / np.log(10)
    pairs = [(join_lab(LIGHTNESS[i], ab[i]) for ab in (predicted, TRUTH)) for i in range(2)]
    assert loss == pytest.approx(-np.mean([psnr_db(*pair) for pair in pairs]) / 10, abs=0.05)


def test_a_vivid_pixel_counts_more_than_a_gray_one():
    truth = np.zeros_like(TRUTH)
    truth[0] = 0.25
    wrong = [truth.copy(), truth.copy()]
    for i in (0, 1):
        wrong[i][i] += 0.1
    vivid, gray = (value("chroma", one, truth) for one in wrong)
    assert vivid == pytest.approx(gray * (1 + np.sqrt(2)), rel=1e-3)


def test_a_network_is_told_the_category_but_of_no_photo_without_one_or_that_keeps_it():
    given = keras.Input((None, None, 1)), keras.Input((3,), name=CATEGORY)
    network = keras.Model(given, keras.layers.Conv2D(2, 1)(given[0]))
    places = {"packed_dir": Path("packed"), "run_dir": Path("run"), "category": "universal"}
    task = Regression(ColorizerConfig(**places), {NETWORK: network})
    assert task.augmentation.untold == 0.1
    labels = np.array([2, NO_CATEGORY, 0], np.int32)
    whole = [[0, 0, 1], [0, 0, 0], [1, 0, 0]]
    np.testing.assert_array_equal(task.categories({"labels": labels}), whole)
    kept = {"labels": labels, "told": np.array([0, 1, 1], np.float32)}
    np.testing.assert_array_equal(task.categories(kept), [[0, 0, 0], [0, 0, 0], [1, 0, 0]])
    untold = find_task(ColorizerConfig(**places), {NETWORK: build_small_network()})
    assert untold.augmentation.untold == 0


def test_old_prints_are_shown_and_the_true_lightness_and_colours_judge(packed_photos):
    places = {"packed_dir": packed_photos, "run_dir": Path("run"), "category": "beach"}
    config = ColorizerConfig(**places, size=256, run_px=32, old_prints=1)
    task = find_task(config, {NETWORK: build_small_network()})
    photos = load_photos(packed_photos, ["beach"], "train")
    options = {"batch_size": 2, "seed": 0, "start_step": 0, "augmentation": task.augmentation}
    (batch,) = next(training_batches(photos, **options))
    batch["prints"][1:, FIELDS.index("rim")] = 0.1
    outputs = {name: ops.convert_to_numpy(one) for name, one in task.forward(batch, True).items()}
    rgb = np.stack(
        [
            one[:, ::-1] if crop[3] < 0 else one
            for one, crop in zip(batch["rgb"], batch["crops"], strict=True)
        ]
    )
    lightness, ab = split_lab(rgb)
    np.testing.assert_allclose(outputs["lightness"], lightness, atol=2e-4)
    inside = np.s_[:, 26:-26, 26:-26]
    np.testing.assert_allclose(outputs["truth"][inside], ab[inside], atol=2e-4)
    assert not outputs["truth"][1:, :25].any()
    plain = task.forward({**batch, "prints": rows_of(*2 * [OldPrint()])}, True)
    assert np.abs(ops.convert_to_numpy(plain["ab"]) - outputs["ab"]).max() > 0.01
