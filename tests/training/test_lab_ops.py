import numpy as np
import pytest
from keras import ops
from skimage.color import rgb2lab

from imaging.lab import AB_SCALE, L_SCALE
from imaging.lab import split_lab as split_lab_on_the_host
from training.lab_ops import join_lab, split_lab

GRID = np.array(np.meshgrid(*3 * [np.arange(0, 256, 5)], indexing="ij"), np.uint8)
COLOURS = GRID.reshape(3, 1, -1, 52).transpose(1, 2, 3, 0)  # (1, 2704, 52, 3): 140,608 colours


def as_arrays(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    lightness, ab = split_lab(ops.convert_to_tensor(rgb, "float32"))
    return ops.convert_to_numpy(lightness), ops.convert_to_numpy(ab)


def test_colours_all_over_srgb_agree_with_the_module_that_knows_the_scales():
    lightness, ab = as_arrays(COLOURS)
    expected_lum, expected_ab = split_lab_on_the_host(COLOURS)
    np.testing.assert_allclose(lightness, expected_lum, atol=1e-4)
    np.testing.assert_allclose(ab, expected_ab, atol=1e-4)


def test_fractions_of_a_level_agree_with_scikit_image():
    rgb = np.random.default_rng(0).uniform(0, 255, (2, 40, 60, 3)).astype(np.float32)
    rgb[0, 0] = np.linspace(0, 13, 60)[:, None]  # the linear toes of sRGB and of Lab
    lightness, ab = as_arrays(rgb)
    lab = rgb2lab(rgb / 255)
    np.testing.assert_allclose(lightness, lab[..., :1] / L_SCALE, atol=1e-4)
    np.testing.assert_allclose(ab, lab[..., 1:] / AB_SCALE, atol=1e-4)


@pytest.mark.parametrize(
    ("level", "expected"),  # L* of gray levels, from CIE 1976 by hand
    [(0, 0.0), (128, 53.585), (255, 100.0)],
)
def test_gray_has_its_lightness_and_no_chrominance(level, expected):
    lightness, ab = as_arrays(np.full((1, 2, 2, 3), level))
    np.testing.assert_allclose(lightness, expected / 100, atol=1e-4)
    np.testing.assert_allclose(ab, 0, atol=1e-4)


def test_shapes_and_dtypes_are_those_of_a_network_in_training():
    lightness, ab = as_arrays(np.zeros((2, 3, 4, 3)))
    assert (lightness.shape, lightness.dtype) == ((2, 3, 4, 1), np.float32)
    assert (ab.shape, ab.dtype) == ((2, 3, 4, 2), np.float32)


def test_split_and_joined_colours_are_what_they_were():
    lightness, ab = split_lab(ops.convert_to_tensor(COLOURS, "float32"))
    joined = ops.convert_to_numpy(join_lab(lightness, ab))
    assert joined.dtype == np.float32
    np.testing.assert_allclose(255 * joined, COLOURS, atol=0.1)


def test_colours_outside_srgb_are_cut_to_it():
    lightness, ab = (
        np.full((1, 1, 2, 1), 0.5, np.float32),
        np.array([[[[1, 1], [-1, -1]]]], np.float32),
    )
    joined = ops.convert_to_numpy(join_lab(lightness, ab))
    assert joined.min() == 0
    assert joined.max() == pytest.approx(1)
