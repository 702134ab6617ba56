import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from basics.errors import DataError
from preprocessing.assignments import read_splits, write_splits
from preprocessing.categories import ANY, CATEGORIES
from preprocessing.split import ALL_SPLITS

PUBLISHED = Path(__file__).parents[2] / "results" / "splits.csv"
SMALL = {"autumn", "christmas", "forest", "landscape", "road", "waterfall"}


def test_the_published_splits_hold_the_photos_that_figures_rest_on():
    splits = read_splits(PUBLISHED)  # refuses a photo in two splits
    counts = Counter(splits.values())
    assert (counts["val"], counts["test"]) == (900, 935)
    assert (counts["val_more"], counts["test_more"]) == (439, 411)
    assert counts["train"] > 30_000
    assert {category for _, category in splits} == {*CATEGORIES, ANY}
    assert {category for (_, category), split in splits.items() if split == "test"} == set(
        CATEGORIES
    )
    assert {category for (_, category), split in splits.items() if "_more" in split} == SMALL


def test_the_published_splits_are_sorted_and_small():
    lines = PUBLISHED.read_text().splitlines()
    assert PUBLISHED.stat().st_size < 4_000_000
    assert lines[0] == "sha256,category,split"
    assert lines[1:] == sorted(lines[1:])
    assert all(re.fullmatch(r"[0-9a-f]{64},[a-z]+,[a-z_]+", line) for line in lines[1:])


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(ALL_SPLITS)))
def test_splits_are_read_as_they_were_written(tmp_path_factory, chosen):
    splits = {(key * 64, name): split for key, split in chosen.items() for name in ("bus", "dog")}
    path = tmp_path_factory.getbasetemp() / "splits.csv"
    write_splits(path, splits)
    assert read_splits(path) == splits


def test_a_photo_whose_category_an_older_table_did_not_tell_is_written_once(tmp_path):
    path, sha = tmp_path / "splits.csv", "a" * 64
    path.write_text(f"sha256,split\n{sha},val\n{'b' * 64},test\n")
    write_splits(path, {**read_splits(path), (sha, "dog"): "val"})
    assert read_splits(path) == {(sha, "dog"): "val", ("b" * 64, ""): "test"}


def test_a_photo_without_category_is_never_held_out(tmp_path):
    path = tmp_path / "splits.csv"
    path.write_text(f"sha256,category,split\n{'a' * 64},any,test\n")
    with pytest.raises(DataError, match=r"split: 'test', but 'any' is for training only\n.*line 2"):
        read_splits(path)


def test_the_document_counts_what_the_published_splits_hold():
    text = (PUBLISHED.parents[1] / "docs" / "data.md").read_text(encoding="utf-8")
    table = text[text.index("| category |") :].split("\n\n")[0].splitlines()
    told = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    splits = told[0][1:]
    counts = Counter((category, split) for (_, category), split in read_splits(PUBLISHED).items())
    totals = Counter(split for _, split in counts.elements())
    rows = {name: [str(counts[name, split]) for split in splits] for name in {*CATEGORIES, ANY}}
    rows["all"] = [str(totals[split]) for split in splits]
    assert {name: cells for name, *cells in told[2:]} == rows
