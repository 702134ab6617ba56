import hashlib

import numpy as np
import pytest
import pyvips

from preprocessing.near_duplicates import NEAR_BITS
from preprocessing.square import MIN_CHROMA, SIDE_PX, difference_hash, read_square
from tests.drawing import draw_photo, jpeg

RED, GREEN, BLUE = (200, 30, 30), (30, 160, 30), (30, 30, 200)


def bits_apart(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.bitwise_count(one ^ other).sum())


def three_bands(height: int, width: int, axis: int) -> np.ndarray:
    """Red, green and blue, the green one a central square."""
    rgb = np.empty((height, width, 3), np.uint8)
    temporary, end = min(height, width), max(height, width)
    bands = np.moveaxis(rgb, axis, 0)
    bands[:] = GREEN
    bands[: (end - temporary) // 2] = RED
    bands[(end + temporary) // 2 :] = BLUE
    return rgb


def read_bytes(content: bytes, tmp_path):
    path = tmp_path / "photo"
    path.write_bytes(content)
    return read_square(path)


@pytest.mark.parametrize(("height", "width", "axis"), [(256, 640, 1), (700, 300, 0)])
def test_the_central_square_is_kept(height, width, axis, tmp_path):
    image = pyvips.Image.new_from_array(three_bands(height, width, axis), interpretation="srgb")
    square = read_bytes(image.pngsave_buffer(), tmp_path)
    assert square is not None
    assert square.rgb.shape == (SIDE_PX, SIDE_PX, 3)
    assert square.rgb.dtype == np.uint8
    inner = square.rgb[4:-4, 4:-4].astype(int)  # the seams are smoothed
    assert np.abs(inner - GREEN).max() <= 2


def test_a_small_photo_is_enlarged(tmp_path):
    square = read_bytes(jpeg(draw_photo("beach", 0, 60, 90)), tmp_path)
    assert square is not None
    assert square.rgb.shape == (SIDE_PX, SIDE_PX, 3)


def test_a_photo_is_turned_upright_by_its_exif_orientation(tmp_path):
    upright = draw_photo("fruit", 1, 256, 256)
    lying = pyvips.Image.new_from_array(upright, interpretation="srgb").rot270()
    lying.set_type(pyvips.GValue.gint_type, "orientation", 6)
    square = read_bytes(lying.jpegsave_buffer(Q=95, subsample_mode="off"), tmp_path)
    assert square is not None
    assert np.abs(square.rgb.astype(int) - upright).mean() < 2


def test_colours_of_another_profile_become_srgb(tmp_path):
    rgb = draw_photo("fruit", 2, 256, 256)
    wide = pyvips.Image.new_from_array(rgb, interpretation="srgb").icc_transform(
        "p3", input_profile="srgb"
    )
    assert np.abs(wide.numpy().astype(int) - rgb).mean() > 4
    square = read_bytes(wide.pngsave_buffer(), tmp_path)
    assert square is not None
    assert np.abs(square.rgb.astype(int) - rgb).mean() < 2


@pytest.mark.parametrize("alpha", [0, 255])
def test_transparency_becomes_white(alpha, tmp_path):
    rgba = np.full((256, 256, 4), (*RED, alpha), np.uint8)
    image = pyvips.Image.new_from_array(rgba, interpretation="srgb")
    square = read_bytes(image.pngsave_buffer(), tmp_path)
    assert square is not None
    assert tuple(square.rgb[128, 128]) == (RED if alpha else (255, 255, 255))


def test_sixteen_bits_per_channel_become_eight(tmp_path):
    image = pyvips.Image.new_from_array(
        np.full((256, 256, 3), np.array(RED) * 257, np.uint16), interpretation="rgb16"
    )
    square = read_bytes(image.pngsave_buffer(), tmp_path)
    assert square is not None
    np.testing.assert_allclose(square.rgb[128, 128], RED, atol=1)


def test_a_cmyk_photo_becomes_rgb(tmp_path):
    image = pyvips.Image.new_from_array(draw_photo("forest", 3, 256, 256), interpretation="srgb")
    cmyk = image.icc_transform("cmyk", input_profile="srgb")
    square = read_bytes(cmyk.jpegsave_buffer(Q=95), tmp_path)
    assert square is not None
    assert square.rgb.shape == (SIDE_PX, SIDE_PX, 3)
    assert square.chroma > MIN_CHROMA


@pytest.mark.parametrize("as_three_channels", [False, True])
def test_a_gray_photo_has_no_chroma(as_three_channels, tmp_path):
    gray = draw_photo("beach", 4)[..., 1]
    image = np.repeat(gray[..., None], 3, axis=-1) if as_three_channels else gray
    square = read_bytes(jpeg(np.ascontiguousarray(image)), tmp_path)
    assert square is not None
    assert square.chroma < 0.5


def test_chroma_is_the_mean_distance_from_gray(tmp_path):
    image = pyvips.Image.new_from_array(np.full((256, 256, 3), (255, 0, 0), np.uint8))
    square = read_bytes(image.copy(interpretation="srgb").pngsave_buffer(), tmp_path)
    assert square is not None
    assert square.chroma == pytest.approx(np.hypot(80.09, 67.20), abs=0.1)


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>not found</html>", jpeg(draw_photo("beach", 5))[:3000], b"\xff\xd8\xff" * 50],
    ids=["empty", "page", "truncated", "garbage"],
)
def test_an_unreadable_file_gives_none(content, tmp_path):
    assert read_bytes(content, tmp_path) is None


def test_the_content_hash_is_that_of_the_file(tmp_path):
    content = jpeg(draw_photo("beach", 6))
    square = read_bytes(content, tmp_path)
    assert square is not None
    assert square.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("falls", "set_bits"), [(True, 256), (False, 0)], ids=["darker to the right", "lighter"]
)
def test_the_difference_hash_compares_each_cell_with_its_right_one(falls, set_bits):
    ramp = np.linspace(250, 5, 256) if falls else np.linspace(5, 250, 256)
    rgb = np.broadcast_to(ramp[:, None].astype(np.uint8), (256, 256, 3))
    found = difference_hash(rgb)
    assert (found.shape, found.dtype) == ((4,), np.uint64)
    assert bits_apart(found, np.zeros(4, np.uint64)) == set_bits


@pytest.mark.parametrize(
    "copy",
    [
        lambda rgb: jpeg(rgb, quality=50),
        lambda rgb: jpeg(rgb[::2, ::2]),
        lambda rgb: jpeg(np.minimum(rgb, 245) + np.uint8(10)),
    ],
    ids=["compressed", "halved", "brightened"],
)
@pytest.mark.parametrize("category", ["beach", "forest", "fruit"])
def test_copies_of_a_photo_are_near_by_difference_hash(category, copy, tmp_path):
    rgb = draw_photo(category, 7, 512, 512)
    original, copied = (read_bytes(content, tmp_path) for content in (jpeg(rgb), copy(rgb)))
    assert original is not None
    assert copied is not None
    assert bits_apart(original.difference_hash, copied.difference_hash) <= NEAR_BITS


def test_different_photos_are_far_by_difference_hash():
    hashes = [difference_hash(draw_photo("fruit", seed, 256, 256)) for seed in range(12)]
    apart = [bits_apart(a, b) for i, a in enumerate(hashes) for b in hashes[:i]]
    assert min(apart) > 2 * NEAR_BITS
