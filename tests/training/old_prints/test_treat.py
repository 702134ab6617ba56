import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from imaging.fading import stretched
from imaging.lab import (
    decode_srgb,
    levels_from_lightness,
    lightness_from_levels,
    lightness_from_rgb,
)
from tests.drawing import draw_photo
from training.old_prints.draw import draw_old_prints
from training.old_prints.fields import NAMED, OldPrint, rows_of
from training.old_prints.treat import named_lightness, old_print_lightness, within_rim

SIDE = 64
PHOTO = draw_photo("beach", 0)[40 : 40 + SIDE, 40 : 40 + SIDE].copy()
PHOTO[:8, :8], PHOTO[8:16, :8] = 0, 255  # all levels, so that nothing takes it for faded
NO_GRAIN = np.zeros((1, SIDE, SIDE), np.float32)


def seen(print_: OldPrint, rgb: np.ndarray = PHOTO, grain: np.ndarray = NO_GRAIN) -> np.ndarray:
    """(S, S) levels of sRGB, 0 to 255, of what a network sees."""
    photos = ops.convert_to_tensor(rgb[None].astype(np.float32))
    lightness = old_print_lightness(photos, ops.convert_to_tensor(rows_of(print_)), grain)
    return 255 * levels_from_lightness(ops.convert_to_numpy(lightness))[0, ..., 0]


def named(name: str, rgb: np.ndarray = PHOTO) -> np.ndarray:
    """(S, S) levels of sRGB, 0 to 255, of the photo with one fault."""
    lightness = named_lightness(rgb[None], name, np.random.default_rng(0))
    return 255 * levels_from_lightness(lightness)[0, ..., 0]


CLEAN = 255 * levels_from_lightness(lightness_from_rgb(PHOTO))[..., 0]


def plain(level: int) -> np.ndarray:
    return np.full((SIDE, SIDE, 3), level, np.uint8)


def test_a_sound_print_is_the_photo_itself():
    np.testing.assert_allclose(seen(OldPrint()), CLEAN, atol=0.1)


def test_a_fade_brings_the_levels_between_its_ends():
    np.testing.assert_allclose(named("fade"), 110 + 60 * CLEAN / 255, atol=0.1)


@pytest.mark.parametrize(
    ("name", "red", "green", "blue"),
    [("orthochromatic", 0, 0.6, 0.4), ("blue_sensitive", 0, 0.1, 0.9)],
)
def test_a_film_sees_its_share_of_each_primary_in_linear_light(name, red, green, blue):
    for channel, expected in enumerate((red, green, blue)):
        rgb = plain(0)
        rgb[..., channel] = 255
        assert decode_srgb(named(name, rgb) / 255) == pytest.approx(expected, abs=1e-3)
    np.testing.assert_allclose(named(name, plain(90)), 90, atol=0.1)  # gray stays gray


def test_a_film_that_sees_no_red_leaves_the_total_to_the_others():
    assert all(row[:3].sum() == pytest.approx(1, abs=1e-3) for row in rows_of(*NAMED.values()))


@pytest.mark.parametrize("grain_px", [0, 0.5, 1.2])
def test_grain_of_any_size_has_the_deviation_asked_for(grain_px):
    grain = np.random.default_rng(0).standard_normal((1, SIDE, SIDE), np.float32)
    rgb = plain(128)
    rgb[0, :2] = [[0] * 3, [255] * 3]
    levels = seen(OldPrint(grain=12 / 255, grain_px=grain_px), rgb, grain)[1:]
    assert levels.std() == pytest.approx(12, rel=0.12)
    neighbours = np.corrcoef(levels[:, 1:].ravel(), levels[:, :-1].ravel())[0, 1]
    places = np.arange(-8, 9)
    kernel = np.exp(-(places**2) / (2 * max(grain_px, 0.1) ** 2))
    expected = np.sum(kernel[1:] * kernel[:-1]) / np.sum(kernel**2)
    assert neighbours == pytest.approx(expected, abs=0.05)


def test_a_jpeg_looks_as_libjpeg_leaves_it():
    gray = np.rint(CLEAN).astype(np.uint8)
    file = pyvips.Image.new_from_array(gray).jpegsave_buffer(Q=30)
    expected = pyvips.Image.new_from_buffer(file, "").numpy().astype(float)
    error = named("jpeg", gray[..., None].repeat(3, -1)) - expected
    assert np.sqrt(np.mean(error**2)) < 0.5
    assert np.sqrt(np.mean((expected - gray) ** 2)) > 1.5


def test_a_blur_is_the_gaussian_of_libvips():
    image = pyvips.Image.new_from_array(CLEAN.astype(np.float32))
    expected = image.gaussblur(1.5, min_ampl=0.001, precision="float").numpy()
    inside = np.s_[8:-8, 8:-8]
    np.testing.assert_allclose(named("blur")[inside], expected[inside], atol=0.5)


def test_a_photo_enlarged_from_a_quarter_keeps_its_place_and_loses_its_detail():
    ramp = np.arange(SIDE, dtype=np.uint8)[None, :, None].repeat(SIDE, 0).repeat(3, -1) * 3
    inside = np.s_[:, 8:-8]
    np.testing.assert_allclose(named("enlarged", ramp)[inside], ramp[..., 0][inside], atol=0.3)
    stripes = plain(0)
    stripes[:, ::2] = 255
    np.testing.assert_allclose(named("enlarged", stripes)[inside], 127.5, atol=1)


def test_a_faded_print_is_seen_stretched_as_the_program_stretches_it():
    faded = OldPrint(darkest=110 / 255, brightest=170 / 255)
    expected = stretched(lightness_from_levels(named("fade") / 255)[..., None])
    np.testing.assert_allclose(
        seen(faded), 255 * levels_from_lightness(expected)[..., 0], atol=0.02 * 255
    )
    moderate = OldPrint(darkest=0.3, brightest=0.8)
    np.testing.assert_allclose(seen(moderate), 255 * 0.3 + 0.5 * CLEAN, atol=0.1)


def test_a_veil_brightens_most_where_it_lies():
    veiled = seen(OldPrint(veil=0.4, veil_y=1, veil_x=0, veil_radius=0.5), PHOTO // 2)
    added = veiled - seen(OldPrint(), PHOTO // 2)
    assert added.min() >= -0.1
    assert added[-8:, :8].mean() > 2 * added[:8, -8:].mean()


def test_a_rim_is_even_paper_and_gray_in_the_truth():
    print_ = OldPrint(rim=0.1, rim_level=0.9)
    levels = seen(print_)
    mask = ops.convert_to_numpy(within_rim(ops.convert_to_tensor(rows_of(print_)), SIDE))[0, ..., 0]
    np.testing.assert_allclose(levels[mask == 0], 0.9 * 255, atol=0.1)
    np.testing.assert_allclose(levels[mask == 1], CLEAN[mask == 1], atol=0.1)
    assert mask.sum() == 52**2  # six pixels on each side


@settings(max_examples=15)
@given(st.integers(0, 2**32))
def test_every_print_that_may_be_drawn_has_a_lightness(seed):
    rng = np.random.default_rng(seed)
    drawn = draw_old_prints(rng, 4, 1.0, 32)
    photos = rng.integers(0, 256, (4, 32, 32, 3)).astype(np.float32)
    photos[0] = photos[0, 0, 0]  # an even area, of which nothing can be told
    lightness = ops.convert_to_numpy(
        old_print_lightness(ops.convert_to_tensor(photos), drawn["prints"], drawn["grain"])
    )
    assert lightness.shape == (4, 32, 32, 1)
    assert lightness.min() >= -1e-4
    assert lightness.max() <= 1 + 1e-4  # nan fails both
