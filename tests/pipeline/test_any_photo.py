"""Whatever a photo is: its size, depth, transparency and luminance come back."""

import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st

from basics.errors import ConfigError
from imaging.lab import gray_from_lightness, lightness_from_rgb
from pipeline import Colorizer, ColorRequest
from pipeline.colorize import main
from tests.corpus import corpus
from tests.drawing import draw_photo

COLORIZER = Colorizer()
MODES = {  # name -> (bands, sample type, libvips' interpretation)
    "gray": (1, np.uint8, "b-w"),
    "gray and alpha": (2, np.uint8, "b-w"),
    "rgb": (3, np.uint8, "srgb"),
    "rgb and alpha": (4, np.uint8, "srgb"),
    "deep gray": (1, np.uint16, "grey16"),
    "deep gray and alpha": (2, np.uint16, "grey16"),
    "deep rgb": (3, np.uint16, "rgb16"),
    "deep rgb and alpha": (4, np.uint16, "rgb16"),
}


def pixels(path):
    return pyvips.Image.new_from_file(str(path)).numpy()


def write(path, array, interpretation, **options):
    image = pyvips.Image.new_from_array(array, interpretation=interpretation)
    image.write_to_file(str(path), **options)
    return path


@settings(max_examples=30)
@given(
    height=st.integers(1, 600),
    width=st.integers(1, 600),
    mode=st.sampled_from(sorted(MODES)),
    suffix=st.sampled_from([".png", ".tif"]),
    seed=st.integers(0, 99),
)
def test_every_size_mode_and_depth(tmp_path_factory, height, width, mode, suffix, seed):
    folder = tmp_path_factory.mktemp("any")
    bands, kind, interpretation = MODES[mode]
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 7, bands))
    rows, columns = np.arange(height) * 5 // height, np.arange(width) * 7 // width
    levels = coarse[rows][:, columns].astype(kind) * (257 if kind == np.uint16 else 1)
    path = write(folder / f"in{suffix}", levels, interpretation)
    colored = COLORIZER.colorize(path, folder / f"out{suffix}")
    result = pixels(colored.output)
    has_alpha = bands in (2, 4)
    assert (colored.width, colored.height) == (width, height)
    assert result.shape == (height, width, 4 if has_alpha else 3)
    assert result.dtype == kind
    if has_alpha:
        np.testing.assert_array_equal(result[..., 3], levels[..., -1])
    if bands < 3:
        gray = levels[..., 0] / (257 if kind == np.uint16 else 1)
        shown = (result[..., :3] // (257 if kind == np.uint16 else 1)).astype(np.uint8)
        kept = gray_from_lightness(lightness_from_rgb(shown))
        assert np.abs(kept - gray).max() <= 1.5


@pytest.mark.parametrize("name", corpus())
def test_every_format_is_coloured(tmp_path, name):
    (tmp_path / name).write_bytes(corpus()[name])
    colored = COLORIZER.colorize(tmp_path / name)
    result = pyvips.Image.new_from_file(str(colored.output))
    assert (result.width, result.height) == (48, 36)
    assert (result.format == "ushort") == name.startswith("deep")
    assert result.avg() > 0
    keeps = name.split(".")[1] in ("jpg", "png", "webp", "tif")
    assert colored.output.suffix == (f".{name.split('.')[1]}" if keeps else ".png")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".webp"])
def test_a_turned_photo_comes_back_upright(tmp_path, orientation, suffix):
    drawn = draw_photo("beach", 0)[:60, :90]
    upright = pyvips.Image.new_from_array(drawn, interpretation="srgb").colourspace("b-w")
    turned = upright.copy()
    turned.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    turned.write_to_file(str(tmp_path / f"in{suffix}"))
    seen = pyvips.Image.new_from_file(str(tmp_path / f"in{suffix}")).autorot().colourspace("b-w")
    colored = COLORIZER.colorize(tmp_path / f"in{suffix}", tmp_path / "out.png")
    kept = gray_from_lightness(lightness_from_rgb(pixels(colored.output)[..., :3]))
    expected = seen.numpy().reshape(seen.height, seen.width, -1)[..., 0]
    assert (colored.width, colored.height) == ((90, 60) if orientation < 5 else (60, 90))
    assert np.abs(kept.astype(int) - expected).max() <= 4  # WebP is read as colour


def test_sixteen_bits_in_are_sixteen_bits_out(tmp_path):
    ramp = np.tile(np.arange(0, 65536, 128, dtype=np.uint16), (64, 1))
    path = write(tmp_path / "in.tif", ramp, "grey16")
    for suffix, kind in ((".tif", np.uint16), (".png", np.uint16), (".jpg", np.uint8)):
        result = pixels(COLORIZER.colorize(path, tmp_path / f"out{suffix}").output)
        assert result.dtype == kind
        if kind == np.uint16:
            assert len(np.unique(result[..., 1])) > 300


def test_a_toned_print_is_reduced_to_its_luminance(tmp_path):
    gray = draw_photo("beach", 0)[..., 1]
    sepia = (gray[..., None] * np.array([1.0, 0.85, 0.65])).astype(np.uint8)
    path = write(tmp_path / "sepia.png", sepia, "srgb")
    colored = COLORIZER.colorize(path, request=ColorRequest(saturation=0))
    result = pixels(colored.output).astype(int)
    assert np.ptp(result, axis=2).max() <= 1
    kept = gray_from_lightness(lightness_from_rgb(result.astype(np.uint8)))
    assert np.abs(kept.astype(int) - gray_from_lightness(lightness_from_rgb(sepia))).max() <= 1


def test_saturation_says_how_colourful(gray_photo, tmp_path):
    spreads = []
    for factor in (0.0, 0.5, 1.0, 2.0):
        output = tmp_path / f"{factor}.png"
        COLORIZER.colorize(gray_photo, output, request=ColorRequest(saturation=factor))
        spreads.append(np.ptp(pixels(output).astype(int), axis=2).mean())
    assert spreads == sorted(spreads)
    assert spreads[0] < 1 < spreads[1] < spreads[3]


@pytest.mark.parametrize("given", [{"saturation": -1}, {"saturation": 4}, {"top": 0}])
def test_numbers_out_of_range_are_refused(given):
    with pytest.raises(ConfigError, match="give"):
        ColorRequest(**given)


def test_quality_says_how_large_a_jpeg_gets(gray_photo, tmp_path):
    sizes = []
    for quality in ("30", "95"):
        output = tmp_path / f"{quality}.jpg"
        assert main([str(gray_photo), "-o", str(output), "--quality", quality]) == 0
        sizes.append(output.stat().st_size)
    assert sizes[0] < 0.6 * sizes[1]
    assert main([str(gray_photo), "--force", "--quality", "101"]) == 1


def test_photos_in_colour_can_be_left_alone(tmp_path, capsys):
    from skimage import data

    album = tmp_path / "album"
    album.mkdir()
    write(album / "coffee.jpg", data.coffee(), "srgb")
    write(album / "camera.jpg", data.camera(), "b-w")
    assert main([str(album), "--keep-color"]) == 0
    out, err = capsys.readouterr()
    assert out == f"{album / 'camera_color.jpg'}\n"
    assert f"in colour already, left alone: {album / 'coffee.jpg'}" in err
    assert "1 coloured, 1 in colour already" in err
    assert not (album / "coffee_color.jpg").exists()


def test_a_photo_too_wide_for_a_format_is_told_before_anything_is_done(tmp_path, capsys):
    path = write(tmp_path / "wide.png", np.full((2, 20_000), 99, np.uint8), "b-w")
    assert main([str(path), "--format", "webp"]) == 1
    assert ".webp ends at 16,383 px" in capsys.readouterr().err
    assert main([str(path), "--format", "jpg"]) == 0
