"""What make does for who colours a photo; the environment is the one that runs the tests."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.corpus import corpus

ROOT = Path(__file__).parents[1]
USED = ("Makefile", "lock", "examples", "basics", "imaging", "pipeline", "pretrained")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with its .venv, in a folder with a space."""
    folder = tmp_path / "a clone"
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    for name in USED:
        (folder / name).symlink_to(ROOT / name)
    (folder / ".venv" / ".ready").touch()
    return folder


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Where the caller is, and a photo."""
    folder = tmp_path / "it's an $album"
    folder.mkdir()
    (folder / "my photo.jpg").write_bytes(corpus()["gray.jpg"])
    return folder


def make(caller: Path, clone: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """`make -C clone ARGS` by a shell that stands in `caller`."""
    line = 'cd "$1" && shift && make --no-print-directory -s "$@"'
    return subprocess.run(
        ["sh", "-c", line, "sh", str(caller), "-C", str(clone), *args],
        capture_output=True, text=True, check=False,
        env={key: value for key, value in os.environ.items() if not key.startswith("MAKE")},
    )  # fmt: skip


def test_a_photo_is_looked_for_in_the_folder_of_the_caller(clone: Path, album: Path):
    done = make(album, clone, "colorize", "PHOTO=my photo.jpg")
    assert done.stdout == f"{album / 'my photo_color.jpg'}\n", done.stderr
    assert (album / "my photo_color.jpg").is_file()


def test_the_photo_of_the_caller_comes_before_one_of_the_clone(clone: Path, album: Path):
    (clone / "my photo.jpg").write_text("another")
    done = make(album, clone, "colorize", "PHOTO=my photo.jpg")
    assert done.stdout == f"{album / 'my photo_color.jpg'}\n", done.stderr


def test_a_photo_that_the_caller_does_not_have_is_looked_for_in_the_clone(clone: Path, album: Path):
    (album / "my photo.jpg").rename(clone / "mine.jpg")
    done = make(album, clone, "colorize", "PHOTO=mine.jpg")
    assert done.stdout == "mine_color.jpg\n", done.stderr
    assert (clone / "mine_color.jpg").is_file()


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("photo=my photo.jpg", "my photo.jpg"),
        ("PHOTOS=a.jpg", "a.jpg"),
        ("x.png", "x.png"),
        ("old/it's.png", "old/it's.png"),
    ],
)
@pytest.mark.parametrize("target", ["colorize", "desktop"])
def test_a_photo_given_in_another_way_is_an_error_that_says_the_right_one(
    clone: Path, album: Path, target: str, given: str, named: str
):
    done = make(album, clone, target, given)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert lines[0] == "error: a photo is named by PHOTO=, in capitals"
    assert lines[1].startswith(f"  where: make {target} ")
    assert lines[2] == f'  fix: make {target} PHOTO="{named}"'
    assert done.stdout == ""


def make_environment(folder: Path, lock: Path) -> "subprocess.Popen[str]":
    script = str(ROOT / "lock" / "make_environment.py")
    return subprocess.Popen(
        [sys.executable, script, str(folder), str(lock)], stderr=subprocess.PIPE, text=True
    )


def has_pip(folder: Path) -> bool:
    return subprocess.run([folder / "bin" / "python", "-c", "import pip"]).returncode == 0


def test_of_two_makes_at_once_one_makes_the_environment(tmp_path: Path):
    folder, lock = tmp_path / ".venv", tmp_path / "lock.txt"
    lock.write_text("# nothing\n")
    running = [make_environment(folder, lock) for _ in range(2)]
    told = "".join(process.communicate(timeout=300)[1] for process in running)
    assert [process.returncode for process in running] == [0, 0], told
    assert told.count(f"making {folder}") == 1
    assert told.count(f"installing {lock}") == 1
    assert has_pip(folder)
    assert (folder / ".ready").exists()


def test_an_environment_left_half_made_is_made_anew(tmp_path: Path):
    folder, lock = tmp_path / ".venv", tmp_path / "lock.txt"
    lock.write_text("# nothing\n")
    venv.create(folder, with_pip=False)
    (tmp_path / ".venv.lock").touch()  # of who was killed
    process = make_environment(folder, lock)
    told = process.communicate(timeout=300)[1]
    assert process.returncode == 0, told
    assert has_pip(folder)


def test_what_cannot_be_installed_leaves_the_environment_unfinished(tmp_path: Path):
    folder, lock = tmp_path / ".venv", tmp_path / "lock.txt"
    lock.write_text(f"{tmp_path}/missing-1.0-py3-none-any.whl\n")
    process = make_environment(folder, lock)
    told = process.communicate(timeout=300)[1]
    assert process.returncode != 0
    assert "missing-1.0" in told
    assert not (folder / ".ready").exists()
