import keras
import numpy as np
import pytest
from keras import ops

from colorizers.tasks import LOSSES
from colorizers.tasks.regression import ERRORS
from evaluation.metrics import psnr_db
from imaging.lab import join_lab
from training.registry import REGRESSION

RNG = np.random.default_rng(0)
LIGHTNESS = RNG.uniform(0.3, 0.8, (2, 8, 8, 1)).astype(np.float32)
TRUTH = RNG.uniform(-0.15, 0.15, (2, 8, 8, 2)).astype(np.float32)


every_loss_of_ab = pytest.mark.parametrize("name", ERRORS)


def value(name: str, predicted: np.ndarray, truth: np.ndarray = TRUTH) -> float:
    return float(
        ERRORS[name](LIGHTNESS, ops.convert_to_tensor(predicted), ops.convert_to_tensor(truth))
    )


def test_the_command_line_knows_every_loss():
    assert list(ERRORS) == [name for name, task in LOSSES.items() if task == REGRESSION]


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
