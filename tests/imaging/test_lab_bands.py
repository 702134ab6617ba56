import numpy as np
import pytest
import pyvips
from hypothesis import given
from hypothesis import strategies as st

from imaging.lab import gray_from_lightness, join_lab, lightness_from_gray, split_lab
from imaging.lab_bands import join_bands, lightness_band


def image_of(array):
    return pyvips.Image.new_from_array(np.ascontiguousarray(array, np.float32))


def joined(lightness, ab, *, deep=False):
    """(h, w, 1) lightness and (h, w, 2) ab -> (h, w, 3) sRGB."""
    bands = (100 * lightness[..., 0], 128 * ab[..., 0], 128 * ab[..., 1])
    return join_bands(*map(image_of, bands), deep=deep).numpy()


@given(seed=st.integers(0, 2**32 - 1), strength=st.sampled_from([0.0, 0.05, 0.3, 1.0]))
def test_any_colour_is_joined_as_by_the_reference(seed, strength):
    rng = np.random.default_rng(seed)
    lightness = rng.uniform(0, 1, (16, 16, 1)).astype(np.float32)
    ab = rng.uniform(-strength, strength, (16, 16, 2)).astype(np.float32)
    expected = join_lab(lightness, ab)
    assert np.abs(joined(lightness, ab).astype(int) - expected).max() <= 1
    deep = np.rint(joined(lightness, ab, deep=True) / 257)
    assert np.abs(deep - expected).max() <= 1


def test_every_gray_stays_itself():
    gray = np.arange(256, dtype=np.uint8)[None]
    lightness = lightness_band(pyvips.Image.new_from_array(gray))
    nothing = image_of(np.zeros((1, 256)))
    rgb = join_bands(lightness, nothing, nothing, deep=False).numpy()
    np.testing.assert_array_equal(rgb, np.repeat(gray[..., None], 3, axis=-1))


def test_the_strongest_colours_keep_their_luminance():
    lightness = lightness_from_gray(np.arange(256, dtype=np.uint8)[None])
    for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        rgb = joined(lightness, np.tile([float(a), float(b)], (1, 256, 1)))
        kept, _ = split_lab(rgb)
        assert (
            np.abs(gray_from_lightness(kept).astype(int) - gray_from_lightness(lightness)).max()
            <= 1
        )


def test_the_luminance_of_gray_in_sixteen_bits_is_that_of_eight():
    gray = np.arange(256, dtype=np.uint8)[None]
    deep = pyvips.Image.new_from_array(gray.astype(np.uint16) * 257, interpretation="grey16")
    eight = lightness_band(pyvips.Image.new_from_array(gray)).numpy()
    np.testing.assert_allclose(lightness_band(deep).numpy(), eight, atol=0.02)


def test_a_colour_is_seen_by_its_luminance():
    rgb = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    lightness, _ = split_lab(rgb)
    seen = lightness_band(pyvips.Image.new_from_array(rgb, interpretation="srgb")).numpy()
    assert seen == pytest.approx(100 * lightness[..., 0], abs=0.05)
