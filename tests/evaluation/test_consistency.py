import csv

import numpy as np
import pytest

from evaluation.consistency import (
    WAYS,
    least_variation,
    main,
    segment_means,
    segments_of,
    variance_within,
    within_segments,
)

RNG = np.random.default_rng(0)
HALVES = np.where(np.arange(32) < 16, 0.2, 0.8)[None, :, None] * np.ones((32, 1, 1))
LIGHTNESS = HALVES.astype(np.float32)  # dark to the left, light to the right


def two_colours(noise: float) -> np.ndarray:
    """(32, 32, 2) ab: red to the left, blue to the right, and noise."""
    left = LIGHTNESS < 0.5
    ab = np.where(left, [0.4, 0.2], [-0.1, -0.4])
    return (ab + RNG.normal(0, noise, ab.shape)).astype(np.float32)


def variation(ab: np.ndarray) -> float:
    return float(np.abs(np.diff(ab[:, :16], axis=1)).mean())


def test_less_variation_takes_noise_away_and_keeps_the_edges_of_the_photo():
    noisy, clean = two_colours(0.05), two_colours(0)
    smooth = least_variation(noisy, LIGHTNESS, 0.1)
    assert variation(smooth) < variation(noisy) / 5
    assert np.abs(smooth - clean).mean() < np.abs(noisy - clean).mean() / 2
    step = np.abs(smooth[:, 16] - smooth[:, 15]).mean(0)
    np.testing.assert_allclose(step, [0.5, 0.6], atol=0.05)


def test_one_colour_varies_no_less_and_no_strength_changes_nothing():
    ab = two_colours(0.05)
    flat = np.full_like(ab, 0.3)
    np.testing.assert_allclose(least_variation(flat, LIGHTNESS, 0.1), flat, atol=1e-6)
    np.testing.assert_array_equal(least_variation(ab, LIGHTNESS, 0.0), ab)
    mean = ab.mean((0, 1))
    np.testing.assert_allclose(least_variation(ab, LIGHTNESS, 0.1).mean((0, 1)), mean, atol=1e-5)


def test_each_segment_has_the_mean_of_its_own():
    labels = segments_of(LIGHTNESS)
    assert len(np.unique(labels)) == 2
    ab = two_colours(0.05)
    means = segment_means(ab, labels)
    np.testing.assert_allclose(
        means[:, :16], np.full((32, 16, 2), ab[:, :16].mean((0, 1))), rtol=1e-5
    )
    assert variance_within(means, labels) == pytest.approx(0, abs=1e-6)
    half = within_segments(ab, LIGHTNESS, 0.5)
    assert variance_within(half, labels) == pytest.approx(variance_within(ab, labels) / 4, rel=1e-4)


def test_every_way_is_measured_on_the_same_photos(tiny_bundle, packed_photos, tmp_path):
    places = ["--models", tiny_bundle, "--packed-dir", packed_photos, "--results-dir", tmp_path]
    assert main([str(one) for one in (*places, "--limit", 1)]) == 0
    with (tmp_path / "consistency.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["way"] for row in rows] == [*WAYS, "ground truth"]
    assert {row["n"] for row in rows} == {"3"}
    assert float(rows[0]["gain_db"]) == 0
    variances = [float(row["variance"]) for row in rows]
    assert variances[-2] <= variances[0]
