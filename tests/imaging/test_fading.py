"""Faded prints are shown to the networks as the photos that they were; sound photos as they are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.fading import FADED, USUAL, seen_by_networks, stretched
from imaging.lab import levels_from_lightness, lightness_from_gray, lightness_from_levels

RNG = np.random.default_rng(0)
TEXTURE = RNG.random((64, 96, 1))  # levels of a photo, 0 to 1


def never() -> np.ndarray:
    raise AssertionError("a sound photo was read again")


def faded(low: float, high: float) -> np.ndarray:
    """The texture's lightness, its levels mapped into a range."""
    return lightness_from_levels(low + (high - low) * TEXTURE)


@pytest.mark.parametrize("ends", [(0.0, 1.0), (0.0, 0.5), (0.3, 0.75), (0.55, 1.0)])
def test_a_sound_photo_is_seen_as_it_is_and_not_read_again(ends: tuple[float, float]) -> None:
    lightness = faded(*ends)

    assert seen_by_networks(lightness, never, reduction=1.0) is lightness


@settings(max_examples=30, deadline=None)
@given(low=st.floats(0, 0.95), width=st.floats(0.05, FADED))
def test_whatever_the_fade_the_networks_see_the_same(low: float, width: float) -> None:
    lightness = faded(low, min(1.0, low + width))

    levels = levels_from_lightness(stretched(lightness))

    wanted = levels_from_lightness(stretched(faded(0.4, 0.6)))
    np.testing.assert_allclose(levels, wanted, atol=2e-3)
    assert np.percentile(levels, 0.5) == pytest.approx(USUAL[0], abs=0.02)
    assert np.percentile(levels, 99.5) == pytest.approx(USUAL[1], abs=0.02)


def test_a_white_rim_and_a_few_scratches_hide_no_fade() -> None:
    levels = 0.43 + 0.24 * TEXTURE
    marked = levels.copy()
    marked[:3], marked[-3:], marked[:, :4], marked[:, -4:] = 1, 1, 1, 1
    marked[32, 40:50] = 0

    plain = stretched(lightness_from_levels(levels))
    seen = stretched(lightness_from_levels(marked))

    np.testing.assert_allclose(seen[4:31, 5:-5], plain[4:31, 5:-5], atol=0.02)
    assert seen[0, 0, 0] == pytest.approx(1.0)


@pytest.mark.parametrize("rims", [[0.02], [0.2], [0.8], [0.95], [0.95, 0.02], [0.02, 0.95]])
@pytest.mark.parametrize("blur", [0, 1])
def test_no_rim_hides_a_fade(rims: list[float], blur: int) -> None:
    print_ = levels = 0.43 + 0.24 * TEXTURE[..., 0]
    for rim in rims:  # paper, and what it lies on
        levels = np.pad(levels, 8, constant_values=rim)
    if blur:  # an edge of a reduced scan lies between both
        levels = levels.copy()
        levels[7], levels[:, 7] = (levels[6] + 0.55) / 2, (levels[:, 6] + 0.55) / 2

    seen = stretched(lightness_from_levels(levels[..., None]))

    plain = stretched(lightness_from_levels(print_[..., None]))
    begin = 8 * len(rims)
    inner = seen[begin + 1 : begin + 63, begin + 1 : begin + 95]
    np.testing.assert_allclose(inner, plain[1:-1, 1:-1], atol=0.03)


def test_a_sound_print_in_a_rim_is_seen_as_it_is() -> None:
    levels = np.pad(TEXTURE[..., 0], 8, constant_values=0.95)[..., None]
    lightness = lightness_from_levels(levels)

    assert seen_by_networks(lightness, never, reduction=1.0) is lightness


def test_an_even_area_stays_as_it_is() -> None:
    even = lightness_from_gray(np.full((32, 32), 128, np.uint8))

    np.testing.assert_array_equal(stretched(even), even)


def test_a_gradient_that_was_rounded_shows_no_bands() -> None:
    gradient = np.broadcast_to(np.linspace(0.43, 0.67, 256)[None, :, None], (64, 256, 1))
    rounded = np.rint(gradient * 255) / 255

    seen = levels_from_lightness(stretched(lightness_from_levels(rounded)))

    step = (USUAL[1] - USUAL[0]) / (np.ptp(rounded) * 255)  # of the levels when they are stretched
    assert np.diff(seen, axis=1).max() < 0.5 * step


def test_edges_are_not_smoothed() -> None:
    edge = np.full((64, 64), 110, np.uint8)
    edge[:, 32:] = 170

    seen = stretched(lightness_from_gray(edge))

    levels = levels_from_lightness(seen)
    assert np.ptp(levels[:, 31]) == 0
    assert levels[0, 32, 0] - levels[0, 31, 0] > 0.85
