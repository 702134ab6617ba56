"""The SQLite file in which answers are kept: opened, made, refused.

With its write-ahead log (WAL), readers and writers do not wait for each other; two writers do. All
must run on one machine: a log on a network drive is nothing that SQLite can share.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from basics.errors import DataError

APPLICATION = 0x54555249  # "TURI": says in the file's header that it is ours
VERSION = 1  # of the table; another one is refused
BUSY_S = 30.0  # how long another's lock is waited for
RETRY_S = 0.01
SCHEMA = """
CREATE TABLE answers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    "when" TEXT NOT NULL,
    session TEXT NOT NULL,
    photo TEXT NOT NULL,
    category TEXT NOT NULL,
    is_colored INTEGER NOT NULL CHECK (is_colored IN (0, 1)),
    said_real INTEGER NOT NULL CHECK (said_real IN (0, 1)),
    seconds REAL NOT NULL CHECK (seconds >= 0)
)
"""
ANOTHER = "name another file: --answers FILE; or move this one away"
RIGHTS = "give yourself the right to write the file and its folder"
FIXES = {  # by SQLite's primary result code
    sqlite3.SQLITE_FULL: "free the disk",
    sqlite3.SQLITE_IOERR: "free the disk, or check it",
    sqlite3.SQLITE_BUSY: "end what holds the file, then try again",
    sqlite3.SQLITE_READONLY: RIGHTS,
    sqlite3.SQLITE_CANTOPEN: RIGHTS,
}


@contextmanager
def opened(path: Path, *, makes: bool = False) -> Iterator[sqlite3.Connection]:
    """A connection to a file of answers, each statement a transaction; closed at the end.

    Args:
        path: of the file.
        makes: whether it is made if there is none; its folder, too.

    Raises:
        DataError: the file cannot be used, is another program's, or of another version.
    """
    if makes:
        _make_folder(path.parent)
    address = f"{path.absolute().as_uri()}?mode={'rwc' if makes else 'rw'}"
    try:
        connecting = sqlite3.connect(address, uri=True, timeout=BUSY_S, isolation_level=None)
        with closing(connecting) as connection:
            _require_ours(connection, path)
            yield connection
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the primary one
        what = f"the file of answers cannot be used: {error}"
        raise DataError(what, path, FIXES.get(code, ANOTHER)) from error


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Give a database its write-ahead log; where others do the same, SQLite itself does not wait.

    Raises:
        sqlite3.OperationalError: it stays locked.
    """
    give_up = time.monotonic() + BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
        time.sleep(RETRY_S)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = f"cannot make the folder of the answers: {error.strerror}"
        raise DataError(what, folder, "name another file: --answers FILE") from error


def _require_ours(connection: sqlite3.Connection, path: Path) -> None:
    """Raise `DataError` unless the database holds answers; make an empty one such a database."""
    if _is_empty(connection):
        _write_ahead(connection)
        connection.execute("BEGIN IMMEDIATE")
        if _is_empty(connection):  # still: of all who found it so, one makes the table
            connection.execute(SCHEMA)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    if _number(connection, "PRAGMA application_id") != APPLICATION:
        raise DataError("the file holds something else than answers", path, ANOTHER)
    version = _number(connection, "PRAGMA user_version")
    if version != VERSION:
        what = f"answers of version {version}, this program reads {VERSION}"
        raise DataError(what, path, f"update this program, or {ANOTHER}")


def _is_empty(connection: sqlite3.Connection) -> bool:
    """Whether nobody has put anything into the database, nor their mark onto it."""
    return not (
        _number(connection, "PRAGMA application_id")
        or _number(connection, "PRAGMA user_version")
        or _number(connection, "SELECT count(*) FROM sqlite_master")
    )


def _number(connection: sqlite3.Connection, query: str) -> int:
    return connection.execute(query).fetchone()[0]
