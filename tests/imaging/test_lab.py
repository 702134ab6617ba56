import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from basics.errors import DataError
from imaging import lab

PUBLISHED = {  # B. Lindbloom's CIE colour calculator, sRGB, D65, 2 degree observer
    (255, 0, 0): (53.24, 80.09, 67.20),
    (0, 255, 0): (87.73, -86.18, 83.18),
    (0, 0, 255): (32.30, 79.19, -107.86),
    (255, 255, 0): (97.14, -21.55, 94.48),
    (0, 255, 255): (91.11, -48.09, -14.13),
    (255, 0, 255): (60.32, 98.23, -60.82),
    (255, 255, 255): (100.0, 0.0, 0.0),
    (128, 128, 128): (53.59, 0.0, 0.0),
    (0, 0, 0): (0.0, 0.0, 0.0),
}
GRAYS = np.arange(256, dtype=np.uint8).reshape(16, 16)


def photos(sides: int = 8) -> st.SearchStrategy:
    shapes = array_shapes(min_dims=2, max_dims=3, max_side=sides).map(lambda shape: (*shape, 3))
    return arrays(np.uint8, shapes)


def all_colours(step: int) -> np.ndarray:
    levels = np.arange(0, 256, step, dtype=np.uint8)
    return np.stack(np.meshgrid(levels, levels, levels), axis=-1)


@pytest.mark.parametrize(("rgb", "published"), PUBLISHED.items(), ids=str)
def test_published_lab_values_are_met(rgb, published):
    lum, ab = lab.split_lab(np.full((1, 1, 3), rgb, np.uint8))
    found = (lum[0, 0, 0] * lab.L_SCALE, *(ab[0, 0] * lab.AB_SCALE))
    np.testing.assert_allclose(found, published, atol=0.02)


def test_mid_gray_is_lighter_than_half():
    assert lab.lightness_from_gray(np.array([[128]], np.uint8))[0, 0, 0] == pytest.approx(
        0.536, abs=1e-3
    )


@given(photos())
def test_joining_gives_back_what_was_split(rgb):
    joined = lab.join_lab(*lab.split_lab(rgb))
    assert joined.dtype == np.uint8
    assert np.abs(joined.astype(int) - rgb).max() <= 1


def test_joining_gives_back_colours_from_all_over_srgb():
    rgb = all_colours(step=5)
    assert np.abs(lab.join_lab(*lab.split_lab(rgb)).astype(int) - rgb).max() <= 1


@given(photos())
def test_luminance_and_chrominance_have_the_stated_form(rgb):
    lum, ab = lab.split_lab(rgb)
    assert (lum.dtype, ab.dtype) == (np.float32, np.float32)
    assert (lum.shape, ab.shape) == ((*rgb.shape[:-1], 1), (*rgb.shape[:-1], 2))
    assert lum.min() >= 0
    assert lum.max() <= 1 + 1e-6
    assert np.abs(ab).max() <= 1


def test_all_of_srgb_lies_in_the_stated_range_of_chrominance():
    _, ab = lab.split_lab(all_colours(step=15))
    assert ab.min() == pytest.approx(-0.843, abs=1e-3)
    assert ab.max() == pytest.approx(0.767, abs=1e-3)


def test_every_gray_level_has_the_luminance_of_its_colour():
    lum, ab = lab.split_lab(np.repeat(GRAYS[..., None], 3, axis=-1))
    np.testing.assert_allclose(lab.lightness_from_gray(GRAYS), lum, atol=1e-5)
    np.testing.assert_allclose(ab, 0, atol=1e-4)


def test_every_gray_level_survives_luminance():
    np.testing.assert_array_equal(lab.gray_from_lightness(lab.lightness_from_gray(GRAYS)), GRAYS)


def test_no_chrominance_is_gray():
    lum = lab.lightness_from_gray(GRAYS)
    rgb = lab.join_lab(lum, np.zeros((16, 16, 2), np.float32))
    np.testing.assert_array_equal(rgb, np.repeat(GRAYS[..., None], 3, axis=-1))


@given(
    arrays(np.float32, (4, 4, 1), elements=st.floats(0, 1, width=32)),
    arrays(np.float32, (4, 4, 2), elements=st.floats(-1, 1, width=32)),
)
def test_colours_outside_srgb_keep_their_luminance(lum, ab):
    kept, _ = lab.split_lab(lab.join_lab(lum, ab))
    np.testing.assert_allclose(kept, lum, atol=0.005)  # one step of 8 bits is up to 0.0045


def test_colours_outside_srgb_lose_chroma_towards_gray():
    far = np.array([[[0.0, 1.0]]], np.float32)  # b* 128 at L* 60: no screen shows it
    _, ab = lab.split_lab(lab.join_lab(np.array([[[0.6]]], np.float32), far))
    assert 0.3 < ab[0, 0, 1] < 0.7
    assert abs(ab[0, 0, 0]) < 0.15


@pytest.mark.parametrize("value", [0.0, 0.002, 0.0031308, 0.04, 0.5, 1.0])
def test_linear_light_survives_the_gamma_curve(value):
    assert lab.decode_srgb(lab.encode_srgb(np.array(value))) == pytest.approx(value, abs=1e-7)


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((4, 4, 3), np.float32),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 3), np.uint8),
    ],
    ids=["float", "four channels", "no image"],
)
def test_what_is_no_rgb_image_is_refused(wrong):
    with pytest.raises(DataError, match=r"not an sRGB image: shape .*\n.*split_lab\n.*uint8"):
        lab.split_lab(wrong)


@pytest.mark.parametrize(
    ("lum_shape", "ab_shape"), [((4, 4, 1), (4, 5, 2)), ((4, 4), (4, 4, 2)), ((4, 4, 1), (4, 4, 3))]
)
def test_luminance_and_chrominance_that_do_not_fit_are_refused(lum_shape, ab_shape):
    with pytest.raises(DataError, match="do not agree"):
        lab.join_lab(np.zeros(lum_shape), np.zeros(ab_shape))
