"""Standard streams that are full or closed, and disks that are, are told like all else."""

import os
import resource
import subprocess
import sys

import pytest

from tests.corpus import corpus

COMMAND = f"'{sys.executable}' -m pipeline.colorize a.jpg"
linux = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")  # noqa: PTH110


@pytest.fixture
def shell(tmp_path):
    """Runs a line of a shell in a folder with one photo."""
    (tmp_path / "a.jpg").write_bytes(corpus()["gray.jpg"])

    def run(line, **options):
        environment = {**os.environ, "PYTHONPATH": os.getcwd()}  # noqa: PTH109
        return subprocess.run(
            ["sh", "-c", line], cwd=tmp_path, env=environment, capture_output=True, text=True,
            check=False, **options,
        )  # fmt: skip

    return run


@linux
@pytest.mark.parametrize(
    ("redirection", "code", "told", "result"),
    [
        ("> /dev/full", 1, "cannot write to standard output: No space left", True),
        ("-o - > /dev/full", 1, "cannot write to standard output: No space left", False),
        (">&-", 1, "standard output is closed", False),
        ("-o - >&-", 1, "standard output is closed", False),
        ("2>&-", 0, "", True),
        ("2> /dev/full", 0, "", True),
    ],
)
def test_streams_that_take_nothing_are_told(shell, tmp_path, redirection, code, told, result):
    done = shell(f"{COMMAND} {redirection}")
    assert done.returncode == code, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("  fix: ") == bool(told)
    assert (tmp_path / "a_color.jpg").exists() == result
    assert not list(tmp_path.glob(".*"))


def test_a_full_disk_leaves_no_part_whatever_is_written(shell, tmp_path):
    """A bound on the size of files stands for it, of which Python is told as of a full disk."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))

    for options in ("", "--format tiff", "-o -"):
        done = shell(f"{COMMAND} {options} > out.txt", preexec_fn=limit)
        assert done.returncode == 1, done.stderr
        assert "Traceback" not in done.stderr
        assert "fix: " in done.stderr
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jpg", "out.txt"]
