import os
import resource
from pathlib import Path

import numpy as np
import pytest
import pyvips
from hypothesis import given
from hypothesis import strategies as st

from basics.errors import DataError
from imaging.lab import gray_from_lightness, join_lab, lightness_from_gray, split_lab
from imaging.photo import open_photo
from imaging.writer import write_photo
from tests.drawing import draw_photo
from tests.imaging.network_inputs import network_input

MILD = np.full((8, 12, 2), (0.08, 0.1), np.float32)  # in gamut for all but the ends of the scale
FLAT = np.full((8, 12, 1), 0.5, np.float32)
STRONG = np.full((8, 12, 2), (0.6, 0.6), np.float32)  # an orange that sRGB does not have


@pytest.fixture
def ramp(tmp_path):
    """A gray PNG of 256 x 64 px with every level."""
    return save(np.tile(np.arange(256, dtype=np.uint8), (64, 1)), tmp_path / "ramp.png")


def save(pixels, path, interpretation=None, **options):
    kind = {1: "b-w", 2: "b-w", 3: "srgb", 4: "srgb"}[1 if pixels.ndim == 2 else pixels.shape[2]]
    if pixels.dtype == np.uint16:
        kind = {"b-w": "grey16", "srgb": "rgb16"}[kind]
    image = pyvips.Image.new_from_array(pixels, interpretation=interpretation or kind)
    image.write_to_file(str(path), **options)
    return path


def read(path):
    return pyvips.Image.new_from_file(str(path))


def recolor(path, output, ab=MILD):
    photo = open_photo(path)
    write_photo(photo, ab, output, lightness=network_input(photo))
    return read(output)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("ab", [MILD, STRONG], ids=["mild", "out of gamut"])
def test_the_luminance_of_a_gray_photo_is_kept_to_one_level(ramp, tmp_path, suffix, ab):
    colored = recolor(ramp, tmp_path / f"out{suffix}", ab).numpy()
    lightness, _ = split_lab(colored)
    difference = gray_from_lightness(lightness).astype(int) - np.arange(256)
    assert np.abs(difference).max() <= 1


def test_full_size_colours_agree_with_the_reference(ramp, tmp_path):
    colored = recolor(ramp, tmp_path / "out.png", STRONG).numpy()
    lightness = lightness_from_gray(read(ramp).numpy())
    expected = join_lab(lightness, np.broadcast_to(STRONG[0, 0], (*lightness.shape[:2], 2)))
    assert np.abs(colored.astype(int) - expected).max() <= 1


def test_chrominance_is_enlarged_about_the_centre(tmp_path):
    path = save(np.full((64, 96), 128, np.uint8), tmp_path / "gray.png")
    ab = np.zeros((2, 3, 2), np.float32)
    ab[:, 0, 0], ab[:, 2, 0] = 0.2, -0.2  # red on the left, green on the right
    _, colored = split_lab(recolor(path, tmp_path / "out.png", ab).numpy())
    left, right = colored[:, :48, 0].mean(), colored[:, 48:, 0].mean()
    assert left == pytest.approx(-right, abs=0.01)
    assert left > 0.05


@given(height=st.integers(1, 40), width=st.integers(1, 40))
def test_every_size_comes_back_as_it_was(tmp_path_factory, height, width):
    folder = tmp_path_factory.mktemp("size")
    path = save(np.full((height, width), 90, np.uint8), folder / "in.png")
    colored = recolor(path, folder / "out.png")
    assert (colored.height, colored.width, colored.bands) == (height, width, 3)


@pytest.mark.parametrize(
    ("suffix", "format_"),
    [(".png", "ushort"), (".tif", "ushort"), (".jpg", "uchar"), (".webp", "uchar")],
)
def test_sixteen_bits_stay_sixteen_bits_where_the_format_can(tmp_path, suffix, format_):
    levels = np.linspace(0, 65535, 300).astype(np.uint16)
    path = save(np.tile(levels, (20, 1)), tmp_path / "deep.png")
    colored = recolor(path, tmp_path / f"out{suffix}")
    assert colored.format == format_
    if format_ == "ushort":
        assert len(np.unique(colored.numpy()[..., 1])) > 256


@pytest.mark.parametrize("bands", [2, 4])
@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_transparency_is_kept(tmp_path, bands, suffix):
    pixels = np.full((20, 30, bands), 100, np.uint8)
    pixels[:, :15, -1] = 255
    pixels[:, 15:, -1] = 0
    colored = recolor(save(pixels, tmp_path / "in.png"), tmp_path / f"out{suffix}")
    assert colored.bands == 4
    np.testing.assert_array_equal(colored.numpy()[..., 3], pixels[..., -1])


def test_transparency_of_sixteen_bits_becomes_eight_where_it_must(tmp_path):
    pixels = np.full((20, 30, 4), 30000, np.uint16)
    pixels[:, :15, 3] = 65535
    pixels[:, 15:, 3] = 257 * 100
    colored = recolor(save(pixels, tmp_path / "in.png"), tmp_path / "out.webp")
    assert set(np.unique(colored.numpy()[..., 3])) == {100, 255}


def test_a_jpeg_of_a_transparent_photo_shows_white_behind_it(tmp_path):
    pixels = np.zeros((20, 30, 2), np.uint8)
    colored = recolor(save(pixels, tmp_path / "in.png"), tmp_path / "out.jpg")
    assert colored.bands == 3
    assert colored.numpy().min() >= 250


def test_jpeg_keeps_full_colour_resolution_at_high_quality(ramp, tmp_path):
    recolor(ramp, tmp_path / "out.jpg")
    content = (tmp_path / "out.jpg").read_bytes()
    frame = content.index(b"\xff\xc0")  # start of frame: three components, sampling 1 x 1 each
    assert [content[frame + 11 + 3 * i] for i in range(3)] == [0x11, 0x11, 0x11]
    table = content[content.index(b"\xff\xdb") + 5 :]
    assert table[0] <= 3  # 16 at quality 50, 3 at 92


def test_metadata_is_kept_and_the_orientation_reset(tmp_path):
    image = pyvips.Image.new_from_array(draw_photo("fruit", 0), interpretation="srgb").copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", 6)
    image.set_type(pyvips.GValue.gstr_type, "exif-ifd0-Artist", "A. Author (A. Author, ASCII)")
    path = tmp_path / "in.jpg"
    image.write_to_file(str(path))
    colored = recolor(path, tmp_path / "out.jpg")
    assert (colored.width, colored.height) == (200, 300)
    assert "A. Author" in str(colored.get("exif-ifd0-Artist"))
    assert colored.get_typeof("orientation") == 0 or colored.get("orientation") == 1


def test_a_colour_photo_is_reduced_to_its_luminance_first(tmp_path):
    path = save(draw_photo("fruit", 0), tmp_path / "in.png")
    colored = recolor(path, tmp_path / "out.png", np.zeros((8, 8, 2), np.float32)).numpy()
    assert np.ptp(colored.astype(int), axis=2).max() <= 1


@pytest.mark.parametrize(
    "ab",
    [np.full((8, 8, 2), np.nan), np.zeros((8, 8, 3)), np.zeros((1, 8, 8, 2)), np.zeros((0, 8, 2))],
    ids=["nan", "three channels", "a batch", "empty"],
)
def test_what_is_no_chrominance_is_refused(ramp, tmp_path, ab):
    with pytest.raises(DataError, match="no chrominance"):
        recolor(ramp, tmp_path / "out.png", ab.astype(np.float32))
    assert [one.name for one in tmp_path.iterdir()] == ["ramp.png"]


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_a_full_disk_is_told_and_leaves_nothing(tmp_path, suffix):
    noise = np.random.default_rng(0).integers(0, 256, (300, 400), dtype=np.uint8)
    photo = open_photo(save(noise, tmp_path / "in.png"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))  # bytes a file may have
    try:
        with pytest.raises(DataError, match=r"cannot write the coloured photo: .*write"):
            write_photo(photo, MILD, tmp_path / f"out{suffix}", lightness=FLAT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [one.name for one in tmp_path.iterdir()] == ["in.png"]


def test_a_photo_may_be_replaced_by_its_result(tmp_path):
    path = save(draw_photo("fruit", 0), tmp_path / "a.png")
    recolor(path, path, np.zeros((8, 8, 2), np.float32))
    again = pyvips.Image.new_from_file(str(path), revalidate=True).numpy()
    assert np.ptp(again.astype(int), axis=2).max() <= 1
    assert [one.name for one in tmp_path.iterdir()] == ["a.png"]


def test_a_name_that_is_no_utf8_is_written(ramp, tmp_path):
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    write_photo(open_photo(ramp), MILD, folder / "out.png", lightness=FLAT)
    assert (folder / "out.png").stat().st_size > 0


def test_a_tiff_is_no_bigtiff(ramp, tmp_path):
    recolor(ramp, tmp_path / "out.tif")
    assert (tmp_path / "out.tif").read_bytes()[:4] == b"II*\0"


def test_damage_leaves_no_output(tmp_path):
    path = save(draw_photo("fruit", 0), tmp_path / "in.png")
    path.write_bytes(path.read_bytes()[:-3000])
    photo = open_photo(path)
    with pytest.raises(DataError, match=r"cannot write the coloured photo|damaged"):
        write_photo(photo, MILD, tmp_path / "out.png", lightness=FLAT)
    assert [one.name for one in tmp_path.iterdir()] == ["in.png"]


def test_an_output_folder_that_cannot_be_made_is_told(ramp, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"(?s)cannot write the coloured photo: .*/file"):
        write_photo(open_photo(ramp), MILD, tmp_path / "file" / "out.png", lightness=FLAT)


def test_an_output_of_unknown_format_is_refused(ramp, tmp_path):
    with pytest.raises(DataError, match=r"cannot write \.bmp"):
        write_photo(open_photo(ramp), MILD, tmp_path / "out.bmp", lightness=FLAT)
