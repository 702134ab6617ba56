import json
from io import BytesIO

import numpy as np
import pytest
import pyvips
from PIL import Image

from basics.errors import DataError
from evaluation.metrics import colorfulness
from imaging.lab import gray_from_lightness, lightness_from_rgb, split_lab
from pipeline.colorizer import Colorizer
from pipeline.turing.pairs import LONGEST_PX, pair_of
from tests.drawing import draw_photo, jpeg

START_OF_SCAN = b"\xff\xda"  # what stands before it in a JPEG is no pixel


@pytest.fixture(scope="module")
def colorizer(shipped):
    return Colorizer(shipped)


def colorful(height=200, width=300):
    """(height, width, 3) uint8 in two tints."""
    rgb = draw_photo("beach", 0, height, width)
    rgb[:, : width // 2] = draw_photo("fruit", 1, height, width)[:, : width // 2]
    return rgb


def described_jpeg():
    """A JPEG of 900 x 600 px, turned, of 300 dpi, with EXIF, a comment and a colour profile."""
    image = Image.fromarray(colorful(600, 900))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x0131] = 6, "A maker", "A program"
    profile = pyvips.Image.new_from_array(colorful()).copy(interpretation="srgb")
    tagged = pyvips.Image.new_from_buffer(profile.write_to_buffer(".jpg", profile="p3"), "")
    file = BytesIO()
    image.save(
        file, "JPEG", quality=70, exif=exif, comment=b"a comment", dpi=(300, 300),
        icc_profile=tagged.get("icc-profile-data"), progressive=True,
    )  # fmt: skip
    return file.getvalue()


def photos():
    """Name -> content, and the size in which each is shown."""
    image = pyvips.Image.new_from_array(colorful(), interpretation="srgb")
    deep = (image.cast("ushort") * 257).cast("ushort").copy(interpretation="rgb16")
    alpha = pyvips.Image.new_from_array(np.linspace(0, 255, 300)[None].repeat(200, 0))
    large = pyvips.Image.new_from_array(colorful(1000, 400), interpretation="srgb")
    return {
        "small.jpg": (jpeg(colorful()), (300, 200)),
        "tiny.png": (image.crop(130, 0, 40, 30).write_to_buffer(".png"), (40, 30)),
        "described.jpg": (described_jpeg(), (341, 512)),
        "deep.png": (deep.write_to_buffer(".png"), (300, 200)),
        "alpha.png": (image.bandjoin(alpha.cast("uchar")).write_to_buffer(".png"), (300, 200)),
        "tall.webp": (large.write_to_buffer(".webp", Q=90), (205, 512)),
        "scan.tif": (large.rot90().write_to_buffer(".tif", xres=12, yres=12), (512, 205)),
    }


def made(content, name, colorizer, folder):
    """The pair of a photo: category, real and coloured path."""
    path = folder / name
    path.write_bytes(content)
    pair = pair_of(path, colorizer, folder / "cache")
    return pair.category, folder / "cache" / pair.real, folder / "cache" / pair.colored


def pixels(path):
    return pyvips.Image.new_from_file(str(path)).numpy()


@pytest.mark.parametrize("name", photos())
def test_real_and_coloured_differ_in_their_colours_alone(name, colorizer, tmp_path):
    content, size = photos()[name]
    _, *paths = made(content, name, colorizer, tmp_path)
    files = [path.read_bytes() for path in paths]
    heads = [file[: file.index(START_OF_SCAN)] for file in files]
    assert heads[0] == heads[1]  # size, tables, resolution, and whatever else is said
    real, colored = (Image.open(BytesIO(file)) for file in files)
    for image in (real, colored):
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", size)
        assert max(image.size) <= LONGEST_PX
        assert image.info == {}
        assert len(image.getexif()) == 0
    assert real.quantization == colored.quantization  # pyright: ignore - of JPEG files
    lums, abs_ = zip(*(split_lab(pixels(path)) for path in paths), strict=True)
    assert 100 * np.abs(lums[0] - lums[1]).mean() < 1  # L*, after two JPEGs
    assert 128 * np.abs(abs_[0] - abs_[1]).mean() > 3


def test_the_real_one_is_the_photo(colorizer, tmp_path):
    _, real, _ = made(jpeg(colorful(), quality=98), "a.jpg", colorizer, tmp_path)
    assert np.abs(pixels(real).astype(int) - colorful()).mean() < 3


def test_the_coloured_one_is_what_the_colorizer_makes_of_the_luminance(colorizer, tmp_path):
    """As good as the same: 8 bits of gray round luminance otherwise than 8 bits of colour."""
    category, real, colored = made(jpeg(colorful()), "a.jpg", colorizer, tmp_path)
    gray = pyvips.Image.new_from_array(gray_from_lightness(lightness_from_rgb(pixels(real))))
    gray.write_to_file(str(tmp_path / "gray.png"))
    expected = colorizer.colorize(tmp_path / "gray.png", tmp_path / "expected.png")
    found, wanted = pixels(colored), pixels(tmp_path / "expected.png")
    assert np.abs(found.astype(int) - wanted).mean() < 3
    assert colorfulness(found) == pytest.approx(colorfulness(wanted), abs=3)
    assert category == expected.category


def test_names_tell_nothing(colorizer, tmp_path):
    names = []
    for i in range(2):
        _, *paths = made(jpeg(colorful()), f"{i}/a.jpg".replace("/", "-"), colorizer, tmp_path)
        names += [path.name for path in paths]
        for path in (tmp_path / "cache").iterdir():
            path.unlink()
    assert len(set(names)) == 4
    for name in names:
        assert len(bytes.fromhex(name.removesuffix(".jpg"))) == 16


def test_what_an_earlier_process_made_is_used_again(colorizer, shipped, tmp_path):
    first = made(jpeg(colorful()), "a.jpg", colorizer, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").iterdir()}
    again = made(jpeg(colorful()), "b.jpg", Colorizer(shipped), tmp_path)
    assert again == first
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").iterdir()} == before


def test_another_photo_or_another_mode_is_another_pair(colorizer, shipped, tmp_path):
    first = made(jpeg(colorful()), "a.jpg", colorizer, tmp_path)
    changed = made(jpeg(colorful()[::-1].copy()), "a.jpg", colorizer, tmp_path)
    vivid = made(jpeg(colorful()), "a.jpg", Colorizer(shipped, mode="vivid"), tmp_path)
    assert len({path for _, *paths in (first, changed, vivid) for path in paths}) == 6
    assert colorfulness(pixels(vivid[2])) > colorfulness(pixels(first[2]))


@pytest.mark.parametrize("damage", ["picture", "note", "half a note", "other note"])
def test_a_cache_that_lacks_something_is_filled_again(colorizer, tmp_path, damage):
    _, real, colored = made(jpeg(colorful()), "a.jpg", colorizer, tmp_path)
    (note,) = (tmp_path / "cache").glob("*.json")
    whole = note.read_text()
    if damage == "picture":
        colored.unlink()
    elif damage == "note":
        note.unlink()
    else:
        note.write_text(whole[:20] if damage == "half a note" else json.dumps({"real": "a.jpg"}))
    _, *again = made(jpeg(colorful()), "a.jpg", colorizer, tmp_path)
    assert not {*again} & {real, colored}
    assert all(path.is_file() for path in again)
    assert note.read_text() != whole


def test_nothing_is_left_of_a_photo_that_turns_out_damaged(colorizer, tmp_path):
    with pytest.raises(DataError, match="the photo is damaged"):
        made(jpeg(colorful(600, 900))[:20_000], "a.jpg", colorizer, tmp_path)
    assert list((tmp_path / "cache").iterdir()) == []
