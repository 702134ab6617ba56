"""Compact weights -> run folders: python -m colorizers.unpack FOLDER --encoder RUN

FOLDER is what `python -m colorizers.train --compact FOLDER` wrote. `--init` takes such a file as it
is; this command makes run folders of them, from which release.export ships.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from basics import cli
from basics.errors import CheckpointError
from basics.files import atomic_write
from training.compact import SUFFIX, TEXTS, read_compact
from training.encoders.table import USUAL


def unpack(path: Path, runs_dir: Path, encoder: Path | None) -> Path:
    """Make a run folder of compact weights; returns its `best.keras`.

    Raises:
        CheckpointError: they do not fit, or were trained on another encoder.
        ConfigError: they need an encoder.
    """
    from colorizers.config import ColorizerConfig
    from colorizers.initial_weights import build_random, load_initial_weights
    from colorizers.models import ARCHITECTURES
    from training.checkpoints import BEST_NAME, save_checkpoint
    from training.registry import find

    stored = read_compact(path)
    run = json.loads(str(stored["config.json"]))
    architecture, category = run["architecture"], run["category"]
    backbone = run.get("backbone", USUAL)  # older files do not tell
    told = run.get("categories")  # by networks that are told the category
    network = build_random(find(ARCHITECTURES, architecture), backbone, told and len(told))
    run_dir = runs_dir / architecture / category
    places = {"packed_dir": Path(), "run_dir": run_dir, "init": path, "encoder": encoder}
    names = {"category": category, "architecture": architecture, "backbone": backbone}
    load_initial_weights(network, ColorizerConfig(**names, **places))
    for name in TEXTS:
        with atomic_write(run_dir / name) as side:
            side.write_text(str(stored[name]))
    save_checkpoint(network, run_dir / BEST_NAME)
    return run_dir / BEST_NAME


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "colorizers.unpack")
    parser.add_argument("folder", type=Path, help="what --compact wrote")
    add = parser.add_argument
    add("--runs-dir", type=Path, default=Path("runs/colorizers"), help="run folders go below it")
    add("--encoder", type=Path, help="the router's run folder, for shared_encoder")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    paths = sorted(args.folder.glob(f"*{SUFFIX}"))
    if not paths:
        raise CheckpointError("no compact weights", args.folder, "write some: --compact FOLDER")
    for path in paths:
        cli.print_lines([unpack(path, args.runs_dir, args.encoder)])
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
