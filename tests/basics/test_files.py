"""Files that are there whole or not at all."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from basics.errors import DataError
from basics.files import Commit, atomic_write, lock, overwrite, take_free_name


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


def test_of_many_that_want_a_free_name_one_gets_it_and_its_file_is_whole(tmp_path):
    path, start = tmp_path / "result.jpg", threading.Barrier(8)

    def write(number: int) -> str:
        start.wait()
        with atomic_write(path, commit=take_free_name) as temporary:
            temporary.write_text(str(number) * 10_000)
        return str(number)

    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(write, number) for number in range(8)]
    refused = [error for future in futures if (error := future.exception())]
    assert len(refused) == 7
    assert {str(error).split("\n")[0] for error in refused} == {"the output exists already"}
    (winner,) = (future.result() for future in futures if not future.exception())
    assert path.read_text() == winner * 10_000
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("leads_to", ["there.jpg", "nowhere.jpg"])
def test_a_link_is_replaced_itself_and_never_written_through(tmp_path, leads_to):
    (tmp_path / "there.jpg").write_text("mine")
    link = tmp_path / "link.jpg"
    link.symlink_to(tmp_path / leads_to)

    def write(commit: Commit) -> None:
        with atomic_write(link, commit=commit) as temporary:
            temporary.write_text("result")

    with pytest.raises(DataError, match="exists already"):
        write(take_free_name)
    assert link.is_symlink()
    write(overwrite)
    assert not link.is_symlink()
    assert link.read_text() == "result"
    assert (tmp_path / "there.jpg").read_text() == "mine"
    assert not (tmp_path / "nowhere.jpg").exists()
