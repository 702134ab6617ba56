"""IPTC and Photoshop's resources: all fields kept, gray thumbnails left out."""

import hashlib
import struct
import zlib
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, IptcImagePlugin

from imaging.metadata.photoshop import described, read_records, read_resources
from tests.imaging.metadata.files import (
    SUFFIXES,
    chunk,
    chunks,
    colored,
    jpeg,
    png,
    segment,
    segments,
    tags,
    tiff,
    xmp_of,
)  # fmt: skip

HEAD = b"Photoshop 3.0\0"
CAPTION = "From left to right: a row of people, größer. " * 20


def record(number: int, content: bytes, group: int = 2) -> bytes:
    return bytes((0x1C, group, number)) + struct.pack(">H", len(content)) + content


def resource(number: int, content: bytes, name: bytes = b"\0\0") -> bytes:
    padded = content + b"\0" * (len(content) % 2)
    return b"8BIM" + struct.pack(">H", number) + name + struct.pack(">L", len(content)) + padded


FIELDS = {
    (1, 90): b"\x1b%G", (2, 0): b"\0\4", (2, 5): b"Wedding", (2, 25): [b"old", b"family"],
    (2, 80): b"Studio", (2, 120): CAPTION.encode(),
}  # fmt: skip
IPTC = b"".join(
    record(number, one, group)
    for (group, number), content in FIELDS.items()
    for one in (content if isinstance(content, list) else [content])
)


def fields(content: bytes) -> dict:
    """What Pillow reads of IPTC."""
    return IptcImagePlugin.getiptcinfo(Image.open(BytesIO(content))) or {}


def iptc_tag(order: str, kind: int, swapped: bool = False) -> bytes:
    """A TIFF with IPTC in tag 33723, as some type; its count is of that type."""
    whole = IPTC + b"\0" * (-len(IPTC) % 4)
    if swapped:
        whole = b"".join(whole[i : i + 4][::-1] for i in range(0, len(whole), 4))
    return tiff((33723, kind, whole if kind == 4 else IPTC), order=order)


TIFFS = {
    f"{name} {order}": iptc_tag(order, kind, swapped)
    for order in "<>"
    for name, kind, swapped in (
        ("LONG", 4, False), ("LONG, swapped", 4, True), ("UNDEFINED", 7, False),
        ("BYTE", 1, False), ("ASCII", 2, False),
    )
}  # fmt: skip


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
@pytest.mark.parametrize("of", TIFFS)
def test_iptc_of_a_tiff_is_kept_whole_whatever_its_type(tmp_path, of, suffix):
    assert fields(colored(tmp_path, "in.tif", TIFFS[of], suffix)) == FIELDS


def test_iptc_is_kept_in_a_png_as_a_raw_profile(tmp_path):
    result = colored(tmp_path, "in.tif", TIFFS["LONG <"], ".png")
    (raw,) = (data for kind, data in chunks(result) if data.startswith(b"Raw profile type iptc\0"))
    inflated = zlib_text(raw)
    name, length, digits = inflated.split("\n", 3)[1:]
    block = bytes.fromhex(digits)
    assert (name, int(length)) == ("iptc", len(block))
    assert block == resource(1028, IPTC)
    again = colored(tmp_path, "in.png", result, ".jpg")
    assert fields(again) == FIELDS


def zlib_text(content: bytes) -> str:
    """The text of a tEXt or a zTXt."""
    rest = content.partition(b"\0")[2]
    return (zlib.decompress(rest[1:]) if rest[:1] == b"\0" else rest).decode("latin-1")


def test_iptc_becomes_xmp_in_a_webp(tmp_path):
    result = colored(tmp_path, "in.tif", TIFFS["LONG <"], ".webp")
    root = ElementTree.fromstring(xmp_of(result, ".webp").decode())
    said = {
        one.tag.partition("}")[2]: [text for text in one.itertext() if text]
        for node in root.iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")
        for one in node
    }
    assert said == {
        "title": ["Wedding"], "subject": ["old", "family"], "creator": ["Studio"],
        "description": [CAPTION],
    }  # fmt: skip


@pytest.mark.parametrize("size", [5, 60, 1000])
@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_resources_over_several_segments_are_read_as_one(tmp_path, size, suffix):
    whole = resource(1028, IPTC) + resource(1011, b"print flags!")
    parts = [
        segment(0xED, HEAD + whole[i : i + size]) for i in range(0, len(whole), size)
    ]  # also in the midst of a resource
    result = colored(tmp_path, "in.jpg", jpeg(*parts), suffix)
    assert fields(result) == FIELDS
    assert resource(1011, b"print flags!") in result


def thumbnail() -> bytes:
    small = BytesIO()
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(small, "JPEG")
    return struct.pack(">LLLLLLHH", 1, 8, 8, 24, 192, 9, 24, 1) + small.getvalue()


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("of", [".jpg", ".tif"])
def test_thumbnails_and_what_else_tells_of_the_gray_photo_stay_behind(tmp_path, of, suffix):
    kept = resource(1011, b"print flags!") + resource(1050, b"slices", b"\4name\0")
    gone = b"".join(resource(one, b"GONE" + thumbnail()) for one in (1033, 1036, 1039, 1060))
    whole = gone + kept + resource(1028, IPTC)
    content = jpeg(segment(0xED, HEAD + whole)) if of == ".jpg" else tiff((34377, 7, whole))
    result = colored(tmp_path, f"in{of}", content, suffix)
    assert b"GONE" not in result
    assert result.count(b"\xff\xd8\xff") == (suffix == ".jpg")
    if suffix in (".jpg", ".tif"):
        assert kept in result
        assert fields(result) == FIELDS


def test_the_digest_fits_the_iptc_or_goes():
    """Resource 1061 is the MD5 of 1028: Photoshop trusts XMP over IPTC where it does not fit."""
    iptc = IPTC + record(130, b"1W")
    for digest, stays in ((hashlib.md5(iptc).digest(), True), (bytes(16), False)):
        block = resource(1028, iptc) + resource(1061, digest)
        made, bare = described(block, b"", (30, 20), None)
        found = {number: content for _, number, _, content in read_resources(made)}
        assert bare == found[1028] == IPTC + record(130, b"3T")
        assert found.get(1061) == (hashlib.md5(bare).digest() if stays else None)


def test_iptcs_words_on_pixels_are_true_and_its_previews_left_out():
    records = (
        record(130, b"1W") + record(131, b"L") + record(202, b"preview") + record(20, b"9", 3)
        + record(105, b"Headline")
    )  # fmt: skip
    _, made = described(b"", records, (20, 30), None)
    assert list(read_records(made)) == [(2, 130, b"3T"), (2, 131, b"P"), (2, 105, b"Headline")]


def test_a_long_field_keeps_its_long_length():
    text = b"x" * 40_000
    long = b"\x1c\x02\x78\x80\x04" + struct.pack(">L", len(text)) + text
    _, made = described(b"", long, (20, 30), None)
    assert made == long


@pytest.mark.parametrize(
    "block",
    [
        b"8BIM", b"8BIM\x04\x04\xff", resource(1028, IPTC)[:-9], b"no resource at all",
        resource(1036, b"")[:-2] + b"\xff\xff", b"8BIM\x04\x04\0\0\xff\xff\xff\xff",
        resource(1028, b"\x1c\x02\x78\xff\xff"),
        resource(1028, b"\x1c\x02\x78\x80\x04\xff\xff\xff\xff"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_damaged_resources_never_stop_a_photo(tmp_path, block, suffix):
    result = colored(tmp_path, "in.jpg", jpeg(segment(0xED, HEAD + block)), suffix)
    assert Image.open(BytesIO(result)).size == (30, 20)
    if suffix == ".tif":
        assert 33723 not in tags(result)


def test_resources_of_several_segments_are_written_as_such(tmp_path):
    """A hundred kilobytes of paths."""
    whole = resource(2000, bytes(range(250)) * 400) + resource(1028, IPTC)
    content = tiff((34377, 7, whole))
    result = colored(tmp_path, "in.tif", content, ".jpg")
    parts = [data[len(HEAD) :] for marker, data in segments(result) if marker == 0xED]
    assert len(parts) == 2
    assert b"".join(parts) == resource(1028, IPTC) + resource(2000, bytes(range(250)) * 400)


def test_a_raw_profile_of_another_program_is_read(tmp_path):
    """ImageMagick's, of bare IPTC."""
    text = f"\niptc\n{len(IPTC):8d}\n{IPTC.hex(chr(10), 36)}\n".encode()
    content = png(chunk(b"tEXt", b"Raw profile type iptc\0" + text))
    assert fields(colored(tmp_path, "in.png", content, ".jpg")) == FIELDS
