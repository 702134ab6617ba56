"""The server's own folder: there while it runs, and no longer than until the next one starts."""

import os
import time
from pathlib import Path

import pytest

from pipeline.web import folder
from pipeline.web.folder import LOCK, MARK, PREFIX, YOUNG_S, OwnFolder, remove_abandoned


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(folder.tempfile, "tempdir", str(tmp_path))
    return tmp_path


def abandoned(parent: Path, name: str) -> Path:
    """What a killed server leaves."""
    path = parent / f"{PREFIX}{name}"
    path.mkdir()
    (path / LOCK).touch()
    (path / MARK).write_text("1\n")
    (path / "photo.jpg").write_bytes(b"x")
    return path


def test_what_a_killed_server_has_left_is_removed_at_the_next_start(temporary: Path):
    left = abandoned(temporary, "a")
    own = OwnFolder()
    assert not left.exists()
    assert own.path.parent == temporary
    other = OwnFolder()
    assert own.path.is_dir()
    for one in (own, other):
        one.remove()
        one.remove()
    assert list(temporary.iterdir()) == []


def test_a_folder_that_is_being_made_is_left_alone_for_an_hour(temporary: Path):
    path = temporary / f"{PREFIX}new"
    path.mkdir()
    remove_abandoned(temporary)
    assert path.is_dir()
    old = time.time() - YOUNG_S - 1
    os.utime(path, (old, old))
    remove_abandoned(temporary)
    assert not path.exists()


def test_nothing_else_is_removed(temporary: Path):
    elsewhere = temporary / "mine"
    elsewhere.mkdir()
    (elsewhere / MARK).write_text("1\n")
    link, file = temporary / f"{PREFIX}link", temporary / f"{PREFIX}file"
    link.symlink_to(elsewhere)
    file.write_text("x")
    remove_abandoned(temporary)
    assert (elsewhere / MARK).is_file()
    assert link.is_symlink()
    assert file.is_file()
