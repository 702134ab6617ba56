import sqlite3

import pytest

from basics.errors import DataError
from pipeline.turing.answers import read, record
from tests.answers import GIVEN


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs" / "turing.sqlite3"


def test_an_empty_file_becomes_one_of_answers(tmp_path):
    path = tmp_path / "empty.sqlite3"
    path.touch()
    assert read(path) == []
    assert record(path, **GIVEN).id == 1


@pytest.mark.parametrize("name", ["a b", "50%?#&mode=ro", "[Q=1]", "München", "a'\"b"])
def test_any_name_of_a_file_will_do(tmp_path, name):
    path = tmp_path / f"{name} folder" / name
    record(path, **GIVEN)
    assert path.is_file()
    assert len(read(path)) == 1


def test_the_database_of_another_program_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "other.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE answers (id INTEGER)")
    connection.close()
    before = path.read_bytes()
    for use in (read, lambda path: record(path, **GIVEN)):
        with pytest.raises(DataError, match="holds something else than answers"):
            use(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_answers_of_a_newer_program_are_refused_and_left_alone(path):
    record(path, **GIVEN)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    before = path.read_bytes()
    for use in (read, lambda path: record(path, **GIVEN)):
        with pytest.raises(DataError, match=r"answers of version 2, this program reads 1"):
            use(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database\n" * 100)
    for use in (read, lambda path: record(path, **GIVEN)):
        with pytest.raises(DataError, match=r"file is not a database\n(.|\n)*move this one away"):
            use(path)
    assert path.read_text() == "not a database\n" * 100


@pytest.mark.parametrize("damage", ["cut", "pages", "value", "text"])
def test_a_damaged_file_is_told(path, damage):
    for i in range(200):
        record(path, **{**GIVEN, "photo": f"{i} {'x' * 100}"})
    whole = path.read_bytes()
    if damage == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "pages":
        path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    else:
        spoilt = {"value": "seconds = 'soon'", "text": "photo = CAST(x'ff' AS TEXT)"}[damage]
        with sqlite3.connect(path) as connection:
            connection.execute(f"UPDATE answers SET {spoilt} WHERE id = 100")
        connection.close()
    with pytest.raises(DataError, match=r"file of answers cannot be used|for its seconds"):
        read(path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"cannot make the folder of the answers: \w+"):
        record(tmp_path / "file" / "turing.sqlite3", **GIVEN)


def test_a_folder_in_place_of_the_file_is_told(tmp_path):
    with pytest.raises(DataError, match="unable to open database file"):
        record(tmp_path, **GIVEN)
