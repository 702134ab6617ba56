"""Which of a file's pictures is the photo, and who reads it."""

import contextlib
import struct
from io import BytesIO
from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image

from basics.errors import DataError
from imaging.headers import read_header
from imaging.network_input import reduced
from imaging.photo import open_photo, read_full
from pipeline.colorizer import Colorizer
from tests.corpus import corpus
from tests.imaging.tiffs import LONG, SHORT, Kind, directory, directory_size, file_of, page

RGB = np.stack([*np.meshgrid(np.arange(96) * 2, np.arange(64) * 3), np.full((64, 96), 90)], axis=-1)
PHOTO = RGB.astype(np.uint8)
GRAY = PHOTO[..., :1]


def level(value):
    return np.full((16, 24, 1), value, np.uint8)


def write(path, content):
    path.write_bytes(content)
    return path


MINIATURE = {254: (LONG, [1])}
OLD_MINIATURE = {255: (SHORT, [2])}
MASK = {254: (LONG, [4])}
PAGE = {254: (LONG, [2])}
OLD_PHOTO = {255: (SHORT, [1])}


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        ([MINIATURE, {}], [1]),
        ([OLD_MINIATURE, OLD_PHOTO], [1]),
        ([{}, MINIATURE], [0]),
        ([MINIATURE, PAGE, MASK, PAGE, {254: (LONG, [5])}], [1, 3]),
        ([MINIATURE, MASK], [0]),
        ([PAGE, PAGE], [0, 1]),
    ],
)
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bits", [8, 12])
def test_pages_are_photos_and_no_miniatures(tmp_path, pages, expected, order, bits):
    kind = Kind(order=order, bits=bits)
    parts = [page(level(20 * i + 20), Kind(order=order, bits=bits, extra=extra))
             for i, extra in enumerate(pages)]  # fmt: skip
    path = write(tmp_path / "a.tif", file_of(parts, kind))
    photo = open_photo(path)
    assert photo.n_pages == len(expected)
    for i, number in enumerate(expected):
        photo = open_photo(path, page=i)
        assert photo.page == number
        value = (20 * number + 20) * (1 if bits == 8 else 65535 / 4095)
        assert abs(read_full(photo).avg() - value) < 1
        assert abs(reduced(photo, 64).avg() - value / (1 if bits == 8 else 257)) < 2
    with pytest.raises(DataError, match="not a photo that can be read"):
        open_photo(path, page=len(expected))


def with_one_below(bits, order):
    """A miniature whose sub-directory is the photo, as cameras write it."""
    kind = Kind(bits=bits, order=order)
    blocks, entries = page(GRAY, kind)
    start = 8
    body, offsets = b"", []
    for block in blocks:
        offsets.append(start + len(body))
        body += block + b"\0" * (len(block) % 2)
    entries = {**entries, 273: (LONG, offsets), 279: (LONG, [len(one) for one in blocks])}
    below = start + len(body)
    body += directory(entries, below, 0, order, big=False)
    assert len(body) == below - start + directory_size(entries, big=False)
    small_blocks, small = page(level(200), Kind(order=order, rows=99))
    small = {**small, 254: (LONG, [1]), 273: (LONG, [start + len(body)]),
             279: (LONG, [len(small_blocks[0])]), 330: (LONG, [below])}  # fmt: skip
    body += small_blocks[0]
    first = start + len(body)
    body += directory(small, first, 0, order, big=False)
    return {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}L", first) + body


@pytest.mark.parametrize("bits", [8, 12])
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_photo_below_its_miniature_is_found(tmp_path, bits, order):
    path = write(tmp_path / "a.tif", with_one_below(bits, order))
    photo = open_photo(path)
    assert (photo.width, photo.height, photo.n_pages) == (96, 64, 1)
    full = read_full(photo).numpy().reshape(64, 96) / (1 if bits == 8 else 65535 / 4095)
    np.testing.assert_allclose(full, GRAY[..., 0], atol=1)
    assert reduced(photo, 64).width == 96


def with_gain_map():
    """A JPEG as telephones write it, with a gain map behind it."""
    image = pyvips.Image.new_from_array(PHOTO, interpretation="srgb").copy()
    gain = pyvips.Image.black(40, 30).cast("uchar").copy(interpretation="b-w")
    content: Any = gain.jpegsave_buffer()
    image.set_type(pyvips.GValue.blob_type, "gainmap-data", content)
    for name, value in (("max-content-boost", 4.0), ("min-content-boost", 1.0), ("gamma", 1.0),
                        ("offset-sdr", 1 / 64), ("offset-hdr", 1 / 64)):  # fmt: skip
        image.set_type(pyvips.GValue.array_double_type, f"gainmap-{name}", [value] * 3)
    for name, value in (("hdr-capacity-min", 1.0), ("hdr-capacity-max", 4.0)):
        image.set_type(pyvips.GValue.gdouble_type, f"gainmap-{name}", value)
    image.set_type(pyvips.GValue.gint_type, "gainmap-use-base-cg", 1)
    whole: Any = image.jpegsave_buffer(Q=95)
    assert pyvips.Image.new_from_buffer(whole, "").get("vips-loader") == "uhdrload_buffer"
    return whole


def several(format_, **options):
    """Frames of which the first is the photo."""
    buffer = BytesIO()
    frames = [Image.fromarray(PHOTO), Image.fromarray(255 - PHOTO)]
    frames[0].save(buffer, format_, save_all=True, append_images=frames[1:], **options)
    return buffer.getvalue()


KINDS = {
    "gain.jpg": (with_gain_map, "jpegload", 3),
    "pair.mpo": (lambda: several("MPO", quality=95), "jpegload", 3),
    "film.avif": (lambda: several("AVIF", quality=95), "heifload", 3),
    "film.webp": (lambda: several("WEBP", quality=95), "webpload", 3),
    "film.gif": (lambda: several("GIF"), "gifload", 9),
    "film.png": (lambda: several("PNG"), "pngload", 1),
    "pages.tif": (lambda: several("TIFF"), "tiffload", 1),
}


@pytest.mark.parametrize(("name", "kind"), KINDS.items(), ids=KINDS)
def test_the_first_picture_is_the_photo(tmp_path, name, kind):
    make, loader, most = kind
    path = write(tmp_path / name, make())
    photo = open_photo(path)
    assert (photo.loader, photo.width, photo.height) == (loader, 96, 64)
    full = read_full(photo)
    assert np.abs(full.numpy()[..., :3].astype(int) - PHOTO).mean() < most
    small = reduced(photo, 64).numpy().astype(int)
    assert np.abs(small - PHOTO).mean() < most + 1
    colored = Colorizer().colorize(path, tmp_path / "out.png")
    assert (colored.width, colored.height) == (96, 64)


def test_no_gain_map_goes_into_a_result(tmp_path):
    path = write(tmp_path / "gain.jpg", with_gain_map())
    Colorizer().colorize(path, tmp_path / "out.jpg")
    content = (tmp_path / "out.jpg").read_bytes()
    assert b"MPF\0" not in content
    assert b"hdrgm" not in content
    assert b"urn:iso:std:iso:ts:21496" not in content


@pytest.mark.parametrize("number", [3, 1_000_000])
def test_chunks_and_boxes_without_an_end_cost_no_time(tmp_path, number):
    """The header of a PNG of a million chunks, of a TIFF of as many pages, in a moment."""
    import time

    image = pyvips.Image.black(9, 9).copy(interpretation="b-w")
    content = image.write_to_buffer(".png", keep="none")
    empty = struct.pack(">L4sL", 0, b"teSt", 0x99)
    started = time.monotonic()
    path = write(tmp_path / "a.png", content[:33] + empty * number + content[33:])
    with contextlib.suppress(DataError):
        read_header(path, 0)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("suffix", [".heic", ".avif"])
@pytest.mark.parametrize("size", [(2**31 - 1, 64), (0, 0), (2**32 - 1, 2**32 - 1)])
def test_a_claimed_size_that_no_picture_has_is_told_before_libvips_sees_it(
    tmp_path, capfd, suffix, size
):
    content = bytearray(corpus()[f"color{suffix}"])
    at = content.index(b"ispe") + 8
    content[at : at + 8] = struct.pack(">LL", *size)
    with pytest.raises(DataError, match="a size that no picture has"):
        open_photo(write(tmp_path / f"a{suffix}", bytes(content)))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["color.heic", "color.avif"])
def test_a_box_that_ends_beyond_what_a_file_can_hold_is_told(tmp_path, name):
    content = corpus()[name]
    head = struct.pack(">L4s", 1, content[4:8]) + struct.pack(">Q", 2**64 - 1)
    with pytest.raises(DataError, match=r"not a photo|damaged"):
        read_full(open_photo(write(tmp_path / name, head + content[8:])))
