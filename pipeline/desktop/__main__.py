"""Colour photos in a window: python -m pipeline.desktop photo.jpg

Open a photo and it is coloured; another category or more colour shows at once. What is saved is
what pipeline.colorize writes with the same --category and --saturation.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from basics import cli
from basics.errors import ConfigError
from pipeline.engine.bundle import PRETRAINED_DIR
from pipeline.version import add_version

if TYPE_CHECKING:
    import tkinter as tk

ELSE = "or colour without a window: python -m pipeline.colorize PHOTO"


def build_parser() -> argparse.ArgumentParser:
    """The options of the command."""
    parser = cli.parser(__doc__, "pipeline.desktop", command="colorize-desktop")
    add = parser.add_argument
    add("photo", nargs="?", type=Path, metavar="PHOTO", help="opened at once")
    add("--models", type=Path, default=PRETRAINED_DIR, metavar="DIR", help="bundle of models")
    add_version(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    return cli.run(_job, build_parser().parse_args(argv), lock="colorize.txt")


def open_root() -> "tk.Tk":
    """The window, still empty.

    Raises:
        ConfigError: Python has no tkinter, or there is no display.
    """
    try:
        import tkinter as tk
    except ImportError as error:
        raise ConfigError(
            "this Python has no tkinter, which draws the window",
            sys.executable,
            f"install it (Debian: apt install python3-tk), {ELSE}",
        ) from error
    try:
        return tk.Tk(className="Colorizer")
    except tk.TclError as error:
        raise ConfigError(
            f"no window can be opened: {error}",
            f"DISPLAY={os.environ.get('DISPLAY', '')}",
            f"run it on a desktop (from another machine: ssh -X), {ELSE}",
        ) from error


def _job(args: argparse.Namespace) -> int:
    from pipeline.colorizer import Colorizer

    colorizer = Colorizer(args.models)
    root = open_root()
    from pipeline.desktop.window import Window

    window = Window(root, colorizer)
    if args.photo:
        window.open(args.photo)
    window.run()
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
