import numpy as np
import pytest

from evaluation.report.judge import (
    frechet_by_halves,
    frechet_distance,
    judged_right,
    principal_components,
)


@pytest.fixture
def real() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(120, 8))


def test_equal_sets_are_not_told_apart(real):
    assert judged_right(real, real).mean() == 0.5


def test_sets_of_one_distribution_are_told_apart_by_chance(real):
    other = np.random.default_rng(1).normal(size=real.shape)
    assert abs(judged_right(real, other).mean() - 0.5) < 0.1


def test_obviously_different_sets_are_told_apart(real):
    assert judged_right(real, real + 6).mean() > 0.99


def test_a_feature_that_never_changes_says_nothing(real):
    flat = np.concatenate([real, np.ones((len(real), 1))], axis=1)
    assert judged_right(flat, flat).mean() == 0.5


def test_equal_sets_have_no_distance(real):
    assert frechet_distance(real, real) == pytest.approx(0, abs=1e-9)


def test_the_distance_is_that_of_normal_distributions():
    values = np.array([[-1.0], [1.0]]) / np.sqrt(2)  # variance 1
    first, second = np.hstack([values, values * 0]), np.hstack([3 * values + 2, values * 0])
    assert frechet_distance(first, second) == pytest.approx(2**2 + (3 - 1) ** 2)


def test_two_halves_of_the_truth_are_nearer_than_what_was_shifted(real):
    assert frechet_by_halves(real, real) < frechet_by_halves(real, real + 1) - 4


def test_principal_components_are_the_truths_and_keep_its_distances(real):
    features = np.stack([real, real + 1], axis=1)
    truth, other = principal_components(features)
    assert np.abs(truth.mean(axis=0)).max() < 1e-9
    assert np.argsort(-truth.var(axis=0)).tolist() == list(range(8))
    np.testing.assert_allclose(np.linalg.norm(other - truth, axis=1), np.sqrt(8))
