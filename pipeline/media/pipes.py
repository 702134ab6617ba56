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

from basics.cli import unwritable_stdout
from basics.errors import ConfigError, DataError
from basics.temporaries import remove_stale_temporaries, temporary_folder
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
    spool = Path(tempfile.gettempdir())
    remove_stale_temporaries(spool)
    with temporary_folder(spool / "pipe") as folder:
        (path,) = paths
        if path == PIPE:
            path = folder / "standard input"
            _spool(path)
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
            _pour(result)


def _spool(path: Path) -> None:
    """Write standard input into a file."""
    if sys.stdin is None:
        raise ConfigError("standard input is closed", "standard input", "give a photo: < photo.jpg")
    try:
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file, 1 << 20)
    except OSError as error:
        what = f"cannot keep what comes from standard input: {error.strerror}"
        fix = "free the disk, or name another folder as TMPDIR"
        raise DataError(what, path.parent.parent, fix) from error


def _pour(result: Path) -> None:
    """Write a file to standard output."""
    try:
        with result.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer, 1 << 20)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritable_stdout(error) from error


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
