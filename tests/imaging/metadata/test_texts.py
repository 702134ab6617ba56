"""Comments of JPEG and GIF and texts of PNG, in every place that a format has for them."""

import time
import zlib
from io import BytesIO
from xml.etree import ElementTree

import pytest
from PIL import ExifTags, Image

from tests.imaging.metadata.files import (
    SUFFIXES,
    chunk,
    chunks,
    colored,
    gif,
    itxt,
    jpeg,
    png,
    segment,
    segments,
    xmp_of,
)  # fmt: skip

BASE = ExifTags.Base
COMMENTS = ["Grüße aus Köln".encode(), "Grüße".encode("latin-1"), b"\0\1\2\xff raw"]


def comments_of(content: bytes) -> list[bytes]:
    return [data for marker, data in segments(content) if marker == 0xFE]


def user_comment(content: bytes) -> str:
    raw = Image.open(BytesIO(content)).getexif().get_ifd(ExifTags.IFD.Exif)[BASE.UserComment]
    order = "be" if b"MM\0*" in content else "le"
    kinds = {b"ASCII\0\0\0": "ascii", b"UNICODE\0": f"utf-16-{order}"}
    return raw[8:].decode(kinds[raw[:8]])


def test_comments_of_a_jpeg_keep_every_byte_in_a_jpeg(tmp_path):
    content = jpeg(*(segment(0xFE, one) for one in COMMENTS))
    assert comments_of(colored(tmp_path, "in.jpg", content, ".jpg")) == COMMENTS


def test_comments_of_a_jpeg_become_texts_of_a_png(tmp_path):
    content = jpeg(*(segment(0xFE, one) for one in COMMENTS[:2]))
    found = chunks(colored(tmp_path, "in.jpg", content, ".png"))
    said = [data.partition(b"\0")[2].decode("latin-1") for kind, data in found if kind == b"tEXt"]
    assert said == ["Grüße aus Köln", "Grüße"]


def test_comments_that_fit_are_kept_beside_one_that_does_not(tmp_path, caplog):
    comments = ["Aunt Emma", "c" * 60_000, "in Cologne"]
    content = jpeg(b"".join(segment(0xFE, comment.encode()) for comment in comments))

    assert user_comment(colored(tmp_path, "in.jpg", content, ".webp")) == "Aunt Emma\nin Cologne"
    assert "a comment is left out" in caplog.text


@pytest.mark.parametrize("suffix", [".webp", ".tif"])
@pytest.mark.parametrize("comment", ["Aunt Emma", "Тётя Эмма, 1950"])
@pytest.mark.parametrize("of", [".jpg", ".gif", ".png"])
def test_a_comment_becomes_exifs_user_comment_where_there_is_no_other_place(
    tmp_path, suffix, comment, of
):
    content = {
        ".jpg": lambda: jpeg(segment(0xFE, comment.encode())),
        ".gif": lambda: gif(comment=comment.encode()),
        ".png": lambda: png(itxt("Comment", comment)),
    }[of]()
    assert user_comment(colored(tmp_path, f"in{of}", content, suffix)) == comment


@pytest.mark.parametrize("of", [".gif", ".png"])
def test_a_comment_becomes_one_of_a_jpeg(tmp_path, of):
    long = "Ж" * 300
    content = gif(comment=long.encode()) if of == ".gif" else png(itxt("Comment", long))
    assert comments_of(colored(tmp_path, f"in{of}", content, ".jpg")) == [long.encode()]


TEXTS = [
    chunk(b"tEXt", b"Title\0Caf\xe9"),
    chunk(b"zTXt", b"Author\0\0" + zlib.compress("Zoë".encode("latin-1"))),
    itxt("Description", "東京 1950", "ja"),
    itxt("Copyright", "© Анна", packed=True),
    chunk(b"tEXt", b"Creation Time\0Mon, 02 Jan 1950 03:04:05 GMT"),
]
LONG = "Ünïcode ж " * 1000


def test_texts_of_a_png_stay_whole_in_a_png(tmp_path):
    content = png(*TEXTS, last=itxt("Comment", LONG) + chunk(b"tEXt", b"Odd\0" + b"\xe9" * 9000))
    result = colored(tmp_path, "in.png", content, ".png")
    image = Image.open(BytesIO(result))
    image.load()
    assert isinstance(image, Image.Image)
    told = {key: value for key, value in image.info.items() if isinstance(value, str)}
    assert told["Title"] == "Café"
    assert told["Author"] == "Zoë"
    assert told["Description"] == "東京 1950"
    assert told["Copyright"] == "© Анна"
    assert told["Comment"] == LONG
    assert told["Odd"] == "é" * 9000
    assert image.info["Description"].lang == "ja"
    plain = [data for kind, data in chunks(result) if kind == b"tEXt"]
    assert b"Title\0Caf\xe9" in plain


def dublin_core(packet: bytes) -> dict[str, str]:
    root = ElementTree.fromstring(packet.decode())
    return {
        one.tag.partition("}")[2]: "".join(one.itertext())
        for node in root.iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")
        for one in node
    }


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".tif"])
def test_texts_of_a_png_go_to_exif_and_xmp_of_the_others(tmp_path, suffix):
    result = colored(tmp_path, "in.png", png(*TEXTS), suffix)
    assert dublin_core(xmp_of(result, suffix)) == {
        "title": "Café", "creator": "Zoë", "description": "東京 1950", "rights": "© Анна",
        "CreateDate": "1950-01-02T03:04:05+00:00",
    }  # fmt: skip
    for said in ("Zoë", "東京 1950", "© Анна"):
        assert said.encode() + b"\0" in result  # EXIF's, as UTF-8
    taken = Image.open(BytesIO(result)).getexif().get_ifd(ExifTags.IFD.Exif)
    assert taken[BASE.DateTimeOriginal] == "1950:01:02 03:04:05"


def test_what_exif_and_xmp_say_already_goes_before_the_texts(tmp_path):
    exif = Image.Exif()
    exif[BASE.Artist] = "Ann"
    packet = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<dc:creator>Ann</dc:creator></rdf:Description></rdf:RDF>"
    )
    mine = [chunk(b"eXIf", exif.tobytes()[6:]), itxt("XML:com.adobe.xmp", packet), *TEXTS]
    result = colored(tmp_path, "in.png", png(*mine), ".jpg")
    assert Image.open(BytesIO(result)).getexif()[BASE.Artist] == "Ann"
    assert dublin_core(xmp_of(result, ".jpg"))["creator"] == "Ann"
    assert "Zoë".encode() not in result


def test_texts_without_a_place_are_named_in_a_warning(tmp_path, caplog):
    colored(tmp_path, "in.png", png(itxt("Odd\x1b[31m", "x")), ".jpg")
    assert "its PNG texts Odd?[31m say is left out" in caplog.text


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_control_characters_leave_xmp_sound(tmp_path, suffix):
    content = png(chunk(b"tEXt", b"Title\0a\x01b\x0b<&>"))
    result = colored(tmp_path, "in.png", content, suffix)
    if suffix == ".jpg":
        assert dublin_core(xmp_of(result, suffix))["title"] == "ab<&>"
    else:
        assert (b"tEXt", b"Title\0a\x01b\x0b<&>") in chunks(result)


def bomb(size: int) -> bytes:
    return zlib.compress(bytes(size), 9)


HOSTILE = {
    "zTXt bomb": png(chunk(b"zTXt", b"Title\0\0" + bomb(200_000_000))),
    "iTXt bombs": png(
        *[chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + bomb(20_000_000))] * 9
    ),
    "damaged": png(chunk(b"zTXt", b"Title\0\0no deflate")),
    "many": png(*[chunk(b"tEXt", b"T\0x")] * 5000),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_texts_beyond_the_bounds_are_left_out_with_a_warning(tmp_path, kind, caplog):
    started = time.process_time()
    result = colored(tmp_path, "in.png", HOSTILE[kind], ".png")
    assert time.process_time() - started < 2
    assert "is left out" in caplog.text
    assert len(result) < 200_000


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_strip_leaves_no_comment_and_no_text(tmp_path, suffix):
    for name, content in (
        ("in.jpg", jpeg(segment(0xFE, b"Aunt Emma"))),
        ("in.png", png(itxt("Title", "Aunt Emma"), itxt("Comment", "Aunt Emma"))),
        ("in.gif", gif(comment=b"Aunt Emma")),
    ):
        result = colored(tmp_path, name, content, suffix, strip=True)
        assert b"Aunt Emma" not in result
        assert "Aunt Emma".encode("utf-16-be") not in result


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".tif"])
def test_a_long_text_does_not_cost_the_photo_its_exif(tmp_path, suffix):
    exif = Image.Exif()
    exif[BASE.Make] = "Leica"
    texts = [itxt("Description", "ж" * 90_000), itxt("Comment", "ж" * 90_000)]
    content = png(chunk(b"eXIf", exif.tobytes()[6:]), *texts)
    result = colored(tmp_path, "in.png", content, suffix)
    assert Image.open(BytesIO(result)).getexif()[BASE.Make] == "Leica"


def test_a_comment_that_no_segment_holds_is_left_out_with_a_warning(tmp_path, caplog):
    result = colored(tmp_path, "in.gif", gif(comment=b"c" * 70_000), ".jpg")
    assert comments_of(result) == []
    assert "a comment that is too large is left out" in caplog.text
