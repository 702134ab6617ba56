"""How the tests themselves are chosen: `tests/spread.py`."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.spread import QUARTERS, quarter_of

PROJECT_DIR = Path(__file__).parents[1]
SOME = "tests/basics/test_errors.py"
SAMPLE = """
import pytest

@pytest.mark.parametrize("number", range({n_nightly}))
@pytest.mark.nightly
def test_at_night(number):
    assert number >= 0

@pytest.mark.parametrize("number", range({n_others}))
def test_by_day(number):
    assert number >= 0
"""


def collected(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *options]
    return subprocess.run(command, cwd=PROJECT_DIR, capture_output=True, text=True, check=False)


def ids(done: subprocess.CompletedProcess[str]) -> set[str]:
    return {line for line in done.stdout.splitlines() if "::" in line}


def test_a_quarter_holds_its_tests_and_one_without_a_test_is_no_error():
    tests = ids(collected(SOME))
    assert {quarter_of(one) for one in tests} == {*range(QUARTERS)}
    assert ids(collected(SOME, "--quarter", "0")) == {one for one in tests if not quarter_of(one)}
    other = next(one for one in tests if quarter_of(one))
    empty = collected(other, "--quarter", "0")
    assert (empty.returncode, ids(empty)) == (0, set())


def test_a_quarter_is_the_same_on_every_machine():
    assert [quarter_of(f"tests/a.py::test_{i}") for i in range(6)] == [1, 3, 1, 3, 0, 2]


@pytest.mark.parametrize(("n_nightly", "code"), [(10, 0), (11, 4)])
def test_a_whole_run_of_which_more_than_a_tenth_is_left_to_the_night_is_refused(
    tmp_path, n_nightly, code
):
    content = SAMPLE.format(n_nightly=n_nightly, n_others=100 - n_nightly)
    (tmp_path / "test_sample.py").write_text(content)
    settings = tmp_path / "pytest.ini"
    settings.write_text("[pytest]\ntestpaths = .\nmarkers =\n    nightly: later\n")
    command = [sys.executable, "-m", "pytest", "-q", "-c", str(settings), "-p", "tests.spread"]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(PROJECT_DIR), "PATH": ""},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    assert ("over a tenth" in done.stderr) == (code == 4)
