"""Files that are there whole or not at all."""

import subprocess
import sys

import pytest

from basics.errors import DataError
from basics.files import atomic_write, lock
from basics.temporaries import temporary_folder


def test_a_finished_file_takes_its_name_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "new" / "photo.png"
    with atomic_write(path) as temporary:
        temporary.write_text("whole")
        assert temporary.suffix == ".png"  # writers choose the format by it
        assert not path.exists()
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


def test_a_broken_off_file_leaves_the_old_one(tmp_path):
    path = tmp_path / "config.json"
    path.write_text("old")

    def write_half() -> None:
        with atomic_write(path) as temporary:
            temporary.write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_lock_is_refused_while_another_holds_it_and_free_afterwards(tmp_path):
    refusal = DataError("in use", tmp_path, "wait")
    program = (
        "import sys, pathlib\n"
        "from basics.errors import DataError\n"
        "from basics.files import lock\n"
        "with lock(pathlib.Path(sys.argv[1]), DataError('in use', '', '')):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.readline()\n"
    )
    path = tmp_path / "folder" / ".lock"
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(DataError, match="in use"), lock(path, refusal):
            pytest.fail("both hold it")
        other.communicate("\n")
    with lock(path, refusal):
        pass


def test_a_temporary_folder_goes_with_its_block_also_when_it_fails(tmp_path):
    def fail() -> None:
        with temporary_folder(tmp_path / "a.tif") as folder:
            (folder / "0.tif").touch()
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert list(tmp_path.iterdir()) == []
