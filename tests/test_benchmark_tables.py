"""Tables of benchmarks: what is printed is what the CSV holds, and a series goes on."""

import argparse
import os
from pathlib import Path

import pytest

import benchmarks.__main__ as series
from benchmarks import environments, targets
from benchmarks.parts import document, table, tables
from benchmarks.parts.table import Column, Table

SMALL = Table("small", (Column("way"), Column("photos", "d"), Column("ratio", "+.2f", "a\nratio")))
ROWS = [
    {"way": "ours", "photos": 12, "ratio": 1.0},
    {"way": "another's", "photos": None, "ratio": 2.34567891},
]
ABOUT = {
    **dict.fromkeys((*table.MACHINE, *table.WHEN), ""),
    "processor": "a processor, fast",
    "date": "2026-01-02",
    "option_runs": "3",
}


def test_what_is_printed_is_made_from_the_csv(tmp_path, capsys):
    table.publish(SMALL, iter(ROWS), ABOUT, tmp_path / "new")
    printed = capsys.readouterr().out
    assert printed == SMALL.text(table.read(SMALL, tmp_path / "new"))
    assert printed.splitlines()[1:] == [
        "2026-01-02, commit ; runs 3",
        "                       a",
        "way        photos  ratio",
        "ours           12  +1.00",
        "another's          +2.35",
    ]


def test_numbers_in_a_csv_are_plain_and_every_row_says_where_and_how(tmp_path):
    table.publish(SMALL, ROWS, ABOUT, tmp_path)
    first, second = table.read(SMALL, tmp_path)
    assert (second["photos"], second["ratio"]) == ("", "2.34568")
    assert first.items() >= ABOUT.items()
    assert second.items() >= ABOUT.items()


def test_a_row_with_other_columns_than_its_table_is_refused(tmp_path):
    with pytest.raises(KeyError, match=r"small: .*photos.*seconds"):
        table.publish(SMALL, [{"way": "", "ratio": 1.0, "seconds": 1.0}], ABOUT, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_rows_measured_otherwise_have_a_caption_of_their_own(tmp_path, capsys):
    earlier = table.publish(SMALL, ROWS[:1], ABOUT, tmp_path)
    table.publish(SMALL, ROWS[1:], ABOUT | {"date": "2026-01-03"}, tmp_path, earlier=earlier)
    captions = [one for one in capsys.readouterr().out.splitlines() if ", commit" in one]
    assert [one[:10] for one in captions] == ["2026-01-02", "2026-01-02", "2026-01-03"]


def test_conditions_hold_options_but_no_path_of_this_machine():
    args = argparse.Namespace(
        packed=Path("/somewhere/packed"), sizes=[12, 27], drawn=True, anew=False, limit=None,
        results_dir=Path("/elsewhere"),
    )  # fmt: skip
    found = table.conditions(args)
    options = {name: value for name, value in found.items() if name.startswith(table.OPTION)}
    assert options == {
        "option_packed": "packed", "option_sizes": "12 27", "option_drawn": "yes",
        "option_anew": "", "option_limit": "",
    }  # fmt: skip
    assert all(found[name] for name in ("processor", "cores", "system", "python", "date", "commit"))


def test_every_table_has_a_file_of_its_own_and_one_place_in_the_document():
    names = [one.name for one in tables.ALL]
    shown = [one.name for one, _ in document.blocks(document.DOCUMENT.read_text())]
    assert len(set(names)) == len(names)
    assert len(set(shown)) == len(shown)
    assert set(names) - set(shown) == {"targets", "same_pictures", "same_training"}


def test_a_document_takes_over_the_tables_that_have_a_csv(tmp_path):
    text = "a\n```text speed_image_size\nold\n```\nb\n```text speed_edges\nold\n```\n"
    row = {"part": "all", "mb": 697.4}
    (kept,) = table.publish(tables.IMAGE_SIZE, [row], ABOUT, tmp_path)
    new = document.filled(text, tmp_path)
    assert new == text.replace("old\n", tables.IMAGE_SIZE.text([kept]), 1)
    assert document.filled(new, tmp_path) == new


def test_a_series_goes_on_with_what_it_has_not_measured(tmp_path):
    folder = next(one for one in series.SERIES if one.name == "folder")
    paths = [tmp_path / one.file for one in folder.tables]
    assert not series.is_measured(folder, tmp_path, since=100)
    for path in paths:
        path.touch()
        os.utime(path, (100, 100))
    assert series.is_measured(folder, tmp_path, since=100)
    os.utime(paths[-1], (99, 99))
    assert not series.is_measured(folder, tmp_path, since=100)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (environments.in_words(237.4, 14.6), ("240 MB", "15 s")),
        (environments.in_words(4712, 118), ("4.7 GB", "2 minutes")),
        (targets.in_words(6.4), "6 s"),
        (targets.in_words(2110), "35 min"),
    ],
)
def test_documents_round_sizes_and_times(told, expected):
    assert told == expected
