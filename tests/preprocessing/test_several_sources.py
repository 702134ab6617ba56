"""Packing from several folders and shards, with photos of no category and with given splits."""

import hashlib
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import pyvips

from basics.errors import DataError
from preprocessing import __main__ as command
from preprocessing.assignments import read_splits
from preprocessing.inventory import COLUMNS, HELD_OUT, Row, read_rows, summary
from preprocessing.packing import count_first_source, has_any, load_packed, pack, packed_categories
from preprocessing.sources import list_photos
from preprocessing.split import split_of
from preprocessing.square import decode_square
from tests.drawing import draw_photo, jpeg
from tests.preprocessing.test_shards import shard


def webp(rgb: np.ndarray) -> bytes:
    return pyvips.Image.new_from_array(rgb, interpretation="srgb").webpsave_buffer(Q=90)


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def of_split(split: str, category: str, skip: int = 0) -> np.ndarray:
    """A drawn photo whose JPEG belongs to a split; `skip` of them are passed over."""
    for seed in range(1000):
        photo = draw_photo(category, seed, 60, 90)
        if split_of(sha(jpeg(photo))) == split:
            if not skip:
                return photo
            skip -= 1
    raise AssertionError("none is drawn")


TRAIN, TEST, VAL = (of_split(split, "beach") for split in ("train", "test", "val"))
OWN = {"train.jpg": jpeg(TRAIN), "test.jpg": jpeg(TEST), "val.jpg": jpeg(VAL)}
FOREST = webp(draw_photo("forest", 1, 60, 90))
IN_SHARD = {
    "forest/1.webp": FOREST,
    "beach/train.jpg": jpeg(of_split("train", "beach", 1)),  # a name that the folder has, too
    "any/1.webp": webp(draw_photo("fruit", 3, 60, 90)),
    "any/near_test.jpg": jpeg(TEST, 60),
    "any/mirrored_val.jpg": jpeg(np.ascontiguousarray(VAL[:, ::-1])),
    "any/near_train.jpg": jpeg(np.ascontiguousarray(TRAIN[:, ::-1])),
    "any/in_forest_too.webp": FOREST,
    "fruit/near_test.jpg": jpeg(TEST, 50),
}


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with folder/, shards/ and packed/, which was made of both; read only."""
    place = tmp_path_factory.mktemp("several")
    (place / "folder" / "beach").mkdir(parents=True)
    (place / "shards").mkdir()
    for name, content in OWN.items():
        (place / "folder" / "beach" / name).write_bytes(content)
    (place / "shards" / "a.tar").write_bytes(shard(IN_SHARD))
    (place / "shards" / "b.tar.gz").touch()
    pack([place / "folder", place / "shards"], place / "packed")
    return place


@pytest.fixture
def place(packed: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(packed, tmp_path / "copy"))


def raw(place: Path) -> list[Path]:
    return [place / "folder", place / "shards"]


def results(rows: list[Row]) -> dict[tuple[int, str], str]:
    return {(row.source, row.file): row.result for row in rows}


def test_the_list_tells_where_each_photo_lies(packed):
    rows = read_rows(packed / "packed" / "photos.csv")
    assert [(row.source, row.shard, row.file) for row in rows] == [
        *((0, "", f"beach/{name}") for name in sorted(OWN)),
        *((1, "a.tar", name) for name in sorted(IN_SHARD)),
    ]


def test_a_photo_in_a_shard_is_packed_as_its_file_would_be(packed):
    square = decode_square(FOREST)
    assert square is not None
    split = split_of(sha(FOREST))
    photos = load_packed(packed / "packed", "forest", split)
    np.testing.assert_array_equal(photos[0], square.rgb)
    assert square.rgb.shape == (256, 256, 3)  # of 60 x 90 px: it is enlarged
    assert abs(square.rgb.mean() - draw_photo("forest", 1, 60, 90)[:, 15:75].mean()) < 2


def test_photos_without_category_are_for_training_only(packed):
    found = results(read_rows(packed / "packed" / "photos.csv"))
    assert found[1, "any/1.webp"] == "train"
    assert found[1, "any/near_train.jpg"] == "train"
    assert found[1, "any/near_test.jpg"] == found[1, "any/mirrored_val.jpg"] == HELD_OUT
    assert found[1, "any/in_forest_too.webp"] == "duplicate"
    assert [path.name for path in (packed / "packed" / "any").iterdir()] == ["train.npy"]
    assert len(load_packed(packed / "packed", "any", "train")) == 2


def test_photos_without_category_are_no_category(packed):
    assert packed_categories(packed / "packed") == ["beach", "forest", "fruit"]
    assert has_any(packed / "packed")


def test_a_near_duplicate_in_another_category_is_in_the_same_split(packed):
    assert results(read_rows(packed / "packed" / "photos.csv"))[1, "fruit/near_test.jpg"] == "test"


def test_the_summary_counts_what_is_near_to_held_out_photos(packed):
    head, *lines = summary(read_rows(packed / "packed" / "photos.csv")).splitlines()
    assert head.endswith("near held-out")
    assert {line.split()[0]: line.split()[-1] for line in lines} == {
        "any": "2", "beach": "0", "forest": "0", "fruit": "0", "all": "2",
    }  # fmt: skip


def test_compressed_shards_are_told(packed, caplog):
    list_photos(raw(packed))
    assert "b.tar.gz: only uncompressed tar files are read" in caplog.text


def test_nothing_is_packed_anew_until_a_shard_changes(place, caplog):
    caplog.set_level("INFO")
    pack(raw(place), place / "packed")
    assert "nothing changed: 11 files" in caplog.text
    caplog.clear()
    os.utime(place / "shards" / "a.tar", ns=(5, 5))
    rows = pack(raw(place), place / "packed")
    assert "nothing changed" not in caplog.text
    assert {row.mtime_ns for row in rows if row.shard} == {5}


def test_a_list_of_before_there_were_shards_is_understood(packed, tmp_path, caplog):
    caplog.set_level("INFO")
    shutil.copytree(packed / "folder", tmp_path / "folder")
    made, before = tmp_path / "packed", pack(tmp_path / "folder", tmp_path / "packed")
    lines = [line.split(",") for line in (made / "photos.csv").read_text().splitlines()]
    assert lines[0] == list(COLUMNS)
    (made / "photos.csv").write_text("".join(f"{','.join(line[:6])}\n" for line in lines))
    splits = (made / "splits.csv").read_text().replace(",beach,", ",").replace("category,", "")
    (made / "splits.csv").write_text(splits)
    assert pack(tmp_path / "folder", made) == before
    assert "nothing changed" in caplog.text
    assert {category for _, category in read_splits(made / "splits.csv")} == {""}


GIVEN = {
    (sha(OWN["train.jpg"]), "beach"): "test",
    (sha(OWN["test.jpg"]), "beach"): "test_more",
    (sha(OWN["val.jpg"]), "beach"): "train",
}


def given(path: Path, **other: str) -> Path:
    lines = (
        ",".join(("sha256", "category", "split")),
        *(
            f"{sha256},{category},{other.get(split, split)}"
            for (sha256, category), split in GIVEN.items()
        ),
    )
    path.write_text("\n".join(lines) + "\n")
    return path


def test_given_splits_stay_and_new_photos_do_not_join_them(place):
    new = jpeg(of_split("test", "beach", 1))
    (place / "folder" / "beach" / "new.jpg").write_bytes(new)
    (place / "folder" / "house").mkdir()  # a category that the table does not know
    (place / "folder" / "house" / "1.jpg").write_bytes(jpeg(of_split("test", "fruit")))
    rows = pack(raw(place), place / "other", given(place / "given.csv"))
    found = results(rows)
    assert found[0, "beach/train.jpg"] == "test"
    assert found[0, "beach/new.jpg"] == found[0, "beach/test.jpg"] == "test_more"
    assert found[0, "house/1.jpg"] == "test"
    assert found[1, "any/near_train.jpg"] == HELD_OUT
    assert found[1, "any/mirrored_val.jpg"] == "train"
    assert len(load_packed(place / "other", "beach", "test")) == 1
    assert len(load_packed(place / "other", "beach", "test_more")) == 2
    assert load_packed(place / "other", "beach", "val_more").shape == (0, 256, 256, 3)
    stored = read_splits(place / "other" / "splits.csv")
    assert stored.items() >= GIVEN.items()
    assert stored[sha(new), "beach"] == "test_more"


def test_splits_that_differ_from_those_packed_are_refused(place):
    with pytest.raises(
        DataError, match=r"3 photos were packed into other splits.*\n.*\n  fix: choose another PACK"
    ):
        pack(raw(place), place / "packed", given(place / "given.csv"))
    assert (place / "packed" / "photos.csv").is_file()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["folder", "packed", "--splits", "none.csv"], "no such file"),
        (["folder", "shards"], "PACKED_DIR holds photos: a.tar"),
        (["shards", "folder"], "PACKED_DIR holds photos: beach/"),
        (["folder", "nowhere", "packed"], "no such folder"),
    ],
)
def test_what_cannot_be_packed_is_told_before_anything_is_written(args, said, packed, capsys):
    before = sorted(packed.rglob("*"))
    words = [one if one.startswith("-") else str(packed / one) for one in args]
    assert command.main(words) == 1
    assert said in capsys.readouterr().err
    assert sorted(packed.rglob("*")) == before


def test_a_category_in_a_shard_cannot_have_a_reserved_name(tmp_path):
    (tmp_path / "a.tar").write_bytes(shard({"universal/1.jpg": b"1"}))
    with pytest.raises(DataError, match=r"cannot be named 'universal'\n  where: .*a\.tar"):
        list_photos([tmp_path])


def test_the_photos_of_the_first_folder_come_first_and_are_counted(place, tmp_path):
    rows = pack(raw(place), tmp_path / "packed")
    folders = sorted({row.category for row in rows})
    counts = count_first_source(tmp_path / "packed", folders)
    for folder, count in zip(folders, counts, strict=True):
        found = [row for row in rows if row.category == folder and row.result == "train"]
        assert [row.source == 0 for row in found] == [i < count for i in range(len(found))]
    assert sum(counts) == sum(row.source == 0 and row.result == "train" for row in rows) > 0
    (tmp_path / "packed" / "photos.csv").unlink()
    with pytest.raises(DataError, match=r"where the packed photos came from\n.*photos.csv"):
        count_first_source(tmp_path / "packed", folders)
