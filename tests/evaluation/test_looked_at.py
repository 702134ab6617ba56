import pandas as pd
import pytest

from basics.errors import DataError
from evaluation.looked_at import COLUMNS, KEYS, draw, main, summarize, with_verdicts

ROWS = pd.DataFrame(
    [("new", "a1", "dog", "faithful"), ("new", "b2", "dog", "faithful")], columns=KEYS
)


def table_at(tmp_path, *rows):
    path = tmp_path / "looked_at.csv"
    pd.DataFrame(rows, columns=COLUMNS).to_csv(path, index=False)
    return path


def test_as_many_photos_of_each_category_are_drawn_by_their_hashes(packed_photos):
    drawn = draw(packed_photos, ("beach", "forest"), 4)
    assert [category for category, *_ in drawn] == ["beach", "beach", "forest", "forest"]
    assert [name for *_, name in drawn[:2]] == sorted(name for *_, name in drawn[:2])
    assert draw(packed_photos, ("beach", "forest"), 2) == [drawn[0], drawn[2]]


def test_verdicts_stay_and_those_on_another_bundle_go_to_the_end(tmp_path):
    path = table_at(
        tmp_path,
        ("old", "a1", "dog", "faithful", "good", ""),
        ("new", "b2", "dog", "faithful", "bad", "gray arms"),
        ("old", "b2", "dog", "faithful", "", ""),
    )
    table = with_verdicts(ROWS, path)
    assert table["bundle"].tolist() == ["new", "new", "old"]
    assert table["verdict"].tolist() == ["", "bad", "good"]
    assert table["fault"].tolist() == ["", "gray arms", ""]
    assert summarize(table) == "faithful: 0 good, 0 passable, 1 bad"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("new", "a1", "dog", "faithful", "nice", "")], "verdict 'nice'"),
        ([("new", "a1", "dog", "faithful", "good", "")] * 2, "stands there twice"),
    ],
)
def test_a_table_that_cannot_be_is_refused(tmp_path, rows, message):
    with pytest.raises(DataError, match=message):
        with_verdicts(ROWS, table_at(tmp_path, *rows))


def test_the_command_draws_sheets_and_writes_a_row_for_each_photo_and_mode(
    tiny_bundle, packed_photos, tmp_path, capsys
):
    folders = ["--sheets-dir", str(tmp_path / "sheets"), "--results-dir", str(tmp_path)]
    options = ["--packed-dir", str(packed_photos), "--models", str(tiny_bundle), "--count", "3"]
    assert main([*options, *folders]) == 0
    table = pd.read_csv(tmp_path / "looked_at.csv")
    assert list(table.columns) == COLUMNS
    assert (table["mode"] == "faithful").sum() == 3
    assert [one.name for one in (tmp_path / "sheets").iterdir()] == ["01.png"]
    assert "faithful: 0 good" in capsys.readouterr().out
