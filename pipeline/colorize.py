"""Colour black-and-white photos: python -m pipeline.colorize photo.jpg

Each photo is classified into one of the bundle's categories and coloured by the network of that
category. The result lies beside the photo as <stem>_color.<ext>; nothing is overwritten. One
written path per line goes to stdout.
"""

import argparse
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.bundle import PRETRAINED_DIR
from preprocessing import cli
from preprocessing.errors import DataError, ProjectError

if TYPE_CHECKING:
    from pipeline.router import Colored

log = logging.getLogger(__name__)

SUFFIXES = {
    ".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".gif", ".avif", ".heic", ".heif",
}  # of the files that a folder is searched for  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "pipeline.colorize")
    add = parser.add_argument
    add("photos", nargs="+", type=Path, metavar="PHOTO|DIR", help="photos, or folders of them")
    add("-o", "--output", type=Path, help="file for one photo, else folder [beside each photo]")
    add("--category", help="colour as this category, whatever the router says")
    add("--colorizer", help="architecture of the colorizers [the bundle's default]")
    add(
        "--top",
        type=cli.positive(int),
        default=1,
        help="blend the colorizers of so many categories",
    )
    add("--format", choices=["jpg", "png", "webp", "tiff"], help="of the result [as the photo]")
    add("--force", action="store_true", help="overwrite what exists")
    add("--json", action="store_true", help="print one JSON object per photo instead of its path")
    add("--models", type=Path, default=PRETRAINED_DIR, metavar="DIR", help="bundle of models")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    from pipeline.router import Colorizer

    colorizer = Colorizer(args.models, colorizer=args.colorizer)
    code = cli.DONE
    tasks = list(iter_tasks(args.photos, args.output, args.format))
    for path, output in cli.progress(tasks, "colouring"):
        try:
            if isinstance(output, ProjectError):
                raise output
            colored = colorizer.colorize(
                path,
                output,
                category=args.category,
                top=args.top,
                format_=args.format,
                force=args.force,
            )
        except ProjectError as error:
            cli.print_error(error)
            code = cli.FAILED
            continue
        report(colored, unsure_below=colorizer.bundle.unsure_below, as_json=args.json)
    return code


def iter_tasks(
    paths: Sequence[Path], output: Path | None, format_: str | None
) -> Iterator[tuple[Path, Path | ProjectError | None]]:
    """Yield each photo with where its result goes: None for beside it, an error if it has none.

    A folder keeps its structure below `output`. Results of earlier runs are not coloured again.
    """
    to_file = output is not None and len(paths) == 1 and not paths[0].is_dir() and output.suffix
    for path in paths:
        if path.is_dir():
            photos = find_photos(path)
            if not photos:
                error = DataError("no photos in the folder", path, f"put {_known()} there")
                yield path, error
            for photo in photos:
                yield photo, output and _below(output, photo.relative_to(path), format_)
        elif to_file or output is None:
            yield path, output
        else:
            yield path, _below(output, Path(path.name), format_)


def find_photos(folder: Path) -> list[Path]:
    """Every photo below a folder, sorted; results of earlier runs left out."""
    found = [path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES]
    stems = {path.with_suffix("") for path in found}
    return sorted(
        path
        for path in found
        if path.is_file()
        and not path.name.startswith(".")
        and not (
            path.stem.endswith("_color")
            and path.with_name(path.stem.removesuffix("_color")) in stems
        )
    )


def report(colored: "Colored", *, unsure_below: float, as_json: bool) -> None:
    """Print one result: to stdout its path or JSON, to stderr what the router said."""
    confidence = f"{colored.confidence:.0%}"
    if colored.colorizer.endswith("/universal") and colored.confidence < unsure_below:
        log.info("unsure, perhaps %s (%s): universal colorizer", colored.category, confidence)
    else:
        log.info("%s (%s), coloured by %s", colored.category, confidence, colored.colorizer)
    line = json.dumps(asdict(colored), default=str) if as_json else colored.output
    cli.print_lines([line])


def _below(folder: Path, relative: Path, format_: str | None) -> Path:
    """Where the result of a photo goes in an output folder."""
    return folder / default_output(relative, output_suffix(relative, format_))


def _known() -> str:
    return ", ".join(sorted(SUFFIXES))


if __name__ == "__main__":
    raise SystemExit(main())
