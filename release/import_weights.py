"""Take in a network that others trained: python -m release.import_weights zhang2016 FILE

Reads the file as data, says whether it is the one that was released, and adds the network to a
bundle as a colorizer: `--colorizer zhang2016` then colours with it, on the command line, the page,
the API and in the window. A file that is damaged or of another network changes nothing.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from basics import cli
from pipeline.engine.bundle import PRETRAINED_DIR, UNIVERSAL, ModelEntry
from pipeline.engine.bundle_file import file_sha256, read_bundle

log = logging.getLogger(__name__)

KNOWN = ("zhang2016",)
RUN_PX = 224  # short side at which a photo passes it, as in the authors' programs


def import_weights(name: str, path: Path, bundle_dir: Path) -> ModelEntry:
    """Add the network of a released file to a bundle.

    Args:
        name: one of `KNOWN`.
        path: the released file.
        bundle_dir: of the bundle, which is left as it is if anything goes wrong.

    Returns:
        Its entry, as bundle.json has it now.

    Raises:
        CheckpointError: the file is no such network, or the bundle cannot be used.
        ConfigError: a .pth, and torch is not installed.
    """
    from release.addition import add_colorizer
    from release.imports import zhang2016
    from release.packaging import mark_of, write_colorizer

    bundle = read_bundle(bundle_dir)
    network = zhang2016.load(path)
    sha256, size = file_sha256(path), path.stat().st_size
    released = zhang2016.SHA256.get(sha256)
    known = f"the released {released}" if released else "not a file that is known here"
    log.info("%s: %d bytes, sha256 %s, %s", path.name, size, sha256, known)
    facts = {
        "architecture": name,
        "category": UNIVERSAL,
        "run_px": RUN_PX,
        "encoder_sha256": None,
        "checkpoint": path.name,
        "checkpoint_sha256": sha256,
        "init": released or path.name,
    }
    (bundle_dir / name).mkdir(exist_ok=True)
    file = write_colorizer(network, facts, bundle_dir, mark=mark_of(facts))
    add_colorizer(bundle.folder, file)
    return file


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "release.import_weights")
    add = parser.add_argument
    add("network", choices=KNOWN, help="whose weights they are")
    add("file", type=Path, help="colorization_release_v2.caffemodel, or the authors' .pth")
    add("--models", type=Path, default=PRETRAINED_DIR, metavar="DIR", help="bundle of models")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    file = import_weights(args.network, args.file, args.models)
    cli.print_lines([args.models / file.file, args.models / "bundle.json"])
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
