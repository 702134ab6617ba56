import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from training.augment import (
    Augmentation,
    apply_tone_curves,
    draw_crops,
    draw_tone_curves,
    resize_crops,
    whole_crops,
)

RGB = np.random.default_rng(0).integers(0, 256, (2, 256, 256, 3), np.uint8)


def resized(rgb: np.ndarray, crops: object, size: int) -> np.ndarray:
    tensor = ops.convert_to_tensor(np.asarray(crops, np.float32))
    return ops.convert_to_numpy(resize_crops(ops.convert_to_tensor(rgb), tensor, size))


@given(st.integers(0, 2**32), st.integers(1, 50), st.floats(1, 400))
def test_every_crop_is_a_square_inside_the_photo_and_large_enough(seed, n, smallest_px):
    crops = draw_crops(np.random.default_rng(seed), n, smallest_px)
    assert (crops.shape, crops.dtype) == ((n, 4), np.float32)
    top, left, height, width = crops.T.astype(np.float64)
    edges = np.stack([top, top + height, left, left + width])
    assert edges.min() >= 0
    assert edges.max() <= 256 + 1e-4  # float32
    np.testing.assert_allclose(np.abs(width), height, rtol=1e-6)
    assert height.min() >= min(smallest_px, 256) - 1e-4


def test_half_of_the_crops_are_mirrored():
    width = draw_crops(np.random.default_rng(0), 4000, 128)[:, 3]
    assert (width < 0).mean() == pytest.approx(0.5, abs=0.03)


def test_crops_of_the_full_side_are_whole_photos_plain_or_mirrored():
    crops = draw_crops(np.random.default_rng(0), 20, 256)
    plain, mirrored = (0, 0, 256, 256), (0, 256, 256, -256)
    assert {tuple(crop.tolist()) for crop in crops} == {plain, mirrored}


def test_the_same_generator_draws_the_same_windows():
    first, second = (draw_crops(np.random.default_rng([3, 5]), 9, 100) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_share_of_the_photos_is_not_told_its_category_and_the_crops_stay_the_same():
    plain, told = (
        Augmentation(smallest_px=100, untold=share).draw(np.random.default_rng(0), 2000)
        for share in (0.0, 0.1)
    )
    assert "told" not in plain
    assert set(told["told"].tolist()) == {0, 1}
    assert told["told"].mean() == pytest.approx(0.9, abs=0.02)
    np.testing.assert_array_equal(told["crops"], plain["crops"])


def test_a_whole_crop_at_full_size_is_the_photo_itself():
    np.testing.assert_array_equal(resized(RGB, whole_crops(2), 256), RGB)


def test_a_crop_of_negative_width_is_the_mirrored_photo():
    np.testing.assert_array_equal(resized(RGB, [[0, 256, 256, -256]] * 2, 256), RGB[:, :, ::-1])


def test_each_photo_gets_its_own_window():
    crops = [[10, 20, 64, 64], [100, 180, 64, -64]]
    pieces = resized(RGB, crops, 64)
    np.testing.assert_array_equal(pieces[0], RGB[0, 10:74, 20:84])
    np.testing.assert_array_equal(pieces[1], RGB[1, 100:164, 116:180][:, ::-1])


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.sampled_from([32, 64, 160, 256]), st.integers(0, 255))
def test_resampling_weights_sum_to_1_so_a_plain_photo_stays_plain(seed, size, level):
    rgb = np.full((3, 256, 256, 3), level, np.uint8)
    crops = draw_crops(np.random.default_rng(seed), 3, 20)
    np.testing.assert_allclose(resized(rgb, crops, size), level, rtol=1e-5)


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.sampled_from([32, 64, 160, 256]))
def test_resampling_keeps_a_ramp_in_its_place(seed, size):
    ramp = np.arange(256, dtype=np.uint8)
    rgb = np.broadcast_to(ramp[None, None, :, None], (3, 256, 256, 3))
    crops = draw_crops(np.random.default_rng(seed), 3, 20)
    pieces = resized(rgb, crops, size)
    steps = (np.arange(size) + 0.5) / size
    expected = crops[:, 1:2] + crops[:, 3:4] * steps - 0.5  # pixel i has its centre at i + 0.5
    inside = (expected > 8) & (expected < 247)  # the filter reaches over the border elsewhere
    np.testing.assert_allclose(pieces[:, 0, :, 0][inside], expected[inside], atol=0.6)


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.sampled_from([32, 64, 128]), st.sampled_from([48, 64]))
def test_a_smaller_map_of_a_photo_is_cut_where_the_photo_is(seed, size, side):
    places = (np.arange(256) + 0.5) / 256
    photo = np.stack(np.broadcast_arrays(places[:, None], places), axis=-1)
    small = photo.reshape(64, 4, 64, 4, 2).mean((1, 3))
    if side == 48:  # of a photo that passed the network at 192 px
        of = (np.arange(48) + 0.5) / 48
        small = np.stack(np.broadcast_arrays(of[:, None], of), axis=-1)
    crops = draw_crops(np.random.default_rng(seed), 3, 20)
    of_photo, of_map = (
        resized(np.broadcast_to(one.astype(np.float32), (3, *one.shape)), crops, size)
        for one in (photo, small)
    )
    inside = np.all((of_photo > 0.05) & (of_photo < 0.95), axis=-1)  # the filter ends elsewhere
    np.testing.assert_allclose(of_photo[inside], of_map[inside], atol=0.6 / 256)


def test_stripes_too_fine_for_the_size_become_gray_and_no_coarse_pattern():
    stripes = np.zeros((1, 256, 256, 3), np.uint8)
    stripes[:, :, ::2] = 255
    small = resized(stripes, whole_crops(1), 48)[:, :, 1:-1]
    np.testing.assert_allclose(small, 127.5, atol=8)


def test_photos_are_cut_to_float32_of_the_size_asked_for():
    pieces = resized(RGB, whole_crops(2), 32)
    assert (pieces.shape, pieces.dtype) == ((2, 32, 32, 3), np.float32)


@given(st.integers(0, 2**32), st.floats(0, 1))
def test_tone_curves_stay_within_their_spread(seed, spread):
    gamma, black, white = draw_tone_curves(np.random.default_rng(seed), 20, spread).T.astype(
        np.float64
    )
    assert np.all(np.abs(np.log(gamma)) <= spread + 1e-6)
    assert np.all((black >= 0) & (black <= spread / 4 + 1e-6))
    assert np.all((white <= 1) & (white >= 1 - spread / 4 - 1e-6))


def test_a_bent_photo_keeps_the_order_of_its_tones_and_a_neutral_curve_changes_nothing():
    lightness = np.linspace(0, 1, 256, dtype=np.float32).reshape(1, 16, 16, 1).repeat(2, axis=0)
    curves = np.array([[1, 0, 1], [1.3, 0.05, 0.95]], np.float32)
    same, bent = ops.convert_to_numpy(apply_tone_curves(ops.convert_to_tensor(lightness), curves))
    np.testing.assert_allclose(same, lightness[0], atol=2e-4)
    assert np.all(np.diff(bent.ravel()) > 0)
    assert (bent.min(), bent.max()) == (pytest.approx(0.05, abs=1e-3), pytest.approx(0.95))
