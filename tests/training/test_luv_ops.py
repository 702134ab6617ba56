import numpy as np
from keras import ops
from skimage.color.colorconv import rgb2luv

from imaging.lab import split_lab
from training.luv_ops import UV_SCALE, lab_of_luv, luv_of_lab

RGB = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)


def test_u_and_v_are_those_of_scikit_image():
    lightness, ab = split_lab(RGB)
    uv = ops.convert_to_numpy(luv_of_lab(lightness, ab))
    bright = lightness[..., 0] > 0.02
    np.testing.assert_allclose(uv[bright] * UV_SCALE, rgb2luv(RGB)[bright][:, 1:], atol=1e-3)


def test_the_way_back_gives_the_same_a_and_b():
    lightness, ab = split_lab(RGB)
    back = ops.convert_to_numpy(lab_of_luv(lightness, luv_of_lab(lightness, ab)))
    np.testing.assert_allclose(
        back[lightness[..., 0] > 0.02], ab[lightness[..., 0] > 0.02], atol=1e-4
    )


def test_colours_that_no_light_has_stay_within_bounds():
    lightness = np.linspace(0, 1, 64, dtype=np.float32).reshape(1, 8, 8, 1)
    for u, v in ((9, 9), (-9, -9), (9, -9), (0, 0)):
        uv = np.broadcast_to(np.array([u, v], np.float32), (1, 8, 8, 2))
        ab = ops.convert_to_numpy(lab_of_luv(lightness, uv))
        assert np.isfinite(ab).all()
        assert np.abs(ab).max() <= 1
    np.testing.assert_allclose(ab, 0, atol=1e-3)
