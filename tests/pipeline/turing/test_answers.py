import csv
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, timezone
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basics.errors import DataError
from pipeline.turing.answers import COLUMNS, Answer, read, record, write_csv
from tests.answers import GIVEN

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs" / "turing.sqlite3"


numbers = count()


@settings(max_examples=50)
@given(
    told=st.fixed_dictionaries(
        {
            "session": TEXTS,
            "photo": TEXTS,
            "category": TEXTS,
            "is_colored": st.booleans(),
            "said_real": st.booleans(),
            "seconds": st.floats(0, allow_infinity=False) | st.integers(0, 2**70),
        }
    )
)
def test_what_is_read_is_what_was_recorded(tmp_path_factory, told):
    path = tmp_path_factory.getbasetemp() / f"{next(numbers)}.sqlite3"
    answer = record(path, **told)
    assert read(path) == [answer]
    assert {name: getattr(answer, name) for name in told} == told


def test_answers_are_numbered_and_dated_in_utc(path):
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    answers = [record(path, **GIVEN) for _ in range(3)]
    assert [answer.id for answer in answers] == [1, 2, 3]
    times = [datetime.fromisoformat(answer.when) for answer in answers]
    assert before <= times[0] <= times[1] <= times[2] <= datetime.now(UTC)
    assert all(answer.when.endswith("+00:00") for answer in answers)


def test_a_time_of_another_zone_is_stored_as_utc(path):
    when = datetime(2026, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    record(path, **GIVEN, when=when)
    assert read(path)[0].when == "2026-02-28T23:30:00.000+00:00"


@pytest.mark.parametrize(
    ("name", "value", "fix"),
    [
        ("seconds", float("nan"), "finite number"),
        ("seconds", float("inf"), "finite number"),
        ("seconds", -0.001, "finite number"),
        ("seconds", 10**400, "finite number"),
        ("seconds", "3", "finite number"),
        ("seconds", True, "finite number"),
        ("is_colored", 1, "True or False"),
        ("said_real", None, "True or False"),
        ("session", "", "characters of Unicode"),
        ("photo", "a\udcff.jpg", "characters of Unicode"),
        ("photo", "a" * 5000, "characters of Unicode"),
        ("category", 3, "characters of Unicode"),
    ],
)
def test_a_value_of_no_use_is_refused_before_a_file_is_made(path, name, value, fix):
    with pytest.raises(DataError, match=f"for its {name}\n(.|\n)*{fix}"):
        record(path, **{**GIVEN, name: value})
    assert not path.parent.exists()


@pytest.mark.parametrize("when", ["yesterday", "2026-03-01T10:00:00", "2026-03-01T10:00:00+01:00"])
def test_a_time_that_is_no_utc_is_refused(when):
    with pytest.raises(DataError, match="for its when"):
        Answer(id=1, when=when, **GIVEN)


def test_without_a_file_there_are_no_answers_and_none_is_made(path):
    with pytest.raises(DataError, match=r"no answers yet\n.*turing\.sqlite3\n.*--answers FILE"):
        read(path)
    assert not path.parent.exists()


def test_the_table_of_answers_holds_them_all(path, tmp_path):
    answers = [
        record(path, **{**GIVEN, "photo": photo, "said_real": photo > "c"})
        for photo in ("a.jpg", 'b,"b".jpg', "d\n.jpg", "ü.jpg")
    ]
    write_csv(tmp_path / "new" / "answers.csv", answers)
    with (tmp_path / "new" / "answers.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    expected = [
        {name: str(int(value) if isinstance(value, bool) else value) for name, value in one.items()}
        for one in map(asdict, answers)
    ]
    assert rows == expected


def test_a_table_that_cannot_be_written_is_told_and_leaves_nothing(path, tmp_path):
    answer = record(path, **GIVEN)
    (tmp_path / "folder.csv" / "full").mkdir(parents=True)
    (tmp_path / "file").touch()
    for table in (tmp_path / "folder.csv", tmp_path / "file" / "answers.csv"):
        with pytest.raises(DataError, match="cannot write the table of answers"):
            write_csv(table, [answer])
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "folder.csv", "runs"]
