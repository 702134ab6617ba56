import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.metrics import peak_signal_noise_ratio

from basics.errors import DataError
from evaluation.metrics import colorfulness, psnr_db, ssim

photos = arrays(np.uint8, (9, 8, 3))


def plain(*level: int) -> np.ndarray:
    return np.full((8, 8, 3), level, np.uint8)


def halves(left: tuple[int, int, int], right: tuple[int, int, int]) -> np.ndarray:
    return np.array([4 * [left] + 4 * [right]] * 8, np.uint8)


@pytest.mark.parametrize(
    ("predicted", "db"),
    [
        (plain(101, 101, 101), 48.1308),  # mse 1: 20 log10(255)
        (plain(110, 100, 100), 32.9020),  # mse 100 / 3
        (plain(0, 0, 0), 8.1308),  # mse 10,000
        (halves((100, 100, 100), (102, 102, 102)), 45.1205),  # mse 2
    ],
)
def test_psnr_as_worked_by_hand(predicted, db):
    assert psnr_db(predicted, plain(100, 100, 100)) == pytest.approx(db, abs=1e-4)


def test_black_against_white_is_0_db():
    assert psnr_db(plain(0, 0, 0), plain(255, 255, 255)) == 0


@given(photos, photos)
def test_psnr_is_symmetric_and_that_of_scikit_image(first, second):
    if (first == second).all():
        assert psnr_db(first, second) == math.inf
    else:
        expected = peak_signal_noise_ratio(first, second, data_range=255)
        assert psnr_db(first, second) == pytest.approx(expected, rel=1e-6)
    assert psnr_db(first, second) == psnr_db(second, first)


def test_the_same_photo_has_infinite_psnr_and_an_ssim_of_1():
    photo = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    assert psnr_db(photo, photo.copy()) == math.inf
    assert ssim(photo, photo.copy()) == pytest.approx(1, abs=1e-12)


def test_ssim_of_plain_images_as_worked_by_hand():
    # no variance: (2 m1 m2 + c1) / (m1^2 + m2^2 + c1) with c1 = (0.01 x 255)^2
    expected = (2 * 100 * 200 + 2.55**2) / (100**2 + 200**2 + 2.55**2)
    assert ssim(plain(100, 100, 100), plain(200, 200, 200)) == pytest.approx(expected, rel=1e-9)


def test_ssim_falls_as_noise_grows():
    rng = np.random.default_rng(0)
    photo = np.tile(np.arange(0, 240, 5).astype(np.uint8)[:, None, None], (1, 48, 3))
    noise = rng.normal(0, 1, photo.shape)
    scores = [
        ssim(np.clip(photo + spread * noise, 0, 255).astype(np.uint8), photo)
        for spread in (0, 5, 20, 80)
    ]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] < 0.5


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        (plain(90, 90, 90), 0.0),
        # rg = 255, yb = 127.5 all over: no spread, 0.3 x hypot(255, 127.5)
        (plain(255, 0, 0), 0.3 * math.hypot(255, 127.5)),
        # rg = +-255, yb = 127.5: spread 255, mean (0, 127.5)
        (halves((255, 0, 0), (0, 255, 0)), 255 + 0.3 * 127.5),
        # rg = 0, yb = +-255: spread 255, mean 0
        (halves((255, 255, 0), (0, 0, 255)), 255.0),
        # rg = 255 or 0, yb = 127.5 or -255: spreads 127.5 and 191.25, means 127.5 and -63.75
        (
            halves((255, 0, 0), (0, 0, 255)),
            math.hypot(127.5, 191.25) + 0.3 * math.hypot(127.5, 63.75),
        ),
    ],
)
def test_colorfulness_of_hasler_and_suesstrunk_as_worked_by_hand(rgb, expected):
    assert colorfulness(rgb) == pytest.approx(expected, rel=1e-6)


@given(arrays(np.uint8, (6, 5)))
def test_a_gray_photo_has_no_colorfulness(gray):
    assert colorfulness(np.repeat(gray[..., None], 3, axis=-1)) == 0


@given(photos, st.permutations(range(9)))
def test_colorfulness_does_not_ask_where_a_colour_lies(rgb, order):
    assert colorfulness(rgb[list(order)]) == pytest.approx(colorfulness(rgb), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("metric", [psnr_db, ssim])
@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((8, 8), np.uint8), r"not an sRGB image: shape \(8, 8\)"),
        (np.zeros((8, 8, 3)), "not an sRGB image: .*float64"),
        (np.zeros((1, 1, 3), np.uint8), "images of different shapes"),
    ],
)
def test_only_two_srgb_images_of_one_size_are_compared(metric, number, wrong, message):
    pair = [plain(1, 2, 3), plain(1, 2, 3)]
    pair[number] = wrong
    with pytest.raises(DataError, match=message):
        metric(*pair)


def test_colorfulness_takes_srgb_only():
    with pytest.raises(DataError, match="not an sRGB image"):
        colorfulness(np.zeros((8, 8, 4), np.uint8))
