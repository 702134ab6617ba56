import numpy as np
import pytest

from evaluation.figures import reliability_figure
from evaluation.reliability import BINS, reliability_table, uncalibrated
from pipeline.engine.calibration import calibrate


@pytest.fixture
def raw():
    """Confidences (400, 4) that claim too much, and the true categories."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (400, 4))
    honest = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([rng.choice(4, p=row) for row in honest])
    return calibrate(honest, (1.0,) * 4, 0.4), labels


def test_what_was_calibrated_can_be_taken_back(raw):
    calibrated = calibrate(raw[0], (1.0,) * 4, 2.5)
    np.testing.assert_allclose(uncalibrated(calibrated, 2.5), raw[0], atol=1e-4)


def test_the_table_shows_what_calibration_gains(raw):
    confidences, labels = raw
    table = reliability_table(calibrate(confidences, (1.0,) * 4, 2.5), labels, 2.5)
    assert list(table["stage"]) == ["before"] * (BINS + 1) + ["after"] * (BINS + 1)
    before, after = (table[table["stage"] == stage] for stage in ("before", "after"))
    for rows in (before, after):
        assert rows["n"].iloc[0] == 400 == rows["n"].iloc[1:].sum()
    assert after["calibration_error"].iloc[0] < before["calibration_error"].iloc[0] / 2
    assert after["nll"].iloc[0] < before["nll"].iloc[0]
    assert after["accuracy"].iloc[0] == before["accuracy"].iloc[0]


def test_the_figure_counts_the_photos_of_each_bin(raw):
    confidences, labels = raw
    table = reliability_table(confidences, labels, 1.0)
    figure = reliability_figure(table)
    counts = [text.get_text() for text in figure.axes[3].texts]
    assert counts == [str(n) for n in table[table["stage"] == "after"]["n"].iloc[1:]]
    assert figure.axes[1].get_title().startswith("after calibration")
    assert figure.axes[2].get_xlabel() == "confidence in the best category"
