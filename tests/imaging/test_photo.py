import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import pyvips

from basics.errors import DamagedError, DataError
from imaging.lab import lightness_from_gray, split_lab
from imaging.network_input import reduced
from imaging.photo import open_photo, read_full
from tests.drawing import draw_photo
from tests.imaging.network_inputs import network_input


def save(pixels, path, **options):
    kind = "b-w" if pixels.ndim == 2 else "srgb"
    if pixels.dtype == np.uint16:
        kind = {"b-w": "grey16", "srgb": "rgb16"}[kind]
    pyvips.Image.new_from_array(pixels, interpretation=kind).write_to_file(str(path), **options)
    return path


PHOTO = draw_photo("beach", 0)  # 200 x 300
END_OF_IMAGE = b"\xff\xd9"  # of JPEG


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif", "a.gif", "a.avif"])
def test_photo_formats_are_read(tmp_path, name):
    photo = open_photo(save(PHOTO, tmp_path / name))
    assert (photo.width, photo.height, photo.depth, photo.has_alpha) == (300, 200, 8, False)
    assert network_input(photo).shape == (256, 384, 1)


@pytest.mark.parametrize("name", ["a[1].jpg", "a b.jpg", "ä\n.jpg", "[Q=1]", "-a.png"])
def test_odd_names_are_no_options(tmp_path, name):
    path = save(PHOTO, tmp_path / "plain.jpg").rename(tmp_path / name)
    assert network_input(open_photo(path)).shape == (256, 384, 1)


BOXES = (
    b"meta",
    b"hdlr",
    b"pitm",
    b"iloc",
    b"iinf",
    b"infe",
    b"iprp",
    b"ipco",
    b"ispe",
    b"av1C",
    b"ipma",
)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>'


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.jpg", b"", "the file is empty"),
        ("text.jpg", b"no photo at all", "not a photo that can be read"),
        ("drawing.svg", SVG, "not a photo"),
        ("paper.pdf", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n", "not a photo"),
        ("table.csv", b"1,2,3\n4,5,6\n", "not a photo"),
        ("map.ppm", b"P6 1 1 255\n123", "not a photo"),
    ],
)
def test_what_is_no_photo_is_refused(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        open_photo(path)
    assert caught.value.args[1] == str(path)


def test_a_missing_photo_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(DataError, match="no such photo"):
        open_photo(tmp_path / "missing.jpg")
    with pytest.raises(DataError, match="a folder, not a photo"):
        open_photo(tmp_path)


def test_a_path_that_no_file_can_have_is_told():
    with pytest.raises(DataError, match="no such photo: embedded null"):
        open_photo(Path("a\0b.jpg"))


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (PHOTO[..., 0] / np.float32(255), "floating point numbers of 32 bits"),
        (PHOTO[..., 0].astype(np.int32), "signed numbers of 32 bits"),
        (PHOTO[..., 0].astype(np.int16), "signed numbers of 16 bits"),
        (np.concatenate([PHOTO, PHOTO[..., :2]], axis=2), "5 channels"),
    ],
    ids=["float", "signed, 32 bits", "signed", "two surplus channels"],
)
def test_samples_of_unknown_meaning_are_refused(tmp_path, pixels, message):
    with pytest.raises(DataError, match=message):
        open_photo(save(pixels, tmp_path / "a.tif"))


def test_a_name_that_is_no_utf8_is_read(tmp_path):
    path = save(PHOTO, tmp_path / "a.png").rename(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png"))
    assert network_input(open_photo(path)).shape == (256, 384, 1)


def test_a_photo_that_has_gone_since_is_told(tmp_path):
    photo = open_photo(save(PHOTO, tmp_path / "a.png"))
    photo.path.unlink()
    with pytest.raises(DataError, match="cannot open the photo: No such file"):
        network_input(photo)


def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path):
    with pytest.raises(DataError, match="300 x 200 px are more than 50,000"):
        open_photo(save(PHOTO, tmp_path / "a.png"), max_pixels=50_000)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_truncated_photo_is_damaged(tmp_path, name, share):
    path = save(PHOTO, tmp_path / name)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(DataError, match=r"damaged|not a photo that can be read"):
        network_input(open_photo(path))


def cut_before_its_end(content):
    return content[: len(content) // 2] + END_OF_IMAGE


def flipped(content):
    middle = len(content) // 2
    return (
        content[:middle]
        + bytes(one ^ 0x55 for one in content[middle : middle + 20])
        + content[middle + 20 :]
    )


def larger_than_it_is(content):
    at = content.index(b"\xff\xc0") + 5
    return content[:at] + (9000).to_bytes(2, "big") * 2 + content[at + 4 :]


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_jpeg_cut_short_that_ends_as_one_is_damaged(tmp_path, progressive, orientation):
    image = pyvips.Image.new_from_array(PHOTO).copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    path = tmp_path / "a.jpg"
    path.write_bytes(cut_before_its_end(image.jpegsave_buffer(interlace=progressive)))
    with pytest.raises(DamagedError, match="premature end") as caught:
        reduced(open_photo(path), 64)
    assert caught.value.setting is not None
    assert caught.value.setting.as_option == "--tolerate"
    if not progressive:  # there the cut may lie within a table, without which nothing is left
        assert reduced(open_photo(path, tolerates=True), 64).height in (64, 96)


@pytest.mark.parametrize("damage", [flipped, larger_than_it_is])
def test_a_jpeg_that_lacks_pixels_is_damaged(tmp_path, damage):
    path = save(PHOTO, tmp_path / "a.jpg")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DamagedError, match="the photo is damaged"):
        reduced(open_photo(path), 64)


def of_no_sequence(content):
    """As some cameras and scanners write it: a scan that claims to end before its last number."""
    at = content.index(b"\xff\xda") + 12
    assert content[at] == 63
    return content[:at] + b"\0" + content[at + 1 :]


@pytest.mark.parametrize(
    "oddity",
    [
        of_no_sequence,
        lambda content: content[:2] + bytes(9) + content[2:],
        lambda content: content[:-2] + bytes(9) + END_OF_IMAGE,
        lambda content: content + b"more" * 99,
    ],
    ids=["sequence", "before", "within", "behind"],
)
def test_what_a_jpeg_is_only_warned_of_is_coloured(tmp_path, oddity):
    path = save(PHOTO, tmp_path / "a.jpg")
    expected = network_input(open_photo(path))
    path.write_bytes(oddity(path.read_bytes()))
    assert np.array_equal(network_input(open_photo(path)), expected)
    assert read_full(open_photo(path)).copy_memory().height == 200


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_turned_back(tmp_path, orientation):
    upright = PHOTO[..., 0]
    stored = {  # EXIF 2.3, table of orientations: how the sensor saw the upright scene
        1: lambda x: x,
        2: np.fliplr,
        3: lambda x: np.rot90(x, 2),
        4: np.flipud,
        5: lambda x: x.T,
        6: lambda x: np.rot90(x, 1),
        7: lambda x: np.rot90(x, 2).T,
        8: lambda x: np.rot90(x, -1),
    }[orientation](upright)
    image = pyvips.Image.new_from_array(np.ascontiguousarray(stored), interpretation="b-w").copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    path = tmp_path / "turned.tif"
    image.write_to_file(str(path))
    photo = open_photo(path)
    assert (photo.width, photo.height) == (300, 200)
    np.testing.assert_array_equal(read_full(photo).numpy().squeeze(), upright)
    assert network_input(photo).shape == (256, 384, 1)


def test_gray_is_seen_as_its_luminance(tmp_path):
    gray = np.tile(np.arange(256, dtype=np.uint8), (256, 1))
    lum = network_input(open_photo(save(gray, tmp_path / "gray.png")))
    np.testing.assert_array_equal(lum, lightness_from_gray(gray))


def test_colour_is_seen_as_its_luminance(tmp_path):
    square = draw_photo("fruit", 3, 256, 256)
    lum = network_input(open_photo(save(square, tmp_path / "color.png")))
    np.testing.assert_allclose(lum, split_lab(square)[0], atol=2e-3)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((256, 256), (256, 256)),
        ((1000, 1500), (256, 384)),
        ((480, 270), (448, 256)),  # 455 rounds to 448
        ((1, 1), (256, 256)),
        ((1, 5000), (256, 1024)),
        ((5000, 1), (1024, 256)),
    ],
)
def test_the_miniature_has_sides_that_the_networks_take(tmp_path, size, expected):
    path = save(np.full(size, 77, np.uint8), tmp_path / "a.png")
    assert network_input(open_photo(path)).shape == (*expected, 1)


def test_the_miniature_can_be_smaller(tmp_path):
    photo = open_photo(save(PHOTO, tmp_path / "a.png"))
    assert network_input(photo, 128).shape == (128, 192, 1)


def deep(tmp_path):
    return save(PHOTO[..., 0].astype(np.uint16) * 257, tmp_path / "deep.png")


def palette(tmp_path):
    return save(PHOTO, tmp_path / "palette.png", palette=True)


def one_bit(tmp_path):
    return save(np.where(PHOTO[..., 0] > 120, 255, 0).astype(np.uint8), tmp_path / "bit.tif",
                bitdepth=1)  # fmt: skip


def cmyk(tmp_path):
    image = pyvips.Image.new_from_array(PHOTO, interpretation="srgb")
    image.colourspace("cmyk").write_to_file(str(tmp_path / "cmyk.jpg"), Q=95)
    return tmp_path / "cmyk.jpg"


def profiled(tmp_path):
    image = pyvips.Image.new_from_array(PHOTO, interpretation="srgb")
    image.icc_export(output_profile="p3").write_to_file(str(tmp_path / "p3.jpg"), Q=95)
    return tmp_path / "p3.jpg"


def transparent(tmp_path):
    alpha = np.full((*PHOTO.shape[:2], 1), 255, np.uint8)
    return save(np.concatenate([PHOTO, alpha], axis=2), tmp_path / "alpha.png")


@pytest.mark.parametrize(
    ("make", "bands", "depth"),
    [(deep, 1, 16), (palette, 3, 8), (one_bit, 1, 8), (cmyk, 3, 8), (profiled, 3, 8),
     (transparent, 4, 8)],
)  # fmt: skip
def test_every_kind_of_photo_comes_as_gray_or_srgb(tmp_path, make, bands, depth):
    photo = open_photo(make(tmp_path))
    image = read_full(photo)
    assert (image.bands, photo.depth) == (bands, depth)
    assert image.get_typeof("icc-profile-data") == 0
    lum = network_input(photo)
    assert 0 <= lum.min() < lum.max() <= 1
    if bands >= 3:
        assert lum.mean() == pytest.approx(split_lab(PHOTO)[0].mean(), abs=0.06)


def test_a_message_of_libvips_that_is_no_text_spoils_no_later_photo(tmp_path):
    content = save(PHOTO, tmp_path / "a.avif").read_bytes()
    places = [at for name in BOXES if (at := content.find(name)) >= 0]
    assert len(places) > 5
    for at in places:
        spoilt = tmp_path / f"{at}.avif"
        spoilt.write_bytes(content[:at] + b"\x99\xfe\xff\x80" + content[at + 4 :])
        with suppress(DataError):
            network_input(open_photo(spoilt))
    said = pyvips.ffi.new("char[]", b"no text: \x99")
    assert pyvips.error._to_string(said) == "no text: \ufffd"
    assert network_input(open_photo(tmp_path / "a.avif")).shape == (256, 384, 1)
