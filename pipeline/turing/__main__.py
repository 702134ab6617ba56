"""What the Turing test has found: python -m pipeline.turing report

Prints how often predicted colours were taken for real, per category and over all, with 95 %
intervals, and beside it how often real ones were. Rates of fewer than 30 answers are not given.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from basics import cli
from pipeline.turing.answers import ANSWERS, read, write_csv


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "pipeline.turing")
    add = parser.add_argument
    add("command", nargs="?", choices=("report",), default="report", help="what to do")
    add("--answers", type=Path, default=ANSWERS, metavar="FILE", help="what players said")
    add("--csv", type=Path, metavar="FILE", help="also write every answer as a table")
    return cli.run(_job, parser.parse_args(argv), lock="colorize.txt")


def _job(args: argparse.Namespace) -> int:
    from pipeline.turing.rates import rates, table

    answers = read(args.answers)
    cli.print_lines([table(rates(answers))])
    if args.csv:
        write_csv(args.csv, answers)
        cli.print_lines([args.csv])
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
