"""Colour black-and-white photos: python -m pipeline.colorize photo.jpg

Each photo is classified into one of the bundle's categories and coloured by the network of that
category, or by a blend of those of the likeliest. The result lies beside the photo as
<stem>_color.<ext>; nothing is overwritten. One written path per line goes to stdout.
"""

import argparse
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from basics import cli
from basics.errors import ConfigError, Setting
from basics.signals import Stopped, has_workers, stopping
from basics.temporaries import remove_own_temporaries, remove_stale_temporaries
from imaging.formats import FORMATS, MAX_PIXELS, QUALITY, WRITABLE, same_format
from pipeline.engine.bundle import FAITHFUL, PRETRAINED_DIR, VIVID
from pipeline.engine.bundle_file import read_bundle
from pipeline.engine.request import ColorRequest, Limits, Rendering
from pipeline.media.names import words_in
from pipeline.media.plan import Plan, plan
from pipeline.report import Report
from pipeline.version import add_version

if TYPE_CHECKING:
    from pipeline.batch import Order
    from pipeline.colorizer import Colorizer

PATIENCE_S = 0.5  # for what a signal cannot stop, such as the decoder of a large photo


def build_parser() -> argparse.ArgumentParser:
    """The options of the command; docs/commands.md lists the same."""
    parser = cli.parser(__doc__, "pipeline.colorize", command="colorize")
    add, number = parser.add_argument, cli.positive(int)
    text = "photos, or folders of them; - is standard input"
    add("photos", nargs="+", type=cli.path, metavar="PHOTO|DIR", help=text)
    text = "file for one photo, else folder; - is standard output [beside each photo]"
    add("-o", "--output", type=cli.path, help=text)

    add = parser.add_argument_group("colours").add_argument
    add("--category", help="colour as this category, whatever the router says")
    add("--mode", choices=(FAITHFUL, VIVID), help="nearest to the likely truth, or more colour")
    add("--colorizer", help="architecture of the colorizers [that of the mode]")
    text = "blend the colorizers of the K most confident categories, weighted by confidence"
    add("--top", type=number, metavar="K", help=f"{text} [the bundle's choice]")
    text = "factor of the colours, 0 (gray) to 3 [that of the mode]"
    add("--saturation", type=float, metavar="X", help=text)
    text = "average what is predicted of two sizes and mirror images: better, and slower"
    add("--best", action="store_true", help=text)
    add("--keep-color", action="store_true", help="leave photos alone that are in colour already")
    add("--models", type=Path, default=PRETRAINED_DIR, metavar="DIR", help="bundle of models")
    add_version(parser)

    add = parser.add_argument_group("results").add_argument
    text = "of the result [as the photo; PNG for GIF, HEIC and AVIF]"
    add("--format", choices=list(FORMATS), help=text)
    add("--quality", type=number, metavar="Q", default=QUALITY, help="of JPEG and WebP, 1 to 100")
    add("--strip", action="store_true", help="leave metadata out: EXIF, GPS, XMP, IPTC, DPI")
    add("--pages", choices=("first", "all"), default="first", help="of a TIFF of several")
    add("--compare", action="store_true", help="also write a picture of before and after")
    add("--ranking", action="store_true", help="also write a picture of the five best categories")
    add("--force", action="store_true", help="overwrite what exists")
    text = "leave out what has a result [in folders only]"
    add("--resume", action=argparse.BooleanOptionalAction, help=text)
    add("--json", action="store_true", help="print one JSON object per photo instead of its path")

    add = parser.add_argument_group("bounds").add_argument
    add("--max-pixels", type=number, default=MAX_PIXELS, metavar="N", help="refuse larger photos")
    add("--tolerate", action="store_true", help="colour what is left of a damaged photo")
    text = "what runs the networks: cpu, cuda, coreml, or auto, the best that is there"
    add("--device", default="auto", help=text)
    add("--threads", type=cli.positive(int, zero=True), default=0, metavar="N",
        help="processors to use; 0 takes all")  # fmt: skip
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    return cli.run(_stoppable, build_parser().parse_args(argv), lock="colorize.txt")


def _stoppable(args: argparse.Namespace) -> int:
    """The job, which a signal ends within seconds; it leaves whole results, and nothing else."""
    try:
        with stopping(remove_own_temporaries):
            return _job(args)
    except Stopped as stopped:
        if has_workers():  # Python would wait for them; what was half imported stays untouched
            cli.leave("stopped", stopped.code)
        raise


def _job(args: argparse.Namespace) -> int:
    from pipeline.batch import Order
    from pipeline.colorizer import Colorizer
    from pipeline.engine.engine import Engine
    from pipeline.media.pipes import piped

    request = ColorRequest(
        mode=args.mode,
        colorizer=args.colorizer,
        category=args.category,
        top=args.top,
        saturation=args.saturation,
        keep_color=args.keep_color,
        best=args.best,
    )
    order = Order(
        request=request,
        rendering=Rendering(
            format=args.format,
            quality=args.quality,
            strip=args.strip,
            pages=args.pages,
            compare=args.compare,
            ranking=args.ranking,
        ),
        limits=Limits(max_pixels=args.max_pixels, tolerate=args.tolerate),
        force=args.force,
        patience_s=PATIENCE_S,
    )
    cli.require_stdout()
    _require_agreement(args)
    bundle = read_bundle(args.models)
    Engine(bundle).require(request)  # before its words stand in the names of files
    with piped(args) as (paths, output):
        planned = plan(
            paths, output, args.format, resume=args.resume, force=args.force, request=request,
            rendering=order.rendering, words=words_in(bundle),
        )  # fmt: skip
        for folder in planned.folders:
            remove_stale_temporaries(folder)
        order = replace(order, sources=planned.sources)
        threads = 1 if len(planned.tasks) > 1 else args.threads
        colorizer = Colorizer(bundle, device=args.device, threads=threads)
        return _colorize(colorizer, planned, order, args)


def _require_agreement(args: argparse.Namespace) -> None:
    """Raise `ConfigError` if a file is named as another format than is asked for."""
    suffix = args.output.suffix.lower() if args.output else ""
    if args.format and suffix in WRITABLE and not same_format(suffix, FORMATS[args.format]):
        what, where = f"the output ends in {suffix}", Setting("format", args.format)
        raise ConfigError(what, where, "name it as that format, or leave one of both out")


def _colorize(colorizer: "Colorizer", planned: Plan, order: "Order", args: Any) -> int:
    """Colour what is planned; returns the exit code."""
    from pipeline.batch import colorize_all

    report = Report(planned, args, fallback_threshold=colorizer.bundle.fallback_threshold)
    with closing(colorize_all(colorizer, planned.tasks, order, workers=args.threads)) as outcomes:
        for outcome in cli.progress(outcomes, "colouring", total=len(planned.tasks)):
            report.tell(outcome)
    return report.end()


if __name__ == "__main__":
    raise SystemExit(main())
