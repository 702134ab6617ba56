from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.report.hues import SECTORS, hue_degrees, hue_hits, sector_indices
from imaging.lab import AB_SCALE, split_lab

COLORS = {
    "red-pink": (255, 0, 0),
    "orange": (255, 165, 0),
    "yellow": (255, 255, 0),
    "green": (0, 255, 0),
    "cold green": (0, 200, 130),
    "blue": (100, 170, 240),
    "violet": (130, 60, 230),
    "magenta": (255, 0, 255),
}


def pixels(degrees: float, chroma: float, n: int = 4) -> np.ndarray:
    """(1, n, 2) ab of one hue."""
    angle = np.radians(degrees)
    ab = chroma / AB_SCALE * np.array([np.cos(angle), np.sin(angle)])
    return np.tile(ab, (1, n, 1))


def test_the_sectors_partition_the_circle():
    limits = list(SECTORS.values())
    assert limits[0][0] == 0
    assert limits[-1][1] == 360
    assert all(one[1] == following[0] for one, following in pairwise(limits))
    assert all(low < high for low, high in limits)


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_every_hue_lies_in_its_sector(a, b):
    hue = hue_degrees(np.array([a, b]))
    low, high = list(SECTORS.values())[sector_indices(hue)]
    assert low <= hue < high


@pytest.mark.parametrize("name", SECTORS)
def test_a_sector_holds_the_colour_that_it_is_named_after(name):
    _, ab = split_lab(np.array([[COLORS[name]]], np.uint8))
    assert list(SECTORS)[sector_indices(hue_degrees(ab))[0, 0]] == name


@pytest.mark.parametrize(
    ("predicted", "is_near"), [(10, True), (39, True), (341, True), (41, False), (190, False)]
)
def test_a_hue_is_near_within_30_degrees_round_the_circle(predicted, is_near):
    near, n = hue_hits(pixels(predicted, 20), pixels(10, 20))
    assert n.tolist() == [4, 0, 0, 0, 0, 0, 0, 0]
    assert near[0] == 4 * is_near


def test_what_is_nearly_gray_has_no_hue():
    near, n = hue_hits(pixels(10, 40), pixels(10, 14.9))
    assert n.sum() == near.sum() == 0


def test_a_perfect_prediction_and_one_of_half_its_chroma_are_near_everywhere():
    truth = np.random.default_rng(0).uniform(-0.8, 0.8, (40, 40, 2))
    for predicted in (truth, truth / 2):
        near, n = hue_hits(predicted, truth)
        assert n.min() > 0
        np.testing.assert_array_equal(near, n)
