import io
import re
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basics.errors import DataError
from preprocessing import shards
from preprocessing.shards import BLOCK, list_shard

CONTENT = {"beach/1.jpg": b"one", "beach/2.webp": b"2" * 700, "any/3.jpg": b"three"}


def shard(names: dict[str, bytes], form: int = tarfile.USTAR_FORMAT) -> bytes:
    """A tar file of these members."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=form) as tar:
        for name, content in names.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return made.getvalue()


SHARD = shard(CONTENT)
END = SHARD.index(bytes(2 * BLOCK), 7 * BLOCK)  # of the members; zeros are their end


def listed(path: Path, content: bytes) -> dict[str, bytes]:
    """Name -> bytes at the place that is told, of what a shard lists."""
    path.write_bytes(content)
    return {one.name: content[one.offset : one.offset + one.size] for one in list_shard(path)}


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_members_are_found_where_they_lie(form, tmp_path):
    long = f"beach/{'é' * 120}.jpg"  # too long for a header of the oldest form
    names = CONTENT if form == tarfile.USTAR_FORMAT else {**CONTENT, long: b"long"}
    assert listed(tmp_path / "a.tar", shard(names, form)) == names


def test_a_shard_of_a_folder_may_name_it_by_a_point_and_hold_tables_and_hidden_files(tmp_path):
    inside = {"./beach/1.jpg": b"1", "./beach/.DS_Store": b"", "manifest.csv": b"", ".x/y.jpg": b""}
    content = bytearray(shard({"beach": b"", **inside}))
    folder = tarfile.TarInfo("beach")
    folder.type = tarfile.DIRTYPE
    content[:BLOCK] = folder.tobuf(tarfile.USTAR_FORMAT)
    assert listed(tmp_path / "a.tar", bytes(content)) == {"beach/1.jpg": b"1"}


def member(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0, link: str = "") -> bytes:
    """A header and nothing after it."""
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size, link
    return info.tobuf(tarfile.GNU_FORMAT)


LONG_NAME = shard({f"beach/{'x' * 300}": b""}, tarfile.GNU_FORMAT)[: 3 * BLOCK]  # three headers
LEFT_OUT = {
    "an absolute name": (member("/etc/passwd"), "outside the shard"),
    "a name that climbs": (member("beach/../../x.jpg"), "outside the shard"),
    "a folder that climbs": (member("../x", tarfile.DIRTYPE), "outside the shard"),
    "no category": (member("1.jpg"), "not CATEGORY/NAME"),
    "too deep": (member("a/b/1.jpg"), "not CATEGORY/NAME"),
    "an empty part": (member("beach//1.jpg"), "not CATEGORY/NAME"),
    "a name that moves the cursor": (member("beach/\x1b[2J.jpg"), "not CATEGORY/NAME"),
    "a symbolic link": (member("beach/l.jpg", tarfile.SYMTYPE, link="/x"), "no regular file"),
    "a hard link": (member("beach/l.jpg", tarfile.LNKTYPE, link="beach/1.jpg"), "no regular file"),
    "a device": (member("beach/l.jpg", tarfile.CHRTYPE), "no regular file"),
    "a pipe": (member("beach/l.jpg", tarfile.FIFOTYPE), "no regular file"),
    "a sparse file": (member("beach/l.jpg", tarfile.GNUTYPE_SPARSE), "no regular file"),
    "a name twice": (member("beach/1.jpg"), "a name twice"),
    "a long name": (LONG_NAME, "too long"),
}  # fmt: skip


@pytest.mark.parametrize("kind", LEFT_OUT)
def test_a_member_that_can_be_no_photo_is_left_out_and_told(kind, tmp_path, caplog):
    hostile, why = LEFT_OUT[kind]
    assert listed(tmp_path / "a.tar", SHARD[:END] + hostile + SHARD[END:]) == CONTENT
    assert re.search(rf"a\.tar: members left out: 1 \({why}", caplog.text)


def test_a_member_that_is_too_large_is_left_out(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(shards, "MOST_BYTES", 600)
    assert listed(tmp_path / "a.tar", SHARD).keys() == {"beach/1.jpg", "any/3.jpg"}
    assert "1 (too large)" in caplog.text


def test_a_shard_of_too_many_members_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "MOST_MEMBERS", 2)
    with pytest.raises(DataError, match=r"over 2 members\n  where: .*a\.tar\n  fix: part it"):
        listed(tmp_path / "a.tar", SHARD)


def negative() -> bytes:
    """A header whose size is below zero, which sends careless readers back to it for ever."""
    header = bytearray(member("beach/9.jpg"))
    header[124:136] = b"\xff" * 10 + b"\xfc\x00"  # two's complement: -1024
    header[148:156] = b"%06o\0 " % (sum(header[:148]) + sum(header[156:]) + 8 * 32)
    return bytes(header)


DAMAGED: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "no uncompressed tar file"),
    "no tar": (lambda: b"\xff\xd8\xff" * 500, "no uncompressed tar file"),
    "compressed": (lambda: b"\x1f\x8b\x08" + bytes(2000), "no uncompressed tar file"),
    "no end": (lambda: SHARD[:END], "damaged or cut off after 3,584 bytes"),
    "a damaged header": (lambda: SHARD[: 2 * BLOCK] + b"x" + SHARD[2 * BLOCK + 1 :], "after 1,024"),
    "more than there is": (lambda: SHARD[:END] + member("a/b", size=9999), "'a/b' goes beyond"),
    "less than nothing": (lambda: SHARD[:END] + negative() + SHARD[END:], "tar|bytes"),
    "a huge name": (lambda: member("x", b"L", 2**40) + SHARD, "a header of .* bytes"),
    "a huge extension": (lambda: member("x", b"x", 2**40) + SHARD, "a header of .* bytes"),
    "names of names": (lambda: member("x", b"L", 0) * 5000 + SHARD, "no uncompressed tar file"),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_shard_that_cannot_be_is_named(damage, tmp_path):
    content, message = DAMAGED[damage]
    with pytest.raises(DataError, match=rf"{message}.*\n  where: .*a\.tar\n  fix: copy or dow"):
        listed(tmp_path / "a.tar", content())


@given(st.integers(0, END))
def test_no_shard_that_was_cut_off_is_taken_for_a_whole_one(tmp_path_factory, length):
    path = tmp_path_factory.getbasetemp() / "cut.tar"
    with pytest.raises(DataError, match=r"cut off|no uncompressed tar"):
        listed(path, SHARD[:length])


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, len(SHARD) - 1), st.binary(min_size=1, max_size=9))))
def test_a_damaged_shard_is_listed_within_its_bounds_or_refused(tmp_path_factory, changes):
    path = tmp_path_factory.getbasetemp() / "damaged.tar"
    content = bytearray(SHARD)
    for at, new in changes:
        content[at : at + len(new)] = new
    path.write_bytes(content)
    try:
        members = list_shard(path)
    except DataError:
        return
    for one in members:
        assert 0 < one.offset <= one.offset + one.size <= len(content)
        assert re.fullmatch(r"[^/\0]+/[^/\0]+", one.name)
