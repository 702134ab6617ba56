"""What samples mean where no profile says it: gAMA, cHRM and cICP of PNG, nclx of HEIC and AVIF."""

import struct
import zlib
from io import BytesIO
from typing import Any
from zlib import crc32

import numpy as np
import pillow_heif
import pytest
import pyvips
from PIL import Image

from basics.errors import DataError
from imaging.network_input import reduced
from imaging.photo import open_photo, read_full
from imaging.transfer import PRIMARIES, SRGB_PRIMARIES, to_srgb_matrix

RAMP = np.tile(np.arange(256, dtype=np.uint8), (20, 1))


def chunk(kind, content):
    whole = kind + content
    return struct.pack(">L", len(content)) + whole + struct.pack(">L", crc32(whole))


def gama(value):
    return chunk(b"gAMA", struct.pack(">L", round(value * 100_000)))


def chrm(*xy):
    return chunk(b"cHRM", struct.pack(">8L", *(round(one * 100_000) for one in xy)))


def cicp(primaries, transfer, matrix=0, full=1):
    return chunk(b"cICP", bytes([primaries, transfer, matrix, full]))


def iccp(name):
    profile = pyvips.Image.black(1, 1).copy(interpretation="srgb").icc_export(output_profile=name)
    content: Any = profile.get("icc-profile-data")
    return chunk(b"iCCP", b"p\0\0" + zlib.compress(content))


SRGB = chunk(b"sRGB", b"\0")


def png(pixels, *chunks):
    """A PNG by libvips with further chunks after its header."""
    kind = "b-w" if pixels.ndim == 2 or pixels.shape[2] < 3 else "srgb"
    if pixels.dtype == np.uint16:
        kind = {"b-w": "grey16", "srgb": "rgb16"}[kind]
    image = pyvips.Image.new_from_array(pixels, interpretation=kind)
    content = image.write_to_buffer(".png", keep="none")
    return content[:33] + b"".join(chunks) + content[33:]


def seen(path, content):
    """(height, width, bands) of 0 to 1."""
    path.write_bytes(content)
    image = read_full(open_photo(path))
    full = 65535 if image.format == "ushort" else 255
    return image.numpy().reshape(image.height, image.width, -1) / full


def srgb_of(light):
    """IEC 61966-2-1, written down once more."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def bt709(values):
    """ITU-R BT.709, the inverse of item 1.2."""
    return np.where(values < 0.081, values / 4.5, ((values + 0.099) / 1.099) ** (1 / 0.45))


V = np.arange(256) / 255
NARROW = np.clip((np.arange(256) - 16) / 219, 0, 1)
KINDS = {
    "linear": ([gama(1.0)], V),
    "gamma 1.8": ([gama(1 / 1.8)], V**1.8),
    "gamma 2.2, as written for sRGB": ([gama(0.45455)], None),
    "sRGB goes before gAMA": ([SRGB, gama(1.0)], None),
    "iCCP goes before gAMA": ([iccp("srgb"), gama(1.0)], None),
    "cICP goes before sRGB and gAMA": ([cicp(1, 8), SRGB, gama(0.5)], V),
    "cICP goes before iCCP": ([cicp(1, 8), iccp("srgb")], V),
    "cICP is sRGB": ([cicp(1, 13), gama(1.0)], None),
    "cICP is unspecified": ([cicp(2, 2)], None),
    "BT.709": ([cicp(1, 1)], bt709(V)),
    "BT.601, the same curve": ([cicp(6, 6)], bt709(V)),
    "BT.2020, the same curve": ([cicp(9, 14)], bt709(V)),
    "gamma 2.2": ([cicp(1, 4)], V**2.2),
    "gamma 2.8": ([cicp(1, 5)], V**2.8),
    "narrow": ([cicp(1, 8, full=0)], NARROW),
    "a gamma of nobody": ([gama(0.00001)], None),
    "cHRM changes no gray": ([gama(1.0), chrm(0.31, 0.33, 0.7, 0.29, 0.17, 0.79, 0.13, 0.04)], V),
}


@pytest.mark.parametrize(("chunks", "light"), KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("form", ["gray", "deep", "alpha", "colour", "palette"])
def test_a_png_is_seen_as_it_says(tmp_path, chunks, light, form):
    expected = V if light is None else srgb_of(light)
    pixels = {
        "gray": RAMP, "deep": RAMP.astype(np.uint16) * 257,
        "alpha": np.stack([RAMP, RAMP], axis=-1), "colour": np.stack([RAMP] * 3, axis=-1),
        "palette": RAMP,
    }[form]  # fmt: skip
    content = png(pixels, *chunks)
    if form == "palette":
        if b"iCCP" in content:
            pytest.skip("Pillow writes the palette anew")
        buffer = BytesIO()
        Image.fromarray(RAMP).convert("P").save(buffer, "PNG")
        content = buffer.getvalue()[:33] + b"".join(chunks) + buffer.getvalue()[33:]
    found = seen(tmp_path / "a.png", content)
    assert np.abs(found[3, :, 0] - expected).max() < 0.006
    if form == "alpha":
        np.testing.assert_allclose(found[3, :, 1], V)
        return
    small = reduced(open_photo(tmp_path / "a.png"), 64).numpy().reshape(64, -1)
    assert abs(small.mean() / 255 - expected.mean()) < 0.02


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG"), (11, "xvYCC"), (99, "99")])
def test_a_transfer_that_is_not_read_is_named(tmp_path, transfer, name):
    (tmp_path / "a.png").write_bytes(png(RAMP, cicp(9, transfer)))
    with pytest.raises(DataError, match=f"{name}, which is not read\n.*\n.*sRGB"):
        open_photo(tmp_path / "a.png")


P3 = PRIMARIES[12]


@pytest.mark.parametrize(
    ("chunks", "primaries"),
    [
        ([cicp(12, 8)], P3),
        ([cicp(9, 8)], PRIMARIES[9]),
        ([gama(1.0), chrm(*P3[6:], *P3[:6])], P3),
        ([gama(1.0), chrm(*SRGB_PRIMARIES[6:], *SRGB_PRIMARIES[:6])], SRGB_PRIMARIES),
    ],
)
def test_other_primaries_are_converted(tmp_path, chunks, primaries):
    """White stays white, luminance is that of the primaries' own weights."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(90, 160, (16, 16, 3)).astype(np.uint8)
    pixels[0] = 255
    found = seen(tmp_path / "a.png", png(pixels, *chunks))
    linear = (pixels / 255) @ np.array(to_srgb_matrix(primaries)).T
    assert np.abs(found - srgb_of(linear)).max() < 0.006
    assert found[0].min() > 0.996


def test_the_matrix_of_p3_is_the_published_one():
    """CSS Color 4, lin_P3_to_XYZ and XYZ_to_lin_sRGB."""
    published = [[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]]
    np.testing.assert_allclose(to_srgb_matrix(P3), published, atol=2e-3)


@pytest.mark.parametrize("xy", [(0,) * 8, (0.3, 0.3) * 4, (0.31, 0, 0.7, 0.29, 0.17, 0.8, 0.1, 0)])
def test_primaries_that_are_none_are_ignored(tmp_path, xy):
    pixels = np.stack([RAMP] * 3, axis=-1)
    found = seen(tmp_path / "a.png", png(pixels, gama(1.0), chrm(*xy)))
    assert np.abs(found[3, :, 0] - srgb_of(V)).max() < 0.006


HEIF = {13: V, 1: srgb_of(bt709(V)), 8: srgb_of(V), 4: srgb_of(V**2.2), 2: V}


@pytest.mark.parametrize("transfer", HEIF)
@pytest.mark.parametrize("mode", ["L", "RGB", "I;16"])
def test_a_heic_is_seen_as_it_says(tmp_path, transfer, mode):
    pixels = {"L": RAMP, "RGB": np.stack([RAMP] * 3, axis=-1), "I;16": RAMP.astype("<u2") * 257}
    found = seen(tmp_path / "a.heic", heic(mode, pixels[mode], transfer_characteristics=transfer))
    assert np.abs(found[9, :, 0] - HEIF[transfer]).max() < 0.02


def heic(mode, pixels, **nclx):
    buffer = BytesIO()
    said = {"color_primaries": 1, "matrix_coefficients": 6, "full_range_flag": 1} | nclx
    size = pixels.shape[1], pixels.shape[0]
    pillow_heif.encode(mode, size, pixels.tobytes(), buffer, quality=-1, **said)
    return buffer.getvalue()


@pytest.mark.parametrize("suffix", [".heic", ".avif"])
def test_a_transfer_of_heif_that_is_not_read_is_named(tmp_path, suffix):
    content = heic("L", RAMP)
    if suffix == ".avif":
        buffer = BytesIO()
        Image.fromarray(RAMP).save(buffer, "AVIF")
        content = buffer.getvalue()
    at = content.index(b"nclx") + 4
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content[: at + 2] + struct.pack(">H", 16) + content[at + 4 :])
    with pytest.raises(DataError, match="encoded by PQ, which is not read"):
        open_photo(path)


@pytest.mark.parametrize("limits", ["full", "limited"])
@pytest.mark.parametrize("mode", ["L", "RGB", "LA"])
def test_an_avif_of_either_range_is_seen_alike(tmp_path, limits, mode):
    """libheif leaves the range of gray as it is."""
    buffer = BytesIO()
    subsampling = "4:4:4" if mode == "RGB" else "4:0:0"
    image = Image.fromarray(RAMP).convert(mode)
    image.save(buffer, "AVIF", range=limits, quality=95, subsampling=subsampling)
    found = seen(tmp_path / "a.avif", buffer.getvalue())
    assert np.abs(found[9, :, 0] - V).max() < 0.015
