import numpy as np
import pytest
import pyvips

from imaging.network_input import has_color, reduced
from imaging.photo import open_photo
from tests.drawing import draw_photo


def toned(gray, rgb):
    """A gray print (H, W) toned from black over a colour to white, with a little noise."""
    level = gray[..., None] / 255
    middle = np.array(rgb)
    color = np.where(level < 0.5, middle * level * 2, middle + (255 - middle) * (level * 2 - 1))
    noise = np.random.default_rng(0).normal(0, 3, color.shape)
    return np.clip(color + noise, 0, 255).astype(np.uint8)


def photo_of(pixels, tmp_path):
    kind = "b-w" if pixels.ndim == 2 else "srgb"
    path = tmp_path / "photo.jpg"
    image = pyvips.Image.new_from_array(np.ascontiguousarray(pixels), interpretation=kind)
    image.write_to_file(str(path), Q=80)
    return reduced(open_photo(path), 256)


@pytest.mark.parametrize("category", ["beach", "forest", "fruit"])
def test_a_colour_photo_is_in_colour(tmp_path, category):
    tints = draw_photo(category, 0)
    tints[:, ::7] = draw_photo("forest" if category != "forest" else "fruit", 1)[:, ::7]
    assert has_color(photo_of(tints, tmp_path))


@pytest.mark.parametrize("tint", [(128, 128, 128), (150, 120, 80), (80, 120, 160)],
                         ids=["gray", "sepia", "cyanotype"])  # fmt: skip
def test_a_print_in_one_tone_is_not_in_colour(tmp_path, tint):
    gray = draw_photo("beach", 0)[..., 1]
    assert not has_color(photo_of(toned(gray, tint), tmp_path))


def test_a_gray_photo_is_not_in_colour(tmp_path):
    assert not has_color(photo_of(draw_photo("beach", 0)[..., 1], tmp_path))


def test_package_photos_are_told_apart(tmp_path):
    from skimage import data

    assert has_color(photo_of(data.coffee(), tmp_path))
    assert has_color(photo_of(data.astronaut(), tmp_path))
    assert not has_color(photo_of(data.camera(), tmp_path))
