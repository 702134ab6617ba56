import csv
import logging
import re
import shutil
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import pyvips

from basics.errors import DataError
from imaging.lab import lightness_from_gray, split_lab
from preprocessing.assignments import read_splits
from preprocessing.inventory import Row, read_rows, summary
from preprocessing.packing import load_packed, pack, packed_categories
from preprocessing.split import SPLITS
from tests.drawing import CATEGORIES, PHOTOS_PER_SPLIT, draw_photo, jpeg


@pytest.fixture
def raw_dir(drawn_photos: Path, tmp_path: Path) -> Path:
    """A copy of the drawn photos to change."""
    return Path(shutil.copytree(drawn_photos, tmp_path / "raw"))


@pytest.fixture
def packed_dir(packed_photos: Path, raw_dir: Path, tmp_path: Path) -> Path:
    """A copy of the packed photos: `raw_dir` is what was packed."""
    return Path(shutil.copytree(packed_photos, tmp_path / "packed"))


def results(rows: list[Row]) -> dict[str, str]:
    return {row.file: row.result for row in rows}


def test_every_photo_is_in_the_split_of_its_content_hash(packed_photos):
    for category in CATEGORIES:
        for split, count in PHOTOS_PER_SPLIT.items():
            assert load_packed(packed_photos, category, split).shape == (count, 256, 256, 3)


def test_no_photo_is_in_two_splits(packed_photos):
    photos = [
        photo.tobytes()
        for category in CATEGORIES
        for split in SPLITS
        for photo in load_packed(packed_photos, category, split)
    ]
    assert len(set(photos)) == len(photos) == 3 * sum(PHOTOS_PER_SPLIT.values())


def test_packed_photos_are_memory_mapped_read_only(packed_photos):
    photos = load_packed(packed_photos, "beach", "train")
    assert isinstance(photos, np.memmap)
    assert photos.dtype == np.uint8
    with pytest.raises(ValueError, match="read-only"):
        photos[0] = 0


def test_the_packed_categories_are_listed_by_name(packed_photos):
    assert packed_categories(packed_photos) == sorted(CATEGORIES)


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_test_photo_in_gray_has_the_lightness_of_the_one_in_colour(category, packed_photos):
    folder = packed_photos / category / "test"
    names = sorted(path.name for path in (folder / "color").iterdir())
    assert names == sorted(path.name for path in (folder / "gray").iterdir())
    assert len(names) == PHOTOS_PER_SPLIT["test"]
    for name in names:
        gray = pyvips.Image.new_from_file(str(folder / "gray" / name)).numpy()
        color = pyvips.Image.new_from_file(str(folder / "color" / name)).numpy()
        assert gray.shape == (256, 256)
        lightness, _ = split_lab(color)
        np.testing.assert_allclose(
            lightness_from_gray(gray), lightness, atol=0.0025
        )  # half a gray level


def test_the_test_photos_in_colour_are_the_packed_ones(packed_photos):
    files = packed_photos.glob("beach/test/color/*.png")
    written = {pyvips.Image.new_from_file(str(path)).numpy().tobytes() for path in files}
    assert written == {photo.tobytes() for photo in load_packed(packed_photos, "beach", "test")}


def test_what_is_no_colour_photo_is_left_out_and_counted(raw_dir, tmp_path):
    beach = raw_dir / "beach"
    first = min(beach.iterdir()).read_bytes()
    (beach / "page.jpg").write_text("<html>not found</html>")
    (beach / "truncated.JPG").write_bytes(first[: len(first) // 2])
    (beach / "old.png").write_bytes(jpeg(draw_photo("beach", 1000)[..., 1].copy()))
    (beach / "same_again.jpg").write_bytes(first)
    (beach / ".DS_Store").write_text("no photo, and hidden")
    (beach / "manifest.csv").write_text("file,licence\n")
    rows = pack(raw_dir, tmp_path / "packed")
    found = results(rows)
    assert len(found) == 3 * 12 + 4
    assert found["beach/page.jpg"] == "unreadable"
    assert found["beach/truncated.JPG"] == "unreadable"
    assert found["beach/old.png"] == "gray"
    assert found["beach/same_again.jpg"] == "duplicate"
    table = [line.split() for line in summary(rows).splitlines()]
    assert table[1] == ["beach", "8", "2", "2", "0", "0", "2", "1", "1", "0", "0"]
    assert table[-1] == ["all", "24", "6", "6", "0", "0", "2", "1", "1", "0", "0"]
    with (tmp_path / "packed" / "photos.csv").open(newline="") as file:
        assert {row["file"]: row["result"] for row in csv.DictReader(file)} == found


def test_no_photo_moves_when_photos_are_added(raw_dir, packed_dir):
    before = results(pack(raw_dir, packed_dir))
    for seed in range(500, 510):
        (raw_dir / "beach" / f"{seed}.jpg").write_bytes(jpeg(draw_photo("beach", seed)))
    after = results(pack(raw_dir, packed_dir))
    assert len(after) == len(before) + 10
    assert {file: after[file] for file in before} == before


def test_added_photos_are_packed(raw_dir, packed_dir):
    for seed in range(600, 605):
        (raw_dir / "forest" / f"{seed}.jpg").write_bytes(jpeg(draw_photo("forest", seed)))
    counts = Counter(row.result for row in pack(raw_dir, packed_dir) if "forest" in row.file)
    assert sum(counts.values()) == 17
    for split in SPLITS:
        assert len(load_packed(packed_dir, "forest", split)) == counts[split]


@pytest.mark.parametrize("split", SPLITS)
def test_a_near_duplicate_goes_where_its_original_went(split, raw_dir, packed_dir):
    original = next(row for row in pack(raw_dir, packed_dir) if row.result == split)
    photo = pyvips.Image.new_from_file(str(raw_dir / original.file))
    for quality in (50, 60, 70):
        photo.jpegsave(str(raw_dir / "beach" / f"copy_{quality}.jpg"), Q=quality)
    found = results(pack(raw_dir, packed_dir))
    assert {found[f"beach/copy_{quality}.jpg"] for quality in (50, 60, 70)} == {split}


@pytest.mark.parametrize("split", SPLITS)
def test_a_photo_of_two_categories_is_in_one_split(split, raw_dir, packed_dir):
    original = next(row for row in pack(raw_dir, packed_dir) if row.result == split)
    shutil.copy(raw_dir / original.file, raw_dir / "fruit" / "also_fruit.jpg")
    assert results(pack(raw_dir, packed_dir))["fruit/also_fruit.jpg"] == split


def test_an_assignment_once_made_outlives_the_rule_that_made_it(raw_dir, packed_dir):
    photo = next(row for row in pack(raw_dir, packed_dir) if row.result == "train")
    splits = packed_dir / "splits.csv"
    line = f"{photo.sha256},{photo.category},"
    splits.write_text(splits.read_text().replace(f"{line}train", f"{line}test"))
    (raw_dir / "beach" / "added.jpg").write_bytes(jpeg(draw_photo("beach", 800)))
    assert results(pack(raw_dir, packed_dir))[photo.file] == "test"


def test_splits_are_the_same_on_another_machine(raw_dir, packed_dir, tmp_path):
    before = results(pack(raw_dir, packed_dir))
    assert results(pack(raw_dir, tmp_path / "elsewhere")) == before


def test_nothing_is_rewritten_when_nothing_has_changed(raw_dir, packed_dir, caplog):
    def written() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in packed_dir.rglob("*")}

    rows = pack(raw_dir, packed_dir)
    before, started = written(), time.perf_counter()
    with caplog.at_level(logging.INFO):
        assert pack(raw_dir, packed_dir) == rows
    assert time.perf_counter() - started < 0.5
    assert "nothing changed: 36 files" in caplog.text
    assert written() == before


def test_a_changed_photo_is_packed_anew(raw_dir, packed_dir):
    file = next(row.file for row in pack(raw_dir, packed_dir) if row.file.startswith("fruit"))
    (raw_dir / file).write_text("spoilt")
    assert results(pack(raw_dir, packed_dir))[file] == "unreadable"


def test_a_category_that_is_gone_is_gone_from_the_packed_photos_too(raw_dir, packed_dir):
    shutil.rmtree(raw_dir / "fruit")
    pack(raw_dir, packed_dir)
    assert packed_categories(packed_dir) == ["beach", "forest"]


def test_an_interrupted_packing_is_not_taken_for_a_finished_one(raw_dir, packed_dir):
    added, in_the_way = raw_dir / "beach" / "new.jpg", packed_dir / "forest" / "train.npy"
    added.write_bytes(jpeg(draw_photo("beach", 700)))
    in_the_way.unlink()
    in_the_way.mkdir()
    with pytest.raises(OSError, match="forest"):  # after beach was written
        pack(raw_dir, packed_dir)
    in_the_way.rmdir()
    added.unlink()
    pack(raw_dir, packed_dir)
    for category in CATEGORIES:
        assert len(load_packed(packed_dir, category, "train")) == PHOTOS_PER_SPLIT["train"]


def test_packing_leaves_no_temporary_file(raw_dir, packed_dir):
    shutil.rmtree(packed_dir)
    pack(raw_dir, packed_dir)
    names = {path.name for path in packed_dir.iterdir()}
    assert names == {*CATEGORIES, "photos.csv", "splits.csv"}


def test_a_missing_folder_is_explained(tmp_path):
    with pytest.raises(
        DataError, match=r"no such folder\n  where: .*nowhere\n  fix: give a folder"
    ):
        pack(tmp_path / "nowhere", tmp_path / "packed")


def test_any_word_is_a_category_and_a_hidden_folder_is_none(raw_dir, tmp_path):
    (raw_dir / "fruit").rename(raw_dir / "old-castle")
    (raw_dir / ".scraper").mkdir()
    (raw_dir / ".scraper" / "lock").touch()
    rows = pack(raw_dir, tmp_path / "packed")
    assert packed_categories(tmp_path / "packed") == ["beach", "forest", "old-castle"]
    assert {row.file.split("/")[0] for row in rows} == {"beach", "forest", "old-castle"}


@pytest.mark.parametrize("name", ["all", "universal"])
def test_a_category_with_a_reserved_name_is_refused(name, raw_dir, tmp_path):
    (raw_dir / "fruit").rename(raw_dir / name)
    with pytest.raises(
        DataError, match=rf"a category cannot be named '{name}'\n.*{name}\n.*rename the folder"
    ):
        pack(raw_dir, tmp_path / "packed")


def test_an_empty_folder_is_explained(tmp_path):
    (tmp_path / "raw" / "beach").mkdir(parents=True)
    with pytest.raises(DataError, match=r"no photos\n  where: .*<category>/\*\n  fix: run:"):
        pack(tmp_path / "raw", tmp_path / "packed")
    assert not (tmp_path / "packed").exists()


def test_a_category_that_was_never_packed_is_explained(packed_photos):
    with pytest.raises(DataError, match=r"no packed photos of 'dog'\n.*train.npy\n.*run: python"):
        load_packed(packed_photos, "dog", "train")


def test_a_folder_without_packed_photos_is_explained(tmp_path):
    with pytest.raises(
        DataError, match=r"no packed photos\n.*\n  fix: run: python -m preprocessing"
    ):
        packed_categories(tmp_path)


# what was damaged, or made by somebody else


def header(text: str, version: bytes = b"\x01\x00") -> bytes:
    """The beginning of an .npy file whose header says `text`."""
    size = (len(text) + 1).to_bytes(2 if version[0] == 1 else 4, "little")
    return b"\x93NUMPY" + version + size + text.encode() + b"\n"


def saying(shape: str = "(1, 256, 256, 3)", dtype: str = "'|u1'", order: str = "False") -> bytes:
    return header(f"{{'descr': {dtype}, 'fortran_order': {order}, 'shape': {shape}}}")


ONE = bytes(256 * 256 * 3)
DAMAGED = {
    "empty": (b"", "header: "),
    "no array": (b"PK\x03\x04" + ONE, "header: "),
    "a cut header": (saying()[:40], "header: "),
    "a header that is no literal": (header("__import__('os').system('true')"), "header: "),
    "a header that nests": (header("[" * 5000, b"\x02\x00"), "header: "),
    "a header without an end": (b"\x93NUMPY\x02\x00\xff\xff\xff\xff", "header: "),
    "another version": (header("{}", b"\x09\x00"), "header: "),
    "other keys": (header("{'a': 1}"), "header: "),
    "floats": (saying(dtype="'<f4'") + ONE * 4, "dtype: float32"),
    "signed bytes": (saying(dtype="'|i1'") + ONE, "dtype: int8"),
    "pickled objects": (saying(dtype="'|O'") + b"cos\nsystem\n(S'true'\ntR.", "dtype: object"),
    "fields": (saying(dtype="[('a', '|u1')]") + ONE, "dtype: "),
    "columns first": (saying(order="True") + ONE, "fortran_order: True"),
    "a product that overflows": (saying("(9223372036854775807, 256, 256, 3)"), "shape: "),
    "a negative count": (saying("(-1, 256, 256, 3)"), "(shape|header): "),
    "a number that is none": (saying("(True, 256, 256, 3)") + ONE, "(shape|header): "),
    "another size": (saying("(4, 128, 128, 3)") + ONE, "shape: "),
    "gray": (saying("(3, 256, 256)") + ONE, "shape: "),
    "a scalar": (saying("()") + b"1", "shape: "),
    "one byte too few": (saying() + ONE[:-1], "shape: .* takes 196,608 bytes, there are 196,607"),
    "one byte too many": (saying() + ONE + b"1", "shape: "),
    "fewer than are listed": (saying() + ONE, "1 photos; photos.csv lists 8 of 'beach' for train"),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_packed_array_that_cannot_be_is_named_by_file_and_field(damage, packed_photos, tmp_path):
    content, message = DAMAGED[damage]
    path = tmp_path / "beach" / "train.npy"
    path.parent.mkdir()
    path.write_bytes(content)
    shutil.copy(packed_photos / "photos.csv", tmp_path)
    with pytest.raises(DataError, match=rf"{message}.*\n  where: .*train\.npy\n  fix: pack again"):
        load_packed(tmp_path, "beach", "train")


def test_an_array_of_no_photo_is_one(tmp_path):
    (tmp_path / "beach").mkdir()
    (tmp_path / "beach" / "val.npy").write_bytes(saying("(0, 256, 256, 3)"))
    assert load_packed(tmp_path, "beach", "val").shape == (0, 256, 256, 3)


SHA = "0" * 64


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sha256,split\n" + SHA + ",train\n" + SHA, "a line of 1 cells.*line 3"),
        ("sha256,split\nabc,train\n", "sha256: 'abc' cannot be.*line 2"),
        (f"sha256,split\n{SHA},holdout\n", "split: 'holdout' cannot be.*line 2"),
        (f"sha256,split\n{SHA},train\n{SHA},test\n", "sha256: it stands twice.*line 3"),
        (f"split,sha256\ntrain,{SHA}\n", "its columns are not sha256, category, split"),
        ("", "its columns are not"),
        ("sha256,split\n\udcff", "no table: "),
        (f"sha256,split\n{'x' * 200_000}", "no table: "),
    ],
    ids=lambda one: one[:30],
)
def test_damaged_assignments_are_told_since_photos_would_move(tmp_path, text, message):
    path = tmp_path / "splits.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(DataError) as told:  # matched below, across lines
        read_splits(path)
    assert re.search(message, str(told.value), re.DOTALL)
    assert "splits.csv" in told.value.where


@pytest.mark.parametrize(
    ("column", "cell"),
    [("file", "beach"), ("file", "../a/b"), ("size", "x"), ("size", "9" * 5000),
     ("mtime_ns", "nan"), ("sha256", "zz"), ("chroma", "inf"), ("chroma", "-1"), ("result", "?")],
)  # fmt: skip
def test_a_damaged_list_of_photos_is_told_and_they_are_packed_anew(tmp_path, column, cell):
    cells = {
        "file": "beach/1.jpg", "size": "3", "mtime_ns": "4", "sha256": SHA, "chroma": "20.5",
        "result": "train",
    }  # fmt: skip
    path = tmp_path / "photos.csv"

    def write(**changed: str) -> None:
        lines = [",".join(cells), ",".join({**cells, **changed}.values())]
        path.write_text("\n".join(lines) + "\n")

    write()
    assert read_rows(path) == [
        Row(file="beach/1.jpg", size=3, mtime_ns=4, sha256=SHA, chroma=20.5, result="train")
    ]
    write(**{column: cell})
    with pytest.raises(DataError, match=rf"{column}: .* cannot be\n  where: .*photos\.csv, line 2"):
        read_rows(path)


def test_photos_whose_list_is_damaged_are_packed_anew(raw_dir, packed_dir, caplog):
    before = results(pack(raw_dir, packed_dir))
    path = packed_dir / "photos.csv"
    path.write_text(path.read_text()[:-5])
    assert results(pack(raw_dir, packed_dir)) == before
    assert "photos.csv, line 37" in caplog.text
