"""`--version`: which program this is, and which networks it has."""

import argparse
from typing import Any

from basics import cli
from pipeline import __version__
from pipeline.engine.bundle import Bundle
from pipeline.engine.bundle_file import file_sha256, read_bundle

SHOWN = 12  # hex digits of a sha256


def add_version(parser: argparse.ArgumentParser) -> None:
    """Add the option; the command must have --models, too."""
    message = "print program, bundle (of a --models before it) and the sha256 of its files, and end"
    parser.add_argument("--version", action=_Version, nargs=0, help=message)


def version_lines(bundle: Bundle) -> list[str]:
    """What `--version` prints: the program, the bundle, a line per network."""
    digest = file_sha256(bundle.folder / "bundle.json")
    networks = [entry for entry in bundle.entries if entry not in bundle.training]
    return [
        f"image colorizer {__version__}",
        f"bundle {bundle.folder}",
        f"sha256 {digest[:SHOWN]} bundle.json",
        *(f"sha256 {entry.sha256[:SHOWN]} {entry.file}" for entry in networks),
    ]


class _Version(argparse.Action):
    """Prints and ends the program, as --help does."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: Any, *_: Any) -> None:
        parser.exit(cli.run(_job, namespace))


def _job(args: argparse.Namespace) -> int:
    cli.print_lines(version_lines(read_bundle(args.models)))
    return cli.DONE
