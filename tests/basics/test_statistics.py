"""Intervals of means and rates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from basics.statistics import (
    bootstrap_interval,
    group_means,
    ratio_interval,
    wilson_interval,
)


def test_the_bootstrap_interval_covers_the_mean_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    for seed in range(200):
        low, high = bootstrap_interval(rng.normal(20, 3, 50), seed)
        covered += low <= 20 <= high
    assert 180 <= covered <= 199  # 95 % of 200, less what 50 photos cost


@pytest.mark.parametrize(
    ("n_hits", "n", "low", "high"),
    [  # Newcombe 1998, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_the_published_one(n_hits, n, low, high):
    found = wilson_interval(n_hits, n)
    assert found.rate == n_hits / n
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


@given(counts=st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_that_of_scipy(counts):
    n_hits, n = counts
    found = wilson_interval(n_hits, n)
    expected = binomtest(n_hits, n).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= found.low <= found.rate <= found.high <= 1


@given(counts=st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_of_the_opposite_is_the_mirror_image(counts):
    n_hits, n = counts
    one, other = wilson_interval(n_hits, n), wilson_interval(n - n_hits, n)
    assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low), abs=1e-12)


def test_nothing_and_everything_are_bounds_themselves():
    assert wilson_interval(0, 7).low == 0.0
    assert wilson_interval(7, 7).high == 1.0


def test_groups_count_alike_however_many_they_are():
    values, groups = np.array([1.0, 2.0, 3.0, 10.0]), np.array([0, 0, 0, 1])
    mean, low, high = group_means(values, groups)
    assert mean == 6
    assert 5.5 <= low < mean < high <= 6.5  # of the second group there is one photo


def test_a_ratio_is_that_of_sums():
    parts, wholes = np.array([1.0, 8.0, 3.0]), np.array([2.0, 10.0, 4.0])
    low, high = ratio_interval(parts, wholes)
    assert 0.5 <= low < 12 / 16 < high <= 0.8


def test_a_share_of_nothing_has_no_interval():
    assert np.isnan(ratio_interval(np.zeros(3), np.zeros(3))).all()
