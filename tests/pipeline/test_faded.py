"""A faded print gets the colours of the photo that it was, and keeps its own lightness."""

from pathlib import Path

import numpy as np
import pytest
import pyvips

from imaging.lab import AB_SCALE, gray_from_lightness, lightness_from_gray, lightness_from_rgb
from imaging.lab import split_lab as split
from pipeline import Colorizer
from pipeline.media.demo_photos import demo_paths
from tests.drawing import draw_photo

COLORIZER = Colorizer()
FADES = [(110, 170), (170, 255), (0, 80)]


def gray_of(name: str) -> np.ndarray:
    (path,) = demo_paths([name])
    return pyvips.Image.new_from_file(str(path)).colourspace("b-w")[0].cast("uchar").numpy()


COFFEE = gray_of("coffee")


def predicted(gray: np.ndarray) -> np.ndarray:
    return COLORIZER.predict(COLORIZER.encode(gray)).colors * AB_SCALE


def chroma(ab: np.ndarray) -> float:
    return float(np.hypot(ab[..., 0], ab[..., 1]).mean())


def faded(gray: np.ndarray, low: int, high: int) -> np.ndarray:
    return np.rint(low + gray * ((high - low) / 255)).astype(np.uint8)


@pytest.mark.parametrize(("low", "high"), FADES)
def test_a_faded_print_gets_the_colours_of_the_photo_that_it_was(low, high):
    unfaded, now = predicted(COFFEE), predicted(faded(COFFEE, low, high))

    assert np.hypot(*np.moveaxis(now - unfaded, -1, 0)).mean() < 3
    assert 0.9 < chroma(now) / chroma(unfaded) < 1.1


@pytest.mark.parametrize("of_16_bits", [False, True])
def test_it_keeps_its_own_lightness_from_a_file(tmp_path: Path, of_16_bits):
    gray = faded(COFFEE, 110, 170)
    image = pyvips.Image.new_from_array(gray, interpretation="b-w")
    if of_16_bits:
        image = (image * 257).cast("ushort").copy(interpretation="grey16")
    image.write_to_file(str(tmp_path / "print.png"))

    result = COLORIZER.colorize(tmp_path / "print.png").output

    rgb = pyvips.Image.new_from_file(str(result)).colourspace("srgb").numpy()
    difference = lightness_from_rgb(rgb) - lightness_from_gray(gray)
    assert np.abs(difference).mean() < 0.005
    unfaded = split(COLORIZER.colorize_array(COFFEE))[1] * AB_SCALE
    assert 0.9 < chroma(split(rgb)[1] * AB_SCALE) / chroma(unfaded) < 1.1


def test_a_faded_print_in_a_brown_tone_is_seen_the_same():
    gray = faded(COFFEE, 110, 170)
    brown = (gray[..., None] * np.array([1.0, 0.9, 0.75])).astype(np.uint8)

    now = predicted(brown)

    assert np.hypot(*np.moveaxis(now - predicted(COFFEE), -1, 0)).mean() < 3


def test_a_photo_of_full_contrast_is_seen_as_it_is():
    gray = gray_from_lightness(lightness_from_rgb(draw_photo("beach", 0)))
    frame = COLORIZER.encode(gray).frame

    assert frame.seen(256) is frame.lightness(256)
