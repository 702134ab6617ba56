import csv
import hashlib
from pathlib import Path

import pytest

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
