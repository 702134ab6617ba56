import numpy as np
import pytest

from evaluation.report.prints import TREATMENTS
from tests.drawing import draw_photo


@pytest.fixture(scope="module")
def rgb() -> np.ndarray:
    return np.ascontiguousarray(draw_photo("beach", 0)[:192, :192])


@pytest.mark.parametrize("name", TREATMENTS)
def test_a_print_is_a_gray_picture_of_the_same_size_that_its_seed_tells(rgb, name):
    treated = TREATMENTS[name](rgb, 3)
    assert treated.dtype == np.uint8
    assert treated.shape == rgb.shape[:2]
    np.testing.assert_array_equal(treated, TREATMENTS[name](rgb, 3))


def test_a_faded_print_spans_the_levels_that_it_is_named_after():
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=-1)
    faded = TREATMENTS["faded to 110..170"](ramp, 0)
    assert (faded.min(), faded.max()) == (110, 170)


def test_grain_has_its_strength():
    flat = np.full((128, 128, 3), 128, np.uint8)
    assert TREATMENTS["grain of sigma 12"](flat, 0).std() == pytest.approx(12, abs=0.3)


@pytest.mark.parametrize("name", ["orthochromatic", "blue-sensitive"])
def test_a_film_sees_no_red_and_leaves_gray_as_it_is(name):
    colors = np.array([[[255, 0, 0], [90, 90, 90], [0, 0, 255]]], np.uint8)
    red, gray, blue = TREATMENTS[name](colors, 0)[0].astype(int)
    assert red == 0
    assert gray == 90
    assert blue > 150
