import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from classifier.metrics import (
    confusion_matrix,
    negative_log_likelihood,
    reliability,
    top_k_error,
    top_k_hits,
)

CONFIDENCES = np.array(
    [
        [0.5, 0.3, 0.15, 0.05],
        [0.05, 0.15, 0.3, 0.5],
        [0.1, 0.2, 0.3, 0.4],
        [0.7, 0.1, 0.15, 0.05],
    ]
)
LABELS = np.array([0, 1, 3, 3])  # ranks 1, 3, 1, 4


@pytest.mark.parametrize(("k", "error"), [(1, 0.5), (2, 0.5), (3, 0.25), (4, 0.0)])
def test_the_top_k_error_is_the_share_of_photos_ranked_below_k(k, error):
    assert top_k_error(CONFIDENCES, LABELS, k) == error


@pytest.mark.parametrize(
    ("confidences", "label", "k", "hit"),
    [
        ([0.25, 0.25, 0.25, 0.25], 0, 3, False),  # Keras' own metric says True
        ([0.25, 0.25, 0.25, 0.25], 0, 4, True),
        ([0.4, 0.2, 0.2, 0.2], 1, 3, False),
        ([0.4, 0.3, 0.3, 0.0], 2, 3, True),
        ([0.4, 0.3, 0.3, 0.0], 2, 2, False),
        ([np.nan] * 4, 0, 3, False),
        ([0.4, 0.3, np.nan, 0.1], 2, 3, False),
        ([0.6, 0.4, np.nan, np.nan], 0, 3, True),
    ],
)
def test_equal_confidences_and_nan_are_no_hit(confidences, label, k, hit):
    hits = top_k_hits(np.array([confidences]), np.array([label]), k)
    assert hits.tolist() == [hit]


@given(arrays(np.float32, (5, 7), elements=st.floats(0, 1, width=32)), st.integers(1, 6))
def test_more_guesses_never_make_more_errors(confidences, k):
    labels = np.arange(5)
    assert top_k_error(confidences, labels, k + 1) <= top_k_error(confidences, labels, k)


def test_a_constant_classifier_is_always_wrong():
    assert top_k_error(np.full((40, 20), 0.05), np.arange(40) % 20, 3) == 1.0


def test_the_confusion_matrix_counts_true_by_predicted():
    matrix = confusion_matrix(np.array([0, 1, 1, 2, 0]), np.array([0, 1, 2, 2, 0]), 3)
    assert matrix.tolist() == [[2, 0, 0], [0, 1, 0], [0, 1, 1]]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=30))
def test_the_confusion_matrix_counts_every_photo_once(pairs):
    predicted, labels = np.array(pairs, int).reshape(-1, 2).T
    matrix = confusion_matrix(predicted, labels, 5)
    assert matrix.sum() == len(pairs)
    assert np.trace(matrix) == sum(guess == label for guess, label in pairs)


def test_the_likelihood_is_that_of_the_true_category():
    found = negative_log_likelihood(np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([1, 1]))
    np.testing.assert_allclose(found, [np.log(2), 12 * np.log(10)])


def test_photos_are_binned_by_the_confidence_of_their_best_category():
    confidences = np.array([[0.95, 0.05], [0.85, 0.15], [0.2, 0.8], [0.0, 1.0]])
    found = reliability(confidences, np.array([0, 1, 1, 1]), n_bins=5)
    np.testing.assert_array_equal(found.n, [0, 0, 0, 0, 4])
    assert found.accuracy[4] == 0.75
    assert found.confidence[4] == pytest.approx(0.9)
    assert np.isnan(found.accuracy[:4]).all()
    assert found.calibration_error == pytest.approx(0.15)


def test_the_calibration_error_weighs_bins_by_their_photos():
    confidences = np.array([[0.55, 0.45], [0.95, 0.05], [0.95, 0.05]])
    found = reliability(confidences, np.array([1, 0, 0]))
    assert found.calibration_error == pytest.approx((0.55 + 0.05 + 0.05) / 3)
