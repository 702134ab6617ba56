import csv
import dataclasses
import hashlib
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from basics.errors import ScrapeError
from scraper.manifest import LEFT_OUT, MANIFEST, Manifest, Row, mark_shared, read_rows
from scraper.photo_ref import PhotoRef, Reason

COLUMNS = [
    *("file", "photo_id", "page_url", "image_url", "photographer", "photographer_url", "licence"),
    *("alt_text", "width", "height", "sha256", "fetched_at", "source"),
]


def row(number: int, content: bytes = b"", **changed: str) -> Row:
    usual = {
        "file": f"photo-{number}.jpg",
        "photo_id": str(number),
        "page_url": f"http://site/photos/{number}",
        "image_url": f"http://site/images/{number}",
        "photographer": "Ann, of “Nowhere”",
        "photographer_url": "http://site/@ann",
        "licence": "CC0",
        "alt_text": 'a "quoted" text, with commas',
        "sha256": hashlib.sha256(content or str(number).encode()).hexdigest(),
        "fetched_at": "2026-11-21T00:00:00+00:00",
        "source": "api",
        "difference_hash": "00" * 32,
    }
    return Row(width=512, height=512, **(usual | changed))


def add(manifest: Manifest, number: int) -> Row:
    temporary = manifest.folder / f".partial-photo-{number}.jpg"
    temporary.write_bytes(str(number).encode())
    manifest.add(row(number), temporary)
    return row(number)


def ref(number: int) -> PhotoRef:
    return PhotoRef(photo_id=str(number), page_url="", image_url=f"http://site/images/{number}")


def reopened(folder: Path) -> Manifest:
    manifest = Manifest(folder)
    manifest.close()
    return manifest


def test_what_is_added_is_there_when_it_is_opened_again(tmp_path: Path):
    manifest = Manifest(tmp_path / "beach")
    rows = [add(manifest, 1), add(manifest, 2)]
    manifest.close()
    assert list(reopened(tmp_path / "beach").rows.values()) == rows
    assert sorted(path.name for path in (tmp_path / "beach").iterdir()) == [
        MANIFEST,
        "photo-1.jpg",
        "photo-2.jpg",
    ]


def test_the_manifest_is_a_csv_with_named_columns(tmp_path: Path):
    manifest = Manifest(tmp_path)
    add(manifest, 1)
    manifest.close()
    with (tmp_path / MANIFEST).open(newline="") as file:
        (record,) = csv.DictReader(file)
    assert record["photographer"] == "Ann, of “Nowhere”"
    assert record["width"] == "512"
    assert list(record)[: len(COLUMNS)] == COLUMNS


def test_a_row_is_on_disk_as_soon_as_it_is_added(tmp_path: Path):
    manifest = Manifest(tmp_path)
    add(manifest, 1)
    assert read_rows(tmp_path) == [row(1)]
    manifest.close()


def test_a_kill_before_the_renaming_is_recovered(tmp_path: Path):
    manifest = Manifest(tmp_path)
    add(manifest, 1)
    manifest.close()
    (tmp_path / "photo-1.jpg").rename(tmp_path / ".partial-photo-1.jpg")
    assert list(reopened(tmp_path).rows) == ["1"]
    assert (tmp_path / "photo-1.jpg").read_bytes() == b"1"


def test_a_kill_before_the_row_leaves_no_temporary(tmp_path: Path):
    (tmp_path / ".partial-photo-1.jpg").write_bytes(b"1")
    assert reopened(tmp_path).rows == {}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("cut", [1, 2, 30, 200])
def test_a_truncated_last_line_is_dropped(tmp_path: Path, cut: int):
    manifest = Manifest(tmp_path)
    add(manifest, 1)
    add(manifest, 2)
    manifest.close()
    path = tmp_path / MANIFEST
    path.write_bytes(path.read_bytes()[:-cut])
    (tmp_path / "photo-2.jpg").unlink()  # a power failure before the renaming
    manifest = Manifest(tmp_path)
    assert list(manifest.rows) == ["1"]
    assert not manifest.knows("2")
    add(manifest, 2)
    manifest.close()
    assert list(reopened(tmp_path).rows) == ["1", "2"]


def test_a_photo_removed_by_hand_is_not_fetched_again(tmp_path: Path):
    manifest = Manifest(tmp_path)
    add(manifest, 1)
    add(manifest, 2)
    manifest.close()
    (tmp_path / "photo-1.jpg").unlink()
    for _ in range(2):
        manifest = reopened(tmp_path)
        assert list(manifest.rows) == ["2"]
        assert manifest.left_out["1"].reason == Reason.REMOVED
        assert manifest.knows("1")


def test_what_was_left_out_is_remembered_with_its_reason(tmp_path: Path):
    manifest = Manifest(tmp_path)
    manifest.leave_out(ref(1), Reason.NEAR_DUPLICATE)
    manifest.close()
    again = reopened(tmp_path)
    assert again.left_out["1"].reason == "near-duplicate"
    assert again.left_out["1"].image_url == "http://site/images/1"


def test_files_of_the_user_stay(tmp_path: Path):
    (tmp_path / "holiday.jpg").write_bytes(b"mine")
    reopened(tmp_path)
    assert (tmp_path / "holiday.jpg").read_bytes() == b"mine"


@pytest.mark.parametrize("name", [MANIFEST, LEFT_OUT])
def test_a_foreign_table_is_refused_and_kept(tmp_path: Path, name: str):
    (tmp_path / name).write_bytes(b"name,colour\r\nbeach,blue\r\n")
    with pytest.raises(ScrapeError, match="not a table of this scraper"):
        Manifest(tmp_path)
    assert (tmp_path / name).read_bytes() == b"name,colour\r\nbeach,blue\r\n"


def test_a_photo_of_two_categories_is_marked_in_both(tmp_path: Path):
    for category, numbers in (("beach", (1, 2)), ("sunset", (2, 3)), ("city", (4,))):
        manifest = Manifest(tmp_path / category)
        for number in numbers:
            add(manifest, number)
        manifest.close()
    same = Manifest(tmp_path / "city")  # under another id, the same bytes as 3
    temporary = tmp_path / "city" / ".partial-photo-5.jpg"
    temporary.write_bytes(b"3")
    same.add(row(5, b"3"), temporary)
    same.close()
    for _ in range(2):
        mark_shared(tmp_path)
    marks = {
        f"{path.parent.name}/{one.photo_id}": one.also_in
        for path in tmp_path.glob("*/manifest.csv")
        for one in read_rows(path.parent)
    }
    assert marks == {
        "beach/1": "",
        "beach/2": "sunset",
        "sunset/2": "beach",
        "sunset/3": "city",
        "city/4": "",
        "city/5": "sunset",
    }


# what was damaged, or written by somebody else


def written(folder: Path, *lines: str) -> Path:
    """A manifest of these lines, below its header."""
    path = folder / MANIFEST
    header = ",".join(field.name for field in dataclasses.fields(Row))
    path.write_bytes("\r\n".join([header, *lines, ""]).encode("utf-8", "surrogateescape"))
    return path


def line_of(**changed: str) -> str:
    """The line of a photo, cells replaced."""
    cells = {**vars(row(1)), **changed}
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells.values())
    return text.getvalue().removesuffix("\r\n")


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        *[
            ("file", cell)
            for cell in ("", "../a.jpg", "a/b.jpg", "a\\b.jpg", "C:a", ".bashrc", "..")
        ],
        *[("file", cell) for cell in ("/etc/passwd", "a\0.jpg", "a" * 300)],
        *[("photo_id", cell) for cell in ("", "../1", "a b", "a" * 65, "=1")],
        *[("width", cell) for cell in ("", "0", "-1", "nan", "1e400", "9" * 5000, "3.5", "٣")],
        *[("height", cell) for cell in ("x", "True")],
        *[("sha256", cell) for cell in ("", "abc", "g" * 64, "0" * 65)],
        *[("difference_hash", cell) for cell in ("", "zz", "0" * 63)],
        *[("fetched_at", cell) for cell in ("", "yesterday", "9" * 5000)],
        *[("image_url", cell) for cell in ("javascript:alert(1)", "file:///etc/passwd")],
        *[("page_url", cell) for cell in ("a", "http://a\nb")],
        *[("alt_text", cell) for cell in ("a\0b", "two\nlines", "x" * 20_000)],
    ],
    ids=lambda one: repr(one)[:20],
)
def test_a_cell_that_cannot_be_is_named_by_file_line_and_field(
    tmp_path: Path, field: str, cell: str
):
    path = written(tmp_path, line_of(file="photo-2.jpg", photo_id="2"), line_of(**{field: cell}))
    before = path.read_bytes()
    with pytest.raises(
        ScrapeError, match=rf"^{field}: .*\n  where: .*manifest\.csv, line \d"
    ) as told:
        Manifest(tmp_path)
    assert ", line 3" in str(told.value) or "\n" in cell
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a,b", "a line of 2 cells, not 15"),
        (line_of(alt_text="\udcff\udcfe"), "not UTF-8"),
        (line_of(alt_text="x" * 200_000), "no CSV: field larger"),
        (line_of() + '"', "no CSV"),
        (line_of(photo_id="2"), "file: 'photo-1.jpg' is in line 2 as well"),
    ],
    ids=lambda one: one[:20],
)
def test_a_line_that_cannot_be_is_named(tmp_path: Path, line: str, message: str):
    written(tmp_path, line_of(), line)
    with pytest.raises(ScrapeError, match=rf"{message}[^\n]*\n  where: .*manifest\.csv, line 3"):
        read_rows(tmp_path)


def test_texts_that_begin_as_formulas_come_back_and_stand_quoted_in_the_file(tmp_path: Path):
    folder = tmp_path / "beach"
    manifest = Manifest(folder)
    texts = ["=1+2", "'=1+2", "+a", "-a", "@a", "'plain", "plain"]
    for number, text in enumerate(texts):
        temporary = folder / f".partial-photo-{number}.jpg"
        temporary.write_bytes(b"1")
        manifest.add(row(number, alt_text=text), temporary)
    manifest.close()
    mark_shared(tmp_path)
    assert [one.alt_text for one in read_rows(folder)] == texts
    cells = list(pd.read_csv(folder / MANIFEST, dtype=str).alt_text)
    assert cells == ["'=1+2", "''=1+2", "'+a", "'-a", "'@a", "'plain", "plain"]


def test_a_manifest_that_a_spreadsheet_has_saved_with_a_mark_of_its_encoding_is_read(tmp_path):
    path = written(tmp_path, line_of())
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_rows(tmp_path) == [row(1)]


@given(text=st.text(max_size=200))
def test_any_table_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str):
    folder = tmp_path_factory.getbasetemp() / "any_table"
    folder.mkdir(exist_ok=True)
    written(folder, text)
    try:
        found, told = read_rows(folder), MANIFEST
    except ScrapeError as error:
        found, told = [], str(error)
    assert found == []
    assert MANIFEST in told
