import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from classifier.metrics import negative_log_likelihood
from pipeline.engine.calibration import calibrate
from release.calibration import fit_temperature

WEIGHTS = (1.0, 3.0, 0.5, 1.0)


def test_temperature_1_only_weighs():
    message = calibrate(np.array([0.4, 0.2, 0.3, 0.1]), WEIGHTS)
    np.testing.assert_allclose(message, np.array([0.4, 0.6, 0.15, 0.1]) / 1.25, rtol=1e-6)


def test_a_temperature_of_2_takes_roots():
    message = calibrate(np.array([0.64, 0.36]), (1.0, 1.0), 2.0)
    np.testing.assert_allclose(message, [0.8 / 1.4, 0.6 / 1.4], rtol=1e-6)


@given(
    arrays(float, (5, 4), elements=st.floats(1e-3, 1)),
    st.floats(0.5, 5),
)
def test_a_temperature_changes_no_ranking(confidences, temperature):
    cold, warm = (calibrate(confidences, WEIGHTS, one) for one in (1.0, temperature))
    np.testing.assert_allclose(warm.sum(axis=1), 1, atol=1e-5)
    ordered = np.take_along_axis(warm, np.argsort(-cold, axis=1), axis=1)
    assert (np.diff(ordered, axis=1) <= 1e-6).all()


def test_a_confidence_of_0_stays_finite():
    message = calibrate(np.array([1.0, 0.0]), (1.0, 1.0), 0.5)
    np.testing.assert_allclose(message, [1, 0], atol=1e-6)


@pytest.mark.parametrize("true", [0.5, 1.0, 2.0])
def test_the_temperature_that_spoilt_the_confidences_is_found(true):
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 1.5, (20_000, 4))
    honest = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (rng.random((len(honest), 1)) > honest.cumsum(axis=1)).sum(axis=1).clip(max=3)
    spoilt = calibrate(honest, (1.0,) * 4, 1 / true)  # its logits times `true`
    assert fit_temperature(spoilt, labels, (1.0,) * 4) == pytest.approx(true, rel=0.05)


def test_no_other_temperature_is_likelier():
    rng = np.random.default_rng(2)
    confidences, labels = rng.dirichlet((0.4,) * 4, 200), rng.integers(4, size=200)
    shares = rng.random(200)

    def loss(temperature):
        message = calibrate(confidences, WEIGHTS, temperature)
        return np.average(negative_log_likelihood(message, labels), weights=shares)

    best = fit_temperature(confidences, labels, WEIGHTS, shares)
    assert all(loss(best) <= loss(other) + 1e-6 for other in np.geomspace(0.2, 5, 50))
