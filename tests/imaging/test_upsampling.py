import numpy as np
import pytest
import pyvips

from imaging.lab import split_lab
from imaging.upsampling import COARSE_PX, CUBIC_SCALE, enlarge, fit_coefficients, resized


def image_of(array):
    return pyvips.Image.new_from_array(np.ascontiguousarray(array, np.float32))


def enlarged(ab, small_lum, lum):
    """(h, w, 2) ab and (h, w, 1) lum of the miniature, (H, W, 1) lum -> (H, W, 2) ab."""
    bands = enlarge(fit_coefficients(ab, small_lum), image_of(lum * 100))
    return np.stack([band.numpy().reshape(lum.shape[:2]) for band in bands], axis=-1) / 128


def shrunk(array, factor):
    height, width = array.shape[:2]
    blocks = array.reshape(height // factor, factor, width // factor, factor, -1)
    return blocks.mean(axis=(1, 3)).astype(np.float32)


def bicubic(ab, factor):
    image = image_of(ab)
    return resized(image, factor * image.width, factor * image.height).numpy()


@pytest.fixture
def two_halves():
    """A dark red half beside a light green one: lum, ab (96, 96); the edge lies within a block."""
    rgb = np.empty((96, 96, 3), np.uint8)
    rgb[:, :45], rgb[:, 45:] = (110, 40, 30), (150, 220, 140)
    return split_lab(rgb)


def test_colours_do_not_bleed_over_an_edge_as_they_do_bicubically(two_halves):
    lum, ab = two_halves
    small, small_lum = shrunk(ab, 8), shrunk(lum, 8)
    guided = enlarged(small, small_lum, lum)
    near = slice(45 - 8, 45 + 8)
    errors = [np.abs(one - ab)[:, near].mean() for one in (guided, bicubic(small, 8))]
    assert errors[0] < 0.75 * errors[1]


def test_an_even_luminance_leaves_plain_bicubic():
    rng = np.random.default_rng(0)
    ab = rng.uniform(-0.2, 0.2, (8, 12, 2)).astype(np.float32)
    even = np.full((8, 12, 1), 0.4, np.float32)
    guided = enlarged(ab, even, np.full((8 * CUBIC_SCALE, 12 * CUBIC_SCALE, 1), 0.4))
    np.testing.assert_allclose(guided, bicubic(ab, CUBIC_SCALE), atol=1e-5)


@pytest.mark.parametrize("factor", [2, 4, 5, 8, 11, 13])
def test_a_ramp_stays_where_it_is(factor):
    """Centre on centre: no shift, whatever the scale."""
    ramp = np.tile(np.arange(24, dtype=np.float32) / 100, (8, 1))[..., None]
    even = np.full((8, 24, 1), 0.4, np.float32)
    large = np.full((8 * factor, 24 * factor, 1), 0.4)
    result = enlarged(np.repeat(ramp, 2, axis=2), even, large)
    ideal = ((np.arange(24 * factor) + 0.5) / factor - 0.5) / 100
    inner = slice(3 * factor, -3 * factor)
    repeated = factor >= CUBIC_SCALE * COARSE_PX
    off = result[4 * factor, inner, 0] - ideal[inner]
    assert np.abs(off).max() <= 2e-4 + (0.5 / factor / 100 if repeated else 0)  # half a pixel
    assert off.mean() == pytest.approx(0, abs=1e-5)


def test_a_ramp_stays_where_it_is_in_an_odd_number_of_pixels():
    ramp = np.tile(np.arange(24, dtype=np.float32) / 100, (8, 1))[..., None]
    even = np.full((8, 24, 1), 0.4, np.float32)
    result = enlarged(np.repeat(ramp, 2, axis=2), even, np.full((73, 241, 1), 0.4))
    ideal = ((np.arange(241) + 0.5) / 241 * 24 - 0.5) / 100
    off = (result[36, :, 0] - ideal)[30:-30]
    assert off.mean() == pytest.approx(0, abs=1e-5)
    assert off[:60].mean() == pytest.approx(off[-60:].mean(), abs=2e-5)


def test_at_its_own_size_chrominance_stays_as_it_is(two_halves):
    lum, ab = two_halves
    guided = enlarged(ab, lum, lum)
    np.testing.assert_allclose(guided, ab, atol=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (1, 90), (90, 1), (33, 257)])
def test_any_size_is_reached(size):
    ab = np.full((4, 4, 2), 0.1, np.float32)
    lum = np.full((4, 4, 1), 0.5, np.float32)
    result = enlarged(ab, lum, np.full((*size, 1), 0.5))
    np.testing.assert_allclose(result, np.full((*size, 2), 0.1), atol=1e-5)


def test_a_miniature_of_another_size_is_brought_to_that_of_the_chrominance(two_halves):
    lum, ab = two_halves
    same = fit_coefficients(shrunk(ab, 8), shrunk(lum, 8))
    other = fit_coefficients(shrunk(ab, 8), shrunk(lum, 4))
    assert same.shape == other.shape == (12, 12, 4)
    np.testing.assert_allclose(other, same, atol=0.3)
    assert np.abs(other - same).mean() < 0.01
