"""The command, and what importing costs."""

import csv
import subprocess
import sys

import pytest

from pipeline.turing.__main__ import main
from pipeline.turing.answers import COLUMNS, record

TOO_FEW = ["no", "rate", "below", "30", "answers"]
COSTLY = ("pandas", "skimage", "onnxruntime", "scipy", "matplotlib", "PIL", "keras")
MODULES = ("answers", "database", "rates", "stimuli", "pairs", "photos", "__main__")


@pytest.fixture
def answers(tmp_path):
    """60 answers about dogs, 20 about buses; every third coloured one was taken for real."""
    path = tmp_path / "turing.sqlite3"
    for i in range(80):
        record(
            path,
            session="5f",
            photo=f"{i}.jpg",
            category="dog" if i < 60 else "bus",
            is_colored=i % 2 == 0,
            said_real=i % 2 == 1 or i % 6 == 0,
            seconds=i / 10,
        )
    return path


def report(*args, cwd=None):
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "pipeline.turing", *map(str, args)],
        capture_output=True, text=True, check=False, cwd=cwd,
    )  # fmt: skip


def test_the_report_has_a_rate_where_there_are_thirty_answers(answers):
    done = report("report", "--answers", answers)
    assert (done.returncode, done.stderr) == (0, "")
    head, of_all, bus, dog = done.stdout.splitlines()
    assert head.split() == [
        "category", "coloured", "taken", "for", "real", "(95", "%)",
        "real", "taken", "for", "real", "(95", "%)", "median", "s",
    ]  # fmt: skip
    assert of_all.split() == [
        "all", "40", "35.0%", "(22.1%", "to", "50.5%)",
        "40", "100.0%", "(91.2%", "to", "100.0%)", "4.0",
    ]  # fmt: skip
    assert dog.split()[:6] == ["dog", "30", "33.3%", "(19.2%", "to", "51.2%)"]
    assert bus.split() == ["bus", "10", *TOO_FEW, "10", *TOO_FEW, "7.0"]


def test_the_answers_are_written_as_a_table_on_request(answers, tmp_path):
    done = report("report", "--answers", answers, "--csv", tmp_path / "answers.csv")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == str(tmp_path / "answers.csv")
    with (tmp_path / "answers.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [row["photo"] for row in rows] == [f"{i}.jpg" for i in range(80)]


@pytest.mark.parametrize("command", [[], ["report"]])
def test_without_answers_the_command_says_what_to_do(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(command) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "error: no answers yet",
        "  where: runs/turing.sqlite3",
        "  fix: take part in the Turing test first, or name another file: --answers FILE",
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_table_that_cannot_be_written_is_told_after_the_rates(answers, tmp_path, capsys):
    assert main(["report", "--answers", str(answers), "--csv", str(answers / "a.csv")]) == 1
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 4
    assert err.startswith("error: cannot write the table of answers")


def test_wrong_usage_exits_with_two(capsys):
    for wrong in (["rates"], ["--answer"], ["--csv"]):
        with pytest.raises(SystemExit, match="2"):
            main(wrong)
        err = capsys.readouterr().err
        assert err.startswith("error: ")
        assert "  where: " in err
        assert "  fix: see python -m pipeline.turing --help" in err


def test_importing_costs_nothing_and_does_nothing(tmp_path):
    modules = ["pipeline.turing", *(f"pipeline.turing.{one}" for one in MODULES)]
    program = (
        f"import {', '.join(modules)}, logging, sys, threading\n"
        f"costly = [name for name in {COSTLY} if name in sys.modules]\n"
        "print(costly, logging.root.handlers, threading.active_count())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[] [] 1\n", "")
