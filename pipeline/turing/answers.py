"""The answers of the Turing test: recorded, read, written as a table.

Every function opens the file anew and closes it, so threads and processes may call them at once.
"""

import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from basics.errors import DataError
from basics.files import atomic_write
from pipeline.turing.database import opened

ANSWERS = Path("runs/turing.sqlite3")  # unless another file is named
COLUMNS: Sequence[str] = (
    "id", "when", "session", "photo", "category", "is_colored", "said_real", "seconds",
)  # fmt: skip
SELECT = """
SELECT id, "when", session, photo, category, is_colored, said_real, seconds
FROM answers ORDER BY id
"""
INSERT = """
INSERT INTO answers ("when", session, photo, category, is_colored, said_real, seconds)
VALUES (:when, :session, :photo, :category, :is_colored, :said_real, :seconds)
"""
LONGEST_TEXT = 4096  # characters; a path ends there


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a player said of one photo.

    Attributes:
        id: from 1, in the order of the answers.
        when: it was given; ISO 8601, UTC.
        session: random; one for each session of a player.
        photo: its name.
        category: the photo's.
        is_colored: whether its colours were predicted.
        said_real: whether the player took them for real.
        seconds: from shown to answered.

    Raises:
        DataError: a value is of no use.
    """

    id: int
    when: str
    session: str
    photo: str
    category: str
    is_colored: bool
    said_real: bool
    seconds: float

    def __post_init__(self) -> None:
        """Check the values."""
        for name in ("session", "photo", "category"):
            _require_text(getattr(self, name), name)
        for name in ("is_colored", "said_real"):
            if not isinstance(getattr(self, name), bool):
                raise _unusable(name, getattr(self, name), "give True or False")
        is_number = isinstance(self.seconds, int | float) and not isinstance(self.seconds, bool)
        if not (is_number and 0 <= self.seconds <= sys.float_info.max):  # nan is refused, too
            raise _unusable("seconds", self.seconds, "give a finite number from 0")
        _require_utc(self.when)


def record(
    path: Path,
    *,
    session: str,
    photo: str,
    category: str,
    is_colored: bool,
    said_real: bool,
    seconds: float,
    when: datetime | None = None,
) -> Answer:
    """Add an answer; the file and its folder are made if there are none.

    Args:
        path: the file of answers.
        session: the player's.
        photo: its name.
        category: the photo's.
        is_colored: whether its colours were predicted.
        said_real: whether the player took them for real.
        seconds: from shown to answered.
        when: with its time zone; None is now.

    Returns:
        The answer as it is stored.

    Raises:
        DataError: a value is of no use, or the file cannot be written or is another program's.
    """
    moment = (when or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="milliseconds")
    answer = Answer(
        id=0,
        when=moment,
        session=session,
        photo=photo,
        category=category,
        is_colored=is_colored,
        said_real=said_real,
        seconds=seconds,
    )
    row = {**vars(answer), "seconds": float(seconds)}  # SQLite's integers end at 2^63
    with opened(path, makes=True) as connection:
        cursor = connection.execute(INSERT, row)
    return replace(answer, id=cursor.lastrowid, seconds=row["seconds"])


def read(path: Path) -> list[Answer]:
    """All answers, in their order.

    Raises:
        DataError: there is no such file, or it cannot be used or is another program's.
    """
    if not path.is_file():
        fix = "take part in the Turing test first, or name another file: --answers FILE"
        raise DataError("no answers yet", path, fix)
    with opened(path) as connection:
        rows = connection.execute(SELECT).fetchall()
    return [_answer(row) for row in rows]


def write_csv(path: Path, answers: Sequence[Answer]) -> None:
    """Write answers as a table with the columns `COLUMNS`; truth values are 0 and 1.

    Raises:
        DataError: the table cannot be written; nothing is left behind.
    """
    try:
        with atomic_write(path) as side, side.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for answer in answers:
                values = [getattr(answer, name) for name in COLUMNS]
                writer.writerow([int(one) if isinstance(one, bool) else one for one in values])
    except OSError as error:
        what = f"cannot write the table of answers: {error.strerror}"
        raise DataError(what, path, "name another file, or free the disk") from error


def _answer(row: Sequence[object]) -> Answer:
    """A row of the table; what is neither 0 nor 1 stays as it is, for `Answer` to refuse."""
    message = dict(zip(COLUMNS, row, strict=True))
    for name in ("is_colored", "said_real"):
        if message[name] in (0, 1):
            message[name] = bool(message[name])
    return Answer(**message)  # pyright: ignore[reportArgumentType] - checked there


def _require_text(text: object, name: str) -> None:
    """Raise `DataError` unless it is text that is not empty and that UTF-8 can hold."""
    fix = f"give 1 to {LONGEST_TEXT} characters of Unicode"
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_TEXT:
        raise _unusable(name, text, fix)
    try:
        text.encode()
    except UnicodeEncodeError as error:  # the name of a file may be no UTF-8
        raise _unusable(name, ascii(text), fix) from error


def _require_utc(when: object) -> None:
    """Raise `DataError` unless it is a time of ISO 8601 in UTC."""
    try:
        offset = datetime.fromisoformat(str(when)).utcoffset()
    except ValueError as error:
        raise _unusable("when", when, "give a time in ISO 8601") from error
    if offset != timedelta(0):
        raise _unusable("when", when, "give a time in UTC")


def _unusable(name: str, value: object, fix: str) -> DataError:
    return DataError(f"an answer cannot have {str(value)[:80]!r} for its {name}", name, fix)
