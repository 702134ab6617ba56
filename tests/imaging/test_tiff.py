"""Directories that never end, fan out or are too many are refused before anybody follows them."""

import struct
import time
from io import BytesIO
from typing import Any

import pytest
import pyvips
import tifftools

from imaging.tiff import DEEPEST, MOST_DIRECTORIES, UnboundedError, require_bounded
from pipeline.colorize import main
from tests.corpus import corpus

EXIF, SUB, LONG, IFD, BYTE = 34665, 330, 4, 13, 1
Entry = tuple[int, int, int, int]  # tag, type, count, value or offset


def read_tiff(file: BytesIO) -> dict[str, Any]:
    """What another reader, which follows every offset, makes of directories that are bounded."""
    require_bounded(file)
    file.seek(0)
    return tifftools.read_tiff(file)


def tiff(*directories: tuple[list[Entry], int], order: str = "<") -> bytes:
    """A TIFF of directories one after another from offset 8, each with the offset of the next."""
    content = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}L", 8)
    for entries, following in directories:
        content += struct.pack(f"{order}H", len(entries))
        content += b"".join(struct.pack(f"{order}HHLL", *one) for one in entries)
        content += struct.pack(f"{order}L", following)
    return content


def big_tiff(entries: list[Entry], following: int) -> bytes:
    header = struct.pack("<2sHHHQ", b"II", 43, 8, 0, 16)
    body = b"".join(struct.pack("<HHQQ", *one) for one in entries)
    return header + struct.pack("<Q", len(entries)) + body + struct.pack("<Q", following)


def fan(levels: int, width: int) -> bytes:
    """Directories each of which names the next one `width` times."""
    size = 2 + 12 * width + 4
    return tiff(
        *(
            ([(tag, IFD, 1, 8 + size * (level + 1)) for tag in range(65000, 65000 + width)], 0)
            for level in range(levels)
        ),
        ([], 0),
    )


PLAIN: list[Entry] = [(256, LONG, 1, 9)]
ENDLESS = {
    "names itself as the next": tiff((PLAIN, 8)),
    "big endian": tiff((PLAIN, 8), order=">"),
    "a ring of two": tiff((PLAIN, 26), (PLAIN, 8)),
    "is its own EXIF": tiff(([(EXIF, LONG, 1, 8)], 0)),
    "is below itself, by a type of offset": tiff(([(65000, IFD, 1, 8)], 0)),
    "EXIF whose next is the page": tiff(([(EXIF, LONG, 1, 26)], 0), (PLAIN, 8)),
    "a list that holds itself": tiff(([(SUB, LONG, 2, 26)], 0)) + struct.pack("<LL", 8, 8),
    "BigTIFF": big_tiff([(256, LONG, 1, 9)], 16),
    "BigTIFF, below itself": big_tiff([(SUB, 18, 1, 16)], 0),
    "by a signed number": tiff(([(EXIF, 9, 1, 8)], 0)),
    "by a signed byte": tiff(([(EXIF, 6, 1, 8)], 0)),
    "by a byte of no type": tiff(([(EXIF, 7, 1, 8)], 0)),
    "by a letter": tiff(([(EXIF, 2, 2, 0xFF08)], 0)),
    "by a fraction": tiff(([(EXIF, 5, 1, 26)], 0)) + struct.pack("<LL", 8, 1),
    "by a signed fraction": tiff(([(SUB, 10, 1, 26)], 0)) + struct.pack("<ll", 8, 1),
    "by a float": tiff(([(SUB, 12, 1, 26)], 0)) + struct.pack("<d", 8),
    "BigTIFF, by a signed number": big_tiff([(SUB, 17, 1, 16)], 0),
    "deep": fan(DEEPEST + 1, 1),
    "fans out": fan(20, 2),
    "fans out widely": fan(DEEPEST - 1, 300),
    "values that overlap": tiff(([(700 + i, BYTE, 2**16, 8) for i in range(1000)], 0))
    + bytes(2**16),
    "numbers that overlap": tiff(([(700 + i, 6, 2**15, 8) for i in range(100)], 0)) + bytes(2**15),
}


@pytest.mark.parametrize("content", ENDLESS.values(), ids=ENDLESS)
def test_directories_without_an_end_or_a_measure_are_refused(content):
    started = time.monotonic()
    with pytest.raises(UnboundedError, match=r"its directories|it has too many"):
        read_tiff(BytesIO(content))
    assert time.monotonic() - started < 5


def test_more_pages_than_anybody_scans_are_refused():
    size = 2 + 12 + 4
    pages = [(PLAIN, 8 + size * (i + 1)) for i in range(MOST_DIRECTORIES + 1)]
    with pytest.raises(UnboundedError, match="too many directories"):
        require_bounded(BytesIO(tiff(*pages)))
    pages[MOST_DIRECTORIES - 1] = (PLAIN, 0)
    require_bounded(BytesIO(tiff(*pages[:MOST_DIRECTORIES])))


@pytest.mark.parametrize("order", ["<", ">"])
def test_pages_may_share_their_exif(order):
    """As some scanners write it: two pages, one EXIF."""
    content = tiff(([(EXIF, LONG, 1, 44)], 26), ([(EXIF, LONG, 1, 44)], 0), (PLAIN, 0), order=order)
    pages = read_tiff(BytesIO(content))["ifds"]
    assert [page["tags"][EXIF]["ifds"][0][0]["tags"][256]["data"] for page in pages] == [[9], [9]]


@pytest.mark.parametrize("name", [name for name in corpus() if name.endswith(".tif")])
def test_real_files_are_read(name):
    assert read_tiff(BytesIO(corpus()[name]))["ifds"]


@pytest.mark.parametrize("content", [b"", b"II*\0", b"no TIFF at all", tiff((PLAIN, 0))[:15],
                                     b"II+\0\x08\0\0\0"])  # fmt: skip
def test_what_is_cut_is_an_error(content):
    with pytest.raises((ValueError, struct.error, tifftools.TifftoolsError)):
        read_tiff(BytesIO(content))


def test_a_next_directory_that_lies_nowhere_costs_no_other_its_tags():
    """As many cameras write it, whose thumbnail has been cut out."""
    assert read_tiff(BytesIO(tiff((PLAIN, 9999))))["ifds"][0]["tags"][256]["data"] == [9]


def gray_tiff() -> bytes:
    return pyvips.Image.black(64, 48).cast("uchar").write_to_buffer(".tif")


def with_ring(content: bytes) -> bytes:
    """A sound TIFF of one page, whose directory now names itself as the next one."""
    order = {b"II": "<", b"MM": ">"}[content[:2]]
    (first,) = struct.unpack_from(f"{order}L", content, 4)
    (number,) = struct.unpack_from(f"{order}H", content, first)
    end = first + 2 + 12 * number
    return content[:end] + struct.pack(f"{order}L", first) + content[end + 4 :]


def with_exif(suffix: str, exif: bytes) -> bytes:
    image = pyvips.Image.black(64, 48).cast("uchar").write_to_buffer(suffix)
    if suffix == ".jpg":
        block = b"Exif\0\0" + exif
        return image[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + image[2:]
    from zlib import crc32

    chunk = b"eXIf" + exif
    end = 8 + 25  # after IHDR
    whole = struct.pack(">L", len(exif)) + chunk + struct.pack(">L", crc32(chunk))
    return image[:end] + whole + image[end:]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ring.tif", with_ring(gray_tiff())),
        ("ring.jpg", with_exif(".jpg", ENDLESS["names itself as the next"])),
        ("below.jpg", with_exif(".jpg", ENDLESS["is its own EXIF"])),
        ("fan.jpg", with_exif(".jpg", ENDLESS["fans out"])),
        ("wide.jpg", with_exif(".jpg", ENDLESS["fans out widely"])),
        ("ring.png", with_exif(".png", ENDLESS["names itself as the next"])),
        ("fan.png", with_exif(".png", ENDLESS["fans out"])),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".png"])
def test_such_a_photo_is_coloured_without_its_metadata(tmp_path, capsys, name, content, suffix):
    photo, result = tmp_path / name, tmp_path / f"result{suffix}"
    photo.write_bytes(content)
    started = time.monotonic()
    assert main([str(photo), "-o", str(result)]) == 0
    assert time.monotonic() - started < 10
    assert "left out" in capsys.readouterr().err
    assert pyvips.Image.new_from_file(str(result)).width == 64
    if suffix == ".tif":
        assert len(read_tiff(BytesIO(result.read_bytes()))["ifds"]) == 1
