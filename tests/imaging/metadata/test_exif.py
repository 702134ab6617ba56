"""What EXIF says of size, colours and orientation is true of the result; the rest stays."""

import struct
import time
from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import ExifTags, Image

from imaging.metadata import NOTE, described
from imaging.metadata.exif import describe
from imaging.metadata.ifd import Exif, read_exif
from imaging.metadata.ifd_layout import exif_block as laid_out
from imaging.metadata.result import Result
from imaging.metadata.tiff import read
from imaging.photo import open_photo, read_full
from tests.imaging.metadata.files import (
    HEIGHT,
    SUFFIXES,
    WIDTH,
    Entry,
    chunk,
    colored,
    exif_block,
    exif_of,
    heif,
    jpeg,
    png,
    segment,
    tags,
    tiff,
    webp,
)  # fmt: skip

BASE = ExifTags.Base
MAKER = b"Maker\0II*\0" + bytes(range(200))


def short(order: str, *numbers: int) -> bytes:
    return struct.pack(f"{order}{len(numbers)}H", *numbers)


def main_tags(order: str = "<") -> list[Entry]:
    return [
        (256, 3, short(order, 999)), (257, 3, short(order, 888)), (258, 3, short(order, 8)),
        (259, 3, short(order, 6)), (262, 3, short(order, 1)), (271, 2, b"Leica\0"),
        (274, 3, short(order, 6)), (277, 3, short(order, 1)), (305, 2, b"Scan 1\0"),
        (531, 3, short(order, 2)), (40091, 1, "Köln".encode("utf-16-le") + b"\0\0"),
    ]  # fmt: skip


def photo_tags(order: str = "<") -> list[Entry]:
    return [
        (33434, 5, struct.pack(f"{order}LL", 1, 250)), (36864, 7, b"0230"),
        (36867, 2, b"1950:01:02 03:04:05\0"), (37121, 7, b"\1\0\0\0"), (37500, 7, MAKER),
        (37122, 5, struct.pack(f"{order}LL", 4, 1)), (40961, 3, short(order, 65535)),
        (40962, 3, short(order, 999)), (40963, 3, short(order, 888)),
    ]  # fmt: skip


def gps_tags(order: str = "<") -> list[Entry]:
    return [(1, 2, b"N\0"), (2, 5, struct.pack(f"{order}6L", 48, 1, 51, 1, 296, 10))]


def block(order: str = "<") -> bytes:
    """With a thumbnail in a second directory."""
    plain = exif_block(
        *main_tags(order), below={34665: photo_tags(order), 34853: gps_tags(order)}, order=order
    )
    thumbnail = Image.fromarray(np.zeros((8, 8), np.uint8))
    small = BytesIO()
    thumbnail.save(small, "JPEG")
    second = len(plain)
    number = struct.unpack_from(f"{order}H", plain, 8)[0]
    at = 10 + 12 * number
    values = second + 2 + 24 + 4
    directory = struct.pack(f"{order}HHHLLHHLLL", 2, 513, 4, 1, values, 514, 4, 1,
                            len(small.getvalue()), 0)  # fmt: skip
    linked = plain[:at] + struct.pack(f"{order}L", second) + plain[at + 4 :]
    return linked + directory + small.getvalue()


PHOTOS: dict[str, Callable[[bytes], bytes]] = {
    ".jpg": lambda exif: jpeg(segment(0xE1, b"Exif\0\0" + exif)),
    ".png": lambda exif: png(chunk(b"eXIf", exif)),
    ".webp": lambda exif: webp(exif=exif),
    ".heic": lambda exif: heif(".heic", exif=b"Exif\0\0" + exif),
    ".avif": lambda exif: heif(".avif", exif=exif),
}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("of", [*PHOTOS, ".tif"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_what_exif_says_is_true_of_the_result(tmp_path, of, order, suffix):
    if of == ".tif":
        below = {34665: photo_tags(order), 34853: gps_tags(order)}
        mine = [one for one in main_tags(order) if one[0] in (271, 274, 305, 40091)]
        content = tiff(*mine, order=order, below=below)
    else:
        content = PHOTOS[of](block(order))
    result = colored(tmp_path, f"in{of}", content, suffix)
    image = Image.open(BytesIO(result))
    said = image.getexif()
    photo = dict(said.get_ifd(ExifTags.IFD.Exif))
    width, height = image.size
    assert width < height  # turned by orientation 6, or by libheif
    assert {tag: said[tag] for tag in (BASE.Make, BASE.Software, BASE.Orientation)} == {
        BASE.Make: "Leica",
        BASE.Software: f"Scan 1; {NOTE}",
        BASE.Orientation: 1,
    }
    assert said[BASE.XPTitle].decode("utf-16-le").rstrip("\0") == "Köln"
    assert (said.get(BASE.ImageWidth, width), said.get(BASE.ImageLength, height)) == image.size
    assert said.get(BASE.PhotometricInterpretation, 2) == 2
    assert said.get(BASE.SamplesPerPixel, 3) == 3
    assert said.get(BASE.BitsPerSample, (8, 8, 8)) == (8, 8, 8)
    assert (photo[BASE.ExifImageWidth], photo[BASE.ExifImageHeight]) == image.size
    assert photo[BASE.ColorSpace] == 1
    assert photo[BASE.ComponentsConfiguration] == b"\1\2\3\0"
    assert BASE.CompressedBitsPerPixel not in photo
    assert photo[BASE.ExposureTime] == 1 / 250
    assert photo[BASE.DateTimeOriginal] == "1950:01:02 03:04:05"
    assert photo[BASE.MakerNote] == MAKER
    assert said.get_ifd(ExifTags.IFD.GPSInfo)[2] == (48.0, 51.0, 29.6)
    assert not dict(said.get_ifd(ExifTags.IFD.IFD1))
    assert result.count(b"\xff\xd8\xff") == (suffix == ".jpg")  # no thumbnail


@pytest.mark.parametrize("index", [b"R03\0", b"THM\0"])
def test_interoperability_is_that_of_srgb(index):
    inner = exif_block((1, 2, index), (2, 7, b"0100"))[8:]
    (first,) = (exif_block((33434, 5, bytes(8)), (40965, 4, struct.pack("<L", 52))),)
    content = b"II*\0" + struct.pack("<LHHHLLL", 8, 1, 34665, 4, 1, 26, 0) + first[8:]
    start = 26
    whole = bytearray(content)
    struct.pack_into("<HHHLLHHLLL", whole, start, 2, 33434, 5, 1, 56, 40965, 4, 1, 64, 0)
    made = read_exif(BytesIO(bytes(whole[:56]).ljust(64, b"\0") + inner))
    describe(made, Result(width=3, height=4, bands=3, depth=8, suffix=".jpg"))
    again = Image.Exif()
    again.load(b"Exif\0\0" + laid_out(made))
    assert dict(again.get_ifd(ExifTags.IFD.Interop)) == {1: "R98", 2: b"0100"}


def test_a_makers_note_stays_where_it_stood():
    """It may hold offsets of its own, counted from the beginning of the block."""
    content = exif_block((271, 2, b"Leica\0"), below={34665: [(37500, 7, MAKER)]})
    content += bytes(600)
    moved = content.replace(MAKER, bytes(len(MAKER)))
    at = 700
    whole = moved[:at].ljust(at, b"\0") + MAKER
    place = whole.index(struct.pack("<HHL", 37500, 7, len(MAKER))) + 8
    whole = whole[:place] + struct.pack("<L", at) + whole[place + 4 :]
    made = read_exif(BytesIO(whole))
    describe(made, Result(width=3, height=4, bands=3, depth=8, suffix=".jpg"))
    assert laid_out(made)[at : at + len(MAKER)] == MAKER


def test_flipped_bits_never_stop_the_reader_nor_what_it_read():
    whole = block()
    random = np.random.default_rng(0)
    started = time.process_time()
    for _ in range(1000):
        bits = np.unpackbits(np.frombuffer(whole, np.uint8))
        bits[random.integers(48, len(bits), 12)] ^= 1
        try:
            made = read_exif(BytesIO(np.packbits(bits).tobytes()))
        except (ValueError, struct.error, OverflowError):
            continue
        describe(made, Result(width=WIDTH, height=HEIGHT, bands=3, depth=8, suffix=".jpg"))
        again = Image.Exif()
        again.load(b"Exif\0\0" + laid_out(made))
        assert again[BASE.Software].endswith(NOTE)
    assert time.process_time() - started < 5


def with_ring(content: bytes) -> bytes:
    """A file whose EXIF's first directory now names itself as the next one."""
    start = max(content.find(b"II*\0"), content.find(b"MM\0*"))
    order = {b"II": "<", b"MM": ">"}[content[start : start + 2]]
    number = struct.unpack_from(f"{order}H", content, start + 8)[0]
    changed = bytearray(content)
    struct.pack_into(f"{order}L", changed, start + 10 + 12 * number, 8)
    return bytes(changed)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("of", PHOTOS)
def test_directories_that_lead_back_are_left_out_with_a_warning(tmp_path, caplog, of, suffix):
    ring = bytearray(block())
    struct.pack_into("<L", ring, 10 + 12 * struct.unpack_from("<H", ring, 8)[0], 8)
    started = time.process_time()
    content = PHOTOS[of](bytes(ring))
    if of == ".avif":  # Pillow writes EXIF anew
        content = with_ring(content)
    result = colored(tmp_path, f"in{of}", content, suffix)
    assert time.process_time() - started < 1
    assert "lead back to themselves) and is left out" in caplog.text
    assert b"Leica" not in exif_of(result, suffix)


@pytest.mark.parametrize("page", [0, 1])
def test_what_is_not_wanted_is_not_read_however_large_it_is(page):
    """As Photoshop writes layers, in tag 37724."""
    layers = (37724, 7, bytes(20_000_000))
    content = tiff((270, 2, b"Emma\0"), layers, second=[(270, 2, b"Ann\0"), layers])
    file = BytesIO(content)
    found = read(file, page).exif
    assert isinstance(found, Exif)
    assert found.main[270].raw == (b"Emma\0", b"Ann\0")[page]
    assert 37724 not in found.main


def test_each_page_of_a_tiff_says_its_own(tmp_path):
    content = tiff((270, 2, b"Emma\0"), second=[(270, 2, b"Ann at sea\0")])
    path = tmp_path / "in.tif"
    path.write_bytes(content)
    for page, name in ((0, "Emma"), (1, "Ann at sea")):
        photo = open_photo(path, page=page)
        told = described(read_full(photo), photo, suffix=".tif", strip=False)
        assert told.exif.main[270].raw.decode() == name + "\0"


def test_the_tags_of_a_tiff_that_say_how_it_was_stored_stay_behind(tmp_path):
    """Neither from a TIFF nor from an EXIF that claims them."""
    exif = exif_block(
        (271, 2, b"Leica\0"), (322, 3, b"\1\0"), (330, 4, bytes(4)), (65000, 7, b"ab")
    )
    result = colored(tmp_path, "in.png", png(chunk(b"eXIf", exif)), ".tif")
    assert tags(result)[271] == b"Leica\0"
    assert not {322, 330, 65000} & set(tags(result))


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("of", [*PHOTOS, ".tif"])
def test_strip_leaves_nothing_in_exif_but_the_note(tmp_path, of, suffix):
    content = tiff(*main_tags()[5:6]) if of == ".tif" else PHOTOS[of](block())
    result = colored(tmp_path, f"in{of}", content, suffix, strip=True)
    assert b"Leica" not in result
    said = dict(Image.open(BytesIO(result)).getexif())
    if suffix == ".tif":
        assert said[BASE.Software] == NOTE
    else:
        assert said == {BASE.Software: NOTE}
