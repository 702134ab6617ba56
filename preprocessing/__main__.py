"""Folders of photos -> training data: python -m preprocessing data/raw data/packed

Every photo of RAW_DIR/<category>/, and of the uncompressed tar shards RAW_DIR/*.tar that hold
<category>/<name>, is cropped to its central square, resized to 256 x 256 and packed into train,
validation and test (80 / 10 / 10). Unreadable, gray and duplicate photos are left out and counted.
Photos of no category lie in `any`: universal colorizers train on them, nothing is tested on them.
"""

import argparse
from collections.abc import Sequence

from basics import cli


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "preprocessing")
    add = parser.add_argument
    text = "folder with one folder of photos per category, or with tar shards of such"
    add("raw_dirs", type=cli.path, nargs="+", metavar="RAW_DIR", help=text)
    add("packed_dir", type=cli.path, metavar="PACKED_DIR", help="where the training data goes")
    text = "splits to be taken as given: sha256, category, split"
    add("--splits", type=cli.path, metavar="FILE", help=text)
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    from preprocessing.inventory import summary
    from preprocessing.packing import pack

    rows = pack(args.raw_dirs, args.packed_dir, args.splits)
    cli.print_lines([summary(rows)])
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
