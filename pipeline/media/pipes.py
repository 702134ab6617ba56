"""Standard input as a photo and standard output as its result: `cat a.jpg | ... - -o - > b.jpg`

Both are spooled on disk, so that a photo from a pipe takes no more memory than one from a file.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from basics.errors import ConfigError, DataError
from imaging.formats import FORMATS, format_suffix
from imaging.photo import open_photo
from pipeline.media.plan import PIPE


@contextmanager
def piped(args: argparse.Namespace) -> Iterator[tuple[Sequence[Path], Path | None]]:
    """Give the photos and the output with files in place of the pipes.

    Args:
        args: of `pipeline.colorize`.

    Raises:
        ConfigError: what was asked for does not go with a pipe.
        DataError: standard input is no photo.
    """
    paths, output = args.photos, args.output
    if PIPE not in paths and output != PIPE:
        yield paths, output
        return
    _require_sense(args)
    with tempfile.TemporaryDirectory(prefix="colorize-") as name:
        folder = Path(name)
        (path,) = paths
        if path == PIPE:
            path = folder / "standard input"
            with path.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file, 1 << 20)
            if not path.stat().st_size:
                fix = "give a photo: colorize - -o out.jpg < photo.jpg"
                raise DataError("nothing came", "standard input", fix)
        if output != PIPE:
            yield [path], output
            return
        photo = open_photo(path, max_pixels=args.max_pixels)
        suffix = FORMATS[args.format] if args.format else format_suffix(photo.loader)
        result = folder / f"result{suffix}"
        yield [path], result
        if result.exists():
            with result.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer, 1 << 20)
            sys.stdout.buffer.flush()


def _require_sense(args: argparse.Namespace) -> None:
    """Raise `ConfigError` for what a pipe cannot do."""
    if len(args.photos) > 1 or args.photos[0].is_dir():
        raise ConfigError("a pipe holds one photo", "-", "give one photo, or a folder for results")
    if args.output is None:
        raise ConfigError(
            "a photo from standard input has no name", "--output", "give -o FILE, or -o -"
        )
    besides = [name for name in ("json", "compare", "ranking") if getattr(args, name)]
    if args.output == PIPE and besides:
        raise ConfigError(
            f"--{besides[0]} does not go with a result on standard output", "-o -", "give -o FILE"
        )
