import numpy as np
import pytest
from keras import ops

from colorizers.color_classes import (
    GRID,
    STEP,
    ZHANG,
    class_colours,
    rebalancing,
    share_classes,
)
from colorizers.tasks.classes import class_weights, cross_entropy


def test_the_loss_of_classes_is_least_where_the_four_around_the_truth_share_it():
    truth = np.full((1, 4, 4, 2), [0.3, -0.05], np.float32)
    colours = class_colours()
    sharing = np.prod(np.maximum(1 - np.abs(colours - truth[0, 0, 0]) / STEP, 0), -1)
    assert np.count_nonzero(sharing) == 4
    assert sharing.sum() == pytest.approx(1, abs=1e-5)

    def loss(probabilities: np.ndarray) -> float:
        logits = np.broadcast_to(np.log(probabilities + 1e-9), (1, 2, 2, len(colours))).astype(
            np.float32
        )
        return float(cross_entropy(ops.convert_to_tensor(logits), ops.convert_to_tensor(truth)))

    entropy = -np.sum(sharing[sharing > 0] * np.log(sharing[sharing > 0]))
    vivid = 1 + np.hypot(0.3, 0.05) / 0.25
    assert loss(sharing) == pytest.approx(entropy * vivid, rel=1e-3)
    assert loss(sharing) < loss(np.ones(225) / 225) < loss(np.roll(sharing, 60))


def test_rare_colours_weigh_more_and_the_prior_s_mean_weight_is_one(packed_photos):
    gray, red = np.zeros((900, 2), np.float32), np.full((100, 2), [0.5, 0.375], np.float32)
    prior = share_classes(np.concatenate([gray, red]))
    np.testing.assert_allclose(np.sort(prior)[-2:], [0.1, 0.9])
    weights = rebalancing(prior)
    assert np.sum(weights * prior) == pytest.approx(1)
    assert weights[prior == prior.max()] < weights[np.isclose(prior, 0.1)] < weights[prior == 0][0]
    of_photos = class_weights(packed_photos, ["beach", "forest"])
    assert of_photos.shape == (225,)
    assert of_photos.min() > 0


def test_the_weights_of_the_classes_take_the_place_of_those_of_vivid_pixels():
    truth = np.full((1, 4, 4, 2), [0.25, 0], np.float32)  # exactly a class
    logits = ops.zeros((1, 2, 2, 225))
    weights = np.linspace(1, 3, 225, dtype=np.float32)
    (own,) = np.flatnonzero((class_colours() == [0.25, 0]).all(-1))
    loss = float(cross_entropy(logits, ops.convert_to_tensor(truth), weights))
    assert loss == pytest.approx(weights[own] * np.log(225), rel=1e-4)


@pytest.mark.parametrize("classes", [GRID, ZHANG], ids=["grid", "zhang"])
def test_a_pixel_is_shared_by_the_classes_around_it(classes):
    ab = np.random.default_rng(0).uniform(-0.25, 0.25, (1, 3, 5, 2)).astype(np.float32)
    shares = ops.convert_to_numpy(classes.share(ops.convert_to_tensor(ab)))
    np.testing.assert_allclose(shares.sum(-1), 1, atol=1e-5)
    np.testing.assert_allclose(shares @ classes.colours, ab, atol=0.05)  # the colour, roughly


def test_the_five_nearest_bins_share_a_pixel_by_a_gaussian_of_five_units():
    ab = np.array([0.11, -0.27], np.float32)
    shares = ops.convert_to_numpy(ZHANG.share(ops.convert_to_tensor(ab[None, None, None])))[0, 0, 0]
    away = np.linalg.norm((ZHANG.colours - ab) * 128, axis=1)
    five = np.argsort(away)[:5]
    assert set(np.flatnonzero(shares)) == set(five)
    weights = np.exp(-(away[five] ** 2) / (2 * 5**2))
    np.testing.assert_allclose(shares[five], weights / weights.sum(), rtol=1e-3)
