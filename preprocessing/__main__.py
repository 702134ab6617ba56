"""Folders of photos -> training data: python -m preprocessing data/raw data/packed

Every photo of RAW_DIR/<category>/ is cropped to its central square, resized to 256 x 256 and packed
into train, validation and test (80 / 10 / 10). Unreadable, gray and duplicate photos are left out
and counted.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from basics import cli


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "preprocessing")
    parser.add_argument("raw_dir", type=Path, help="folder with one folder of photos per category")
    parser.add_argument("packed_dir", type=Path, help="where the training data goes")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    from preprocessing.inventory import summary
    from preprocessing.packing import pack

    rows = pack(args.raw_dir, args.packed_dir)
    cli.print_lines([summary(rows)])
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
