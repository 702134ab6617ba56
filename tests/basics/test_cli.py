import argparse
import logging
import subprocess
import sys

import pytest

from basics import cli
from basics.errors import CheckpointError, ConfigError, DataError, ScrapeError
from pipeline import colorize as colorize_command
from preprocessing import __main__ as preprocessing_command

NO_ARGUMENTS = argparse.Namespace()


def failing_with(error: BaseException):
    def job(_: argparse.Namespace) -> int:
        raise error

    return job


@pytest.mark.parametrize("kind", [DataError, ConfigError, CheckpointError, ScrapeError])
def test_an_error_of_ours_is_printed_to_stderr_and_gives_exit_code_1(kind, capsys):
    assert cli.run(failing_with(kind("what", "where", "fix")), NO_ARGUMENTS) == 1
    printed = capsys.readouterr()
    assert printed.err == "error: what\n  where: where\n  fix: fix\n"
    assert printed.out == ""


def test_a_bug_is_not_dressed_up_as_an_error_of_ours():
    with pytest.raises(ZeroDivisionError, match="a bug"):
        cli.run(failing_with(ZeroDivisionError("a bug")), NO_ARGUMENTS)


def test_an_interrupted_job_gives_the_exit_code_of_the_shell(capsys):
    assert cli.run(failing_with(KeyboardInterrupt()), NO_ARGUMENTS) == 130
    assert capsys.readouterr().err == "stopped\n"


def test_results_go_to_stdout_and_the_log_to_stderr(capsys):
    def job(args: argparse.Namespace) -> int:
        logging.getLogger("anything").info("kept %d", 981)
        cli.print_lines([args.path, 2])
        return cli.DONE

    assert cli.run(job, argparse.Namespace(path="a/b.jpg")) == 0
    printed = capsys.readouterr()
    assert printed.out == "a/b.jpg\n2\n"
    assert printed.err == "kept 981\n"


def test_a_reader_that_has_seen_enough_is_no_failure():
    program = (
        "from basics import cli\n"
        "job = lambda _: cli.print_lines(['line'] * 100_000) or 0\n"
        "raise SystemExit(cli.run(job, None))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "line\n"
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_help_opens_with_the_first_paragraph_of_the_docstring():
    text = cli.parser("What it does: python -m x\n\nHow it does it.", "x").format_help()
    assert "python -m x" in text
    assert "What it does" in text
    assert "How it does it" not in text


@pytest.mark.parametrize(
    ("default", "shown"),
    [(192, " (default: 192)"), (0, " (default: 0)"), (None, ""), (False, ""), ("", ""), ([], "")],
)
def test_help_gives_every_default_that_says_something(default, shown):
    parser = cli.parser("X.", "x")
    parser.add_argument("--size", default=default, help="side in px")
    assert parser.format_help().endswith(f"  --size SIZE  side in px{shown}\n")


@pytest.mark.parametrize("total", [None, 3])
def test_progress_hands_on_every_item_and_is_silent_where_no_terminal_is(total, capsys):
    assert list(cli.progress(iter("abc"), "letters", total)) == ["a", "b", "c"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("kind", "zero", "text", "value"),
    [(int, False, "3", 3), (float, False, "1e-4", 1e-4), (int, True, "0", 0)],
)
def test_a_positive_number_is_accepted(kind, zero, text, value):
    assert cli.positive(kind, zero=zero)(text) == value


@pytest.mark.parametrize(
    ("kind", "zero", "text", "answer"),
    [
        (int, False, "0", "0 is not > 0"),
        (int, True, "-1", "-1 is not >= 0"),
        (float, False, "-0.5", "-0.5 is not > 0"),
        (float, False, "nan", "nan is not > 0"),
        (int, False, "many", "invalid int value: 'many'"),
    ],
)
def test_any_other_number_is_a_wrong_usage_that_is_explained(kind, zero, text, answer, capsys):
    parser = cli.parser("X.", "x")
    parser.add_argument("number", type=cli.positive(kind, zero=zero))
    with pytest.raises(SystemExit, match="2"):
        parser.parse_args(["--", text])
    assert answer in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[""], ["a.jpg", ""], ["a.jpg", "-o", ""]])
def test_an_empty_path_is_refused_and_not_taken_for_this_folder(arguments, capsys):
    with pytest.raises(SystemExit, match="2"):
        colorize_command.build_parser().parse_args(arguments)
    assert "it is empty" in capsys.readouterr().err


def test_the_packing_command_prints_the_table_of_counts(drawn_photos, tmp_path, capsys):
    code = preprocessing_command.main([str(drawn_photos), str(tmp_path)])
    assert code == 0
    table = [line.split() for line in capsys.readouterr().out.splitlines()]
    nothing = ["0"] * 7  # neither in further splits nor left out for one of five reasons
    assert table[1:] == [
        ["beach", "8", "2", "2", *nothing],
        ["forest", "8", "2", "2", *nothing],
        ["fruit", "8", "2", "2", *nothing],
        ["all", "24", "6", "6", *nothing],
    ]


def test_the_packing_command_explains_a_missing_folder(tmp_path, capsys):
    assert preprocessing_command.main([str(tmp_path / "nowhere"), str(tmp_path)]) == 1
    assert "error: no such folder\n" in capsys.readouterr().err
