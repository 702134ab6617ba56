import os

import pytest

from imaging.metadata import NOTE
from imaging.signature import is_ours, suffix_by_content
from pipeline.colorize import main
from tests.corpus import corpus

BEGINNINGS = {
    b"\xff\xd8\xff\xe0": ".jpg", b"\x89PNG\r\n\x1a\n": ".png", b"RIFF\0\0\0\0WEBPVP8 ": ".webp",
    b"GIF89a": ".gif", b"II*\0": ".tif", b"MM\0*": ".tif", b"II+\0": ".tif",
    b"\0\0\0\x18ftypavif": ".avif", b"\0\0\0\x18ftypheic": ".heic",
    b"\0\0\0\x1cftypmp41\0\0\0\0isomavif": ".avif",  # its second brand
    b"\0\0\0\x18ftypmp42\0\0\0\0isommp42": None, b"%PDF-1.7": None, b"RIFF\0\0\0\0WAVE": None,
    b"\xff\xd8": None, b"": None, b"\0\0\0\0ftyp": None,
}  # fmt: skip


@pytest.mark.parametrize("head", BEGINNINGS)
def test_a_photo_is_known_by_its_first_bytes(tmp_path, head):
    path = tmp_path / "scan"
    path.write_bytes(head)
    assert suffix_by_content(path) == BEGINNINGS[head]


def test_pipes_folders_and_what_is_not_there_are_no_photos(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "gone", tmp_path / ("x" * 300)):
        assert suffix_by_content(path) is None
        assert is_ours(path) is None


@pytest.mark.parametrize("name", ["gray.jpg", "gray.png", "color.webp", "strips.tif"])
@pytest.mark.parametrize("options", [[], ["--strip"]])
def test_a_result_of_any_format_is_known_as_ours_and_its_photo_is_not(tmp_path, name, options):
    photo = tmp_path / name
    photo.write_bytes(corpus()[name])
    output = tmp_path / f"out{photo.suffix}"
    assert main([str(photo), "-o", str(output), *options]) == 0
    assert is_ours(output) is True
    assert is_ours(photo) is False


def test_only_the_ends_of_a_large_file_are_read(tmp_path):
    path = tmp_path / "large.jpg"
    path.write_bytes(b"\xff\xd8\xff" + b"\0" * 1_000_000 + NOTE.encode() + b"\0" * 1_000_000)
    assert is_ours(path) is False
