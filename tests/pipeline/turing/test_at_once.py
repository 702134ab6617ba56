import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from basics.errors import DataError
from pipeline.turing import database
from pipeline.turing.answers import read, record
from tests.answers import GIVEN

RECORDING = """
import sys
from pathlib import Path
from pipeline.turing.answers import record
from basics.errors import DataError
path, session, number = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
try:
    for i in range(number):
        print(record(path, session=session, photo=str(i), category="dog", is_colored=i % 2 == 0,
                     said_real=True, seconds=i).id, flush=True)
except DataError as error:
    print(error)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs" / "turing.sqlite3"


def recording(path, session, number):
    """Another process that records."""
    return subprocess.Popen(
        [sys.executable, "-c", RECORDING, str(path), session, str(number)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_threads_and_processes_lose_no_answer_of_a_new_file(path):
    others = [recording(path, f"process {i}", 40) for i in range(2)]
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda i: record(path, **{**GIVEN, "session": f"{i % 8}"}), range(80)))
    for process in others:
        out, err = process.communicate(timeout=120)
        assert err == ""
        assert len(out.splitlines()) == 40
    answers = read(path)
    assert [answer.id for answer in answers] == list(range(1, 161))
    by_id = {answer.id: answer for answer in answers}
    assert all(by_id[answer.id] == answer for answer in told)
    for i in range(2):
        photos = [answer.photo for answer in answers if answer.session == f"process {i}"]
        assert photos == [str(number) for number in range(40)]


def test_whoever_comes_at_once_agrees_on_one_new_file(tmp_path):
    for attempt in range(20):
        path, start = tmp_path / f"{attempt}.sqlite3", threading.Barrier(6)

        def first(_, path=path, start=start):
            start.wait()
            return record(path, **GIVEN).id

        with ThreadPoolExecutor(6) as pool:
            assert sorted(pool.map(first, range(6))) == [1, 2, 3, 4, 5, 6]


def test_a_killed_process_loses_nothing_that_was_told(path):
    process = recording(path, "killed", 100_000)
    assert process.stdout
    told = [int(process.stdout.readline()) for _ in range(20)]
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    answers = read(path)
    assert told == list(range(1, 21))
    assert 20 <= len(answers) < 100_000
    assert record(path, **GIVEN).id == len(answers) + 1


def test_readers_wait_for_no_writer(path):
    record(path, **GIVEN)
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM answers")
    assert len(read(path)) == 1
    writer.execute("COMMIT")
    assert writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    writer.close()
    assert read(path) == []


def test_a_writer_waits_for_another(path):
    record(path, **GIVEN)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    ending = threading.Timer(0.5, other.execute, ["COMMIT"])
    ending.start()
    assert record(path, **GIVEN).id == 2
    ending.join()
    other.close()


def test_a_lock_that_does_not_end_is_told(path, monkeypatch):
    record(path, **GIVEN)
    monkeypatch.setattr(database, "BUSY_S", 0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DataError, match=r"database is locked\n(.|\n)*fix: end what holds the file"):
        record(path, **GIVEN)
    other.close()
    assert record(path, **GIVEN).id == 2


def test_a_folder_that_must_not_be_written_is_told():
    """As somebody who is not root, whom no right stops."""
    nobody = "if os.geteuid() == 0: os.setuid(65534)\npath, session"
    program = f"import os\n{RECORDING.replace('path, session', nobody, 1)}"
    with tempfile.TemporaryDirectory() as folder:  # pytest's own lie where only we may look
        Path(folder).chmod(0o555)
        command = [sys.executable, "-c", program, f"{folder}/turing.sqlite3", "5f", "1"]
        # nobody may not write what coverage finds, either
        env = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
        Path(folder).chmod(0o755)
    assert done.stderr == ""
    assert done.stdout.startswith("the file of answers cannot be used: unable to open")
    assert "fix: give yourself the right to write" in done.stdout


def test_a_full_disk_is_told_and_keeps_what_was_told_before(tmp_path):
    """On a file system of its own of 300 kB; where none can be made, with a limit on files."""
    disk, program = tmp_path / "disk", tmp_path / "program.py"
    disk.mkdir()
    program.write_text(RECORDING)
    run = f"PYTHONPATH=. '{sys.executable}' '{program}' '{disk}/a.sqlite3' full 100000"
    command = f"{run}; echo code $?; cp '{disk}'/* '{tmp_path}'"
    mounted = f"mount -t tmpfs -o size=300k none '{disk}' && {command}"
    own = [shutil.which("unshare"), "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    done = subprocess.run([*own, "sh", "-c", mounted], capture_output=True, text=True, check=False)
    if "code" not in done.stdout:  # no right to mount
        limited = f"trap '' XFSZ; ulimit -f 300; {command}"
        done = subprocess.run(["sh", "-c", limited], capture_output=True, text=True, check=False)
    *told, what, where, fix, code = done.stdout.splitlines()
    assert code == "code 0", done.stderr
    assert what.startswith("the file of answers cannot be used: d")  # database or disk is full
    assert where == f"  where: {disk}/a.sqlite3"
    assert fix.startswith("  fix: free the disk")
    assert [answer.id for answer in read(tmp_path / "a.sqlite3")] == [int(one) for one in told]
    assert len(told) > 100
