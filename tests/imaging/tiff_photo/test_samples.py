"""Samples of any bits, order and place: what is stored is what is seen."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import pyvips

from basics.errors import DamagedError, DataError
from imaging.lab import XYZ_FROM_RGB, decode_srgb
from imaging.network_input import reduced
from imaging.photo import open_photo, read_full
from tests.imaging.tiffs import CODECS, LONG, SHORT, Kind, tiff

WIDTH, HEIGHT = 53, 41  # odd, so that rows end within bytes


def shares(n):
    """(HEIGHT, WIDTH, n) of 0 to 1: waves that differ in each channel and line."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    waves = [0.5 + 0.5 * np.sin(x / (5 + i) + y * (0.07 + 0.05 * i) + i) for i in range(n)]
    return np.stack(waves, axis=-1)


def stored(share, bits):
    """Whole numbers of so many bits."""
    top = (1 << bits) - 1
    return np.vectorize(lambda one: round(one * top), otypes=[object])(share)


def seen(path, **options):
    """(height, width, bands) of 0 to 1, and the image."""
    image = read_full(open_photo(path, **options)).copy_memory()
    full = 65535 if image.format == "ushort" else 255
    return image.numpy().reshape(image.height, image.width, -1) / full, image


def write(path, samples, kind):
    path.write_bytes(tiff(samples, kind))
    return path


# order of bytes, of bits, tile, alpha: each pair of them once
WAYS = (("<", 1, None, 0), (">", 2, None, 1), ("<", 2, (32, 16), 1), (">", 1, (32, 16), 0))
BITS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 24, 32, 64)


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("photometric", [0, 1, 2])
def test_samples_of_any_bits_are_what_they_say(tmp_path, bits, photometric):
    """Both orders of bytes and of bits, strips and tiles, with and without alpha."""
    for order, fill, tile, alpha in WAYS:
        n = (3 if photometric == 2 else 1) + alpha
        share = shares(n)
        kind = Kind(bits=bits, photometric=photometric, order=order, fill_order=fill, tile=tile,
                    extra={338: (SHORT, [2])} if alpha else {})  # fmt: skip
        found, image = seen(write(tmp_path / "a.tif", stored(share, bits), kind))
        if photometric == 0:
            share[..., 0] = 1 - share[..., 0]
        assert found.shape == share.shape, kind
        assert (image.format == "ushort") == (bits > 8), kind
        assert np.abs(found - share).max() < 0.51 / ((1 << min(bits, 8)) - 1) + 0.003, kind
        assert bool(image.hasalpha()) == bool(alpha)


@pytest.mark.parametrize("bits", [8, 12, 16])
@pytest.mark.parametrize("n", [2, 3, 4])
def test_planes_lie_one_after_the_other(tmp_path, bits, n):
    blocks = (("<", 1, None), (">", 16, None), ("<", HEIGHT, None), (">", 99, None),
              ("<", 1, (16, 16)), (">", 1, (64, 64)))  # fmt: skip
    for order, rows, tile in blocks:
        share = shares(n)
        kind = Kind(bits=bits, photometric=2 if n > 2 else 1, planar=True, rows=rows, tile=tile,
                    order=order, extra={338: (SHORT, [2])} if n != 3 else {})  # fmt: skip
        found, _ = seen(write(tmp_path / "a.tif", stored(share, bits), kind))
        assert np.abs(found - share).max() < 0.003, kind


@pytest.mark.parametrize("codec", [one for one in CODECS if one != 50000])
@pytest.mark.parametrize("bits", [8, 12, 16])
def test_what_is_compressed_is_the_same(tmp_path, codec, bits):
    for tile, planar, fill in product((None, (16, 32)), (False, True), (1, 2)):
        share = shares(2)
        kind = Kind(bits=bits, codec=codec, tile=tile, planar=planar, fill_order=fill,
                    extra={338: (SHORT, [2])})  # fmt: skip
        found, _ = seen(write(tmp_path / "a.tif", stored(share, bits), kind))
        assert np.abs(found - share).max() < 0.003, kind


@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize("order", ["<", ">"])
def test_differences_are_added_up(tmp_path, bits, order):
    for planar, tile in product((False, True), (None, (16, 16))):
        share = shares(2)
        kind = Kind(bits=bits, order=order, codec=8, predictor=2, planar=planar, tile=tile)
        found, _ = seen(write(tmp_path / "a.tif", stored(share, bits), kind))
        assert np.abs(found - share).max() < 0.003, kind


def test_a_big_tiff_is_read_alike(tmp_path):
    for bits in (8, 12):
        share = shares(1)
        found, _ = seen(write(tmp_path / "a.tif", stored(share, bits), Kind(bits=bits, big=True)))
        assert np.abs(found - share).max() < 0.003


def test_alpha_that_colours_are_multiplied_by_is_undone(tmp_path):
    share = shares(2) * 0.5 + 0.5
    held = share.copy()
    held[..., 0] *= held[..., 1]
    kind = Kind(planar=True, extra={338: (SHORT, [1])})
    found, _ = seen(write(tmp_path / "a.tif", stored(held, 8), kind))
    assert np.abs(found - share).max() < 0.01


def lab_samples(photometric, bits, lightness, a, b):
    """CIELAB as TIFF 6 (8), the ICC (9) and ITU-T T.42 (10) store it."""
    unit = 1 if bits == 8 else 256
    top = (1 << bits) - 1
    if photometric == 10:
        pairs = (128 + a * 255 / 170) * unit, (96 + b * 255 / 200) * unit
    elif photometric == 9:
        pairs = (a + 128) * unit, (b + 128) * unit
    else:
        pairs = (a * unit) % (top + 1), (b * unit) % (top + 1)
    white = 65280 if (photometric, bits) == (9, 16) else top
    return np.rint(np.stack([lightness / 100 * white, *pairs], axis=-1)).astype(np.int64)


def lightness_seen(image):
    """L* by CIE 1976, in NumPy, of gray or sRGB."""
    full = 65535 if image.format == "ushort" else 255
    linear = decode_srgb(image.numpy().reshape(image.height, image.width, -1)[..., :3] / full)
    y = linear @ np.array(XYZ_FROM_RGB[1]) if linear.shape[2] == 3 else linear[..., 0]
    return np.where(y > (6 / 29) ** 3, 116 * np.cbrt(y) - 16, y * (29 / 3) ** 3)


@pytest.mark.parametrize("photometric", [8, 9, 10])
@pytest.mark.parametrize("bits", [8, 16])
def test_cielab_keeps_its_lightness(tmp_path, photometric, bits):
    """Also where sRGB does not have its colours."""
    lightness = np.rint(shares(1)[..., 0] * 100)
    a, b = np.rint(shares(3)[..., 1] * 120 - 60), np.rint(shares(3)[..., 2] * 140 - 60)
    for planar, tile in product((False, True), (None, (16, 16))):
        kind = Kind(bits=bits, photometric=photometric, planar=planar, tile=tile)
        samples = lab_samples(photometric, bits, lightness, a, b)
        _, image = seen(write(tmp_path / "a.tif", samples, kind))
        assert np.abs(lightness_seen(image) - lightness).mean() < 0.5
        assert image.bands == 3
    near = lab_samples(photometric, bits, lightness * 0 + 60, a * 0 + 30, b * 0 - 20)
    _, image = seen(write(tmp_path / "a.tif", near, Kind(bits=bits, photometric=photometric)))
    np.testing.assert_allclose(image.colourspace("lab").numpy()[9, 9], [60, 30, -20], atol=1.5)


def test_cielab_in_floats_keeps_its_lightness(tmp_path):
    """As libvips writes it."""
    lab = np.stack(
        [shares(1)[..., 0] * 100, shares(2)[..., 1] * 90 - 40, shares(1)[..., 0] * 20], -1
    )
    image = pyvips.Image.new_from_array(lab.astype(np.float32), interpretation="lab")
    image.write_to_file(str(tmp_path / "a.tif"))
    _, found = seen(tmp_path / "a.tif")
    assert (found.bands, found.format) == (3, "ushort")
    assert np.abs(lightness_seen(found) - lab[..., 0]).mean() < 0.2
    assert reduced(open_photo(tmp_path / "a.tif"), 64).format == "uchar"


def test_lightness_alone_is_gray(tmp_path):
    lightness = np.rint(shares(1) * 255).astype(int)
    _, image = seen(write(tmp_path / "a.tif", lightness, Kind(photometric=8)))
    assert image.bands == 1
    assert np.abs(lightness_seen(image) - lightness[..., 0] / 2.55).max() < 0.5


@pytest.mark.parametrize(
    ("kind", "n", "message"),
    [
        (Kind(bits=32, extra={339: (SHORT, [3])}), 1, "floating point numbers of 32 bits"),
        (Kind(bits=16, extra={339: (SHORT, [3])}), 1, "floating point numbers of 16 bits"),
        (Kind(bits=64, extra={339: (SHORT, [3])}), 1, "floating point numbers of 64 bits"),
        (Kind(bits=16, extra={339: (SHORT, [2])}), 1, "signed numbers of 16 bits"),
        (Kind(bits=24, extra={339: (SHORT, [3] * 3)}, photometric=2), 3, "numbers of 24 bits"),
        (Kind(extra={258: (SHORT, [5, 6, 5])}, photometric=2), 3, "have 5, 6, 5 bits"),
        (Kind(extra={258: (SHORT, [65])}), 1, "have 65 bits"),
        (Kind(codec=50000), 1, "compressed by Zstandard, which is not read"),
        (Kind(codec=50000, tile=(16, 16)), 1, "compressed by Zstandard, which is not read"),
        (Kind(extra={259: (LONG, [70_001])}), 1, "compressed by scheme 70001, which is not read"),
        (Kind(extra={259: (SHORT, [50002])}), 1, "compressed by JPEG XL, which is not read"),
        (Kind(extra={259: (SHORT, [12345])}), 1, "scheme 12345, which is not read"),
        (Kind(photometric=32803), 1, "a camera's raw file, which is not read"),
        (Kind(photometric=4), 1, "photometric interpretation 4, which is not read"),
        (Kind(bits=5, photometric=3), 1, "with a palette, 1 samples of 5 bits, which is not read"),
        (Kind(bits=12, photometric=2), 6, "6 channels"),
        (Kind(extra={259: (SHORT, [3])}), 1, "CCITT group 3, 1 samples of 8 bits, which is not"),
        (Kind(bits=12, codec=8, predictor=2, extra={317: (SHORT, [2])}), 1, "predictor 2"),
    ],
)  # fmt: skip
def test_what_is_not_read_is_named(tmp_path, kind, n, message):
    path = write(tmp_path / "a.tif", stored(shares(n), kind.bits), kind)
    with pytest.raises(DataError, match=message) as caught:
        open_photo(path)
    assert not isinstance(caught.value, DamagedError)


OURS = Kind(bits=12, rows=8)
LIBVIPS = Kind(rows=8)


@pytest.mark.parametrize("kind", [OURS, replace(OURS, tile=(16, 16)), LIBVIPS,
                                  replace(LIBVIPS, tile=(16, 16))])  # fmt: skip
@pytest.mark.parametrize("codec", [1, 5, 8, 32773])
@pytest.mark.parametrize("how", ["cut", "outside", "nowhere", "spoilt"])
def test_a_damaged_block_is_told_or_left_out(tmp_path, kind, codec, how):
    kind = replace(kind, codec=codec)
    share = shares(1)
    content = bytearray(tiff(stored(share, kind.bits), kind))
    offsets = 324 if kind.tile else 273
    at = content.index(offsets.to_bytes(2, "little") + LONG.to_bytes(2, "little"))
    (table,) = np.frombuffer(content[at + 8 : at + 12], "<u4")
    number = int.from_bytes(content[at + 4 : at + 8], "little")
    last = int.from_bytes(content[table + 4 * (number - 1) : table + 4 * number], "little")
    if how == "spoilt":
        if codec in (1, 32773):
            pytest.skip("any bytes are samples, or runs of them")
        content[last : last + 40] = b"\xff" * 40
    else:
        far = {"cut": len(content) - 5, "outside": len(content) + 999, "nowhere": 0}[how]
        content[table + 4 * (number - 1) : table + 4 * number] = far.to_bytes(4, "little")
    path = tmp_path / "a.tif"
    path.write_bytes(content)
    with pytest.raises(DamagedError, match="the photo is damaged") as caught:
        reduced(open_photo(path), 64)
    assert caught.value.setting is not None
    assert caught.value.setting.as_option == "--tolerate"
    found, _ = seen(path, tolerates=True)
    assert np.abs(found - share)[:16].max() < 0.003 or codec != 1
    assert np.abs(found - share)[:16, :16].max() < 0.003


@pytest.mark.parametrize("kind", [OURS, LIBVIPS])
def test_a_picture_without_blocks_is_damaged(tmp_path, kind):
    kind = replace(kind, extra={257: (LONG, [400])})
    path = write(tmp_path / "a.tif", stored(shares(1), kind.bits), kind)
    with pytest.raises(DataError, match=r"damaged|not a photo that can be read"):
        reduced(open_photo(path), 64)
