"""Colour black-and-white photos: python -m pipeline.colorize photo.jpg

Each photo is classified into one of the bundle's categories and coloured by the network of that
category, or by a blend of those of the likeliest. The result lies beside the photo as
<stem>_color.<ext>; nothing is overwritten. One written path per line goes to stdout.
"""

import argparse
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.bundle import FAITHFUL, PRETRAINED_DIR, VIVID
from pipeline.outputs import FORMATS, find_tasks
from preprocessing import cli
from preprocessing.errors import ProjectError

if TYPE_CHECKING:
    from pipeline.router import Colored

log = logging.getLogger(__name__)


def build_parser() -> argparse.ArgumentParser:
    """The options of the command; the README lists the same."""
    parser = cli.parser(__doc__, "pipeline.colorize")
    add = parser.add_argument
    add("photos", nargs="+", type=Path, metavar="PHOTO|DIR", help="photos, or folders of them")
    add("-o", "--output", type=Path, help="file for one photo, else folder [beside each photo]")
    add("--category", help="colour as this category, whatever the router says")
    add("--mode", choices=(FAITHFUL, VIVID), help="nearest to the likely truth, or more colour")
    add("--colorizer", help="architecture of the colorizers [that of the mode]")
    number = cli.positive(int)
    told = "blend the colorizers of the K most confident categories, weighted by confidence"
    add("--top", type=number, metavar="K", help=f"{told} [the bundle's choice]")
    add("--format", choices=list(FORMATS), help="of the result [as the photo]")
    add("--force", action="store_true", help="overwrite what exists")
    add("--json", action="store_true", help="print one JSON object per photo instead of its path")
    add("--models", type=Path, default=PRETRAINED_DIR, metavar="DIR", help="bundle of models")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    return cli.run(_job, build_parser().parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    from pipeline.router import Colorizer

    colorizer = Colorizer(args.models, colorizer=args.colorizer, mode=args.mode)
    tasks, errors = find_tasks(args.photos, args.output, args.format)
    for error in errors:
        cli.print_error(error)
    for task in cli.progress(tasks, "colouring"):
        try:
            colored = colorizer.colorize(
                task.photo, task.output, category=args.category, top=args.top, force=args.force
            )
        except ProjectError as error:
            errors.append(error)
            cli.print_error(error)
        else:
            report(colored, unsure_below=colorizer.bundle.unsure_below, as_json=args.json)
    return cli.FAILED if errors else cli.DONE


def report(colored: "Colored", *, unsure_below: float, as_json: bool) -> None:
    """Print one result: to stdout its path or JSON, to stderr what the router said."""
    sure = colored.confidence
    said = "unknown to the router" if sure is None else f"{sure:.0%}"
    if sure is not None and sure < unsure_below and colored.colorizer.endswith("/universal"):
        log.info("unsure, perhaps %s (%s): universal colorizer", colored.category, said)
    else:
        log.info("%s (%s), coloured by %s", colored.category, said, colored.colorizer)
    cli.print_lines([json.dumps(asdict(colored), default=str) if as_json else colored.output])


if __name__ == "__main__":
    raise SystemExit(main())
