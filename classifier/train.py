"""Train a classifier of gray photos: python -m classifier.train --backbone mobilenet_v2

First the head on the frozen backbone, then the backbone too, at a low rate (section IV-B). A killed
run goes on where it was when the same command is given again. With --encoder and --epochs 0 only a
new head is trained, on the encoder of another network.
"""

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from basics import cli
from basics.errors import ConfigError, Setting
from basics.settings import add_config, fill
from classifier.config import ClassifierConfig

if TYPE_CHECKING:
    from classifier.backbones.backbone import Backbone
    from training.job import Step

DEFAULTS = ClassifierConfig(packed_dir=Path("data/packed"), run_dir=Path("runs/classifier"))


def train(config: ClassifierConfig) -> Path:
    """Train, or go on training, one classifier.

    Returns:
        The path of its last checkpoint.

    Raises:
        CheckpointError: the run folder holds another run, or the weights do not fit.
        ConfigError: unknown backbone, or squares too small for it.
        DataError: there are no packed photos.
    """
    from classifier.backbones import BACKBONES
    from classifier.initial_weights import build_network
    from classifier.task import Categories
    from preprocessing.packing import packed_categories
    from training.batches import load_splits
    from training.job import Job
    from training.job import train as train_job
    from training.registry import find
    from training.task import NETWORK

    spec = find(BACKBONES, config.backbone, "backbone")
    _require_sides(spec, config)
    categories = list(config.categories or packed_categories(config.packed_dir))
    job = Job(
        config=config,
        photos=load_splits(config.packed_dir, categories),
        build=lambda: {NETWORK: build_network(spec, config, categories)},
        task=partial(Categories, config),
        steps=_steps(spec, config),
        facts=lambda network: {"categories": categories},
    )
    return train_job(job)


def _require_sides(spec: "Backbone", config: ClassifierConfig) -> None:
    """Check that the squares are large enough for a backbone."""
    for field, side in (("size", config.size), ("run_px", config.run_px)):
        if side < spec.smallest_px:
            what = f"{side} px, but {spec.name} takes {spec.smallest_px} px and more"
            raise ConfigError(what, Setting(field), "give more")


def _steps(spec: "Backbone", config: ClassifierConfig) -> "tuple[Step, Step]":
    """The head alone; then, with a new optimizer, what of the encoder is to learn, too."""
    from classifier.initial_weights import set_trainable
    from training.job import Step
    from training.phase import Phase

    head = Phase(
        last=config.head_epochs,
        learning_rate=config.head_learning_rate,
        decay="constant" if config.epochs else "cosine",
    )
    tuning = Phase(
        first=config.head_epochs,
        last=config.head_epochs + config.epochs,
        learning_rate=config.learning_rate,
        decay="cosine",
        minutes=config.minutes,
    )
    upper = spec.upper if config.trainable in ("", "upper") else None
    return (
        Step(phase=head, prepare=partial(set_trainable, from_layer="")),
        Step(phase=tuning, prepare=partial(set_trainable, from_layer=upper)),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "classifier.train")
    add_config(parser, DEFAULTS)
    parser.add_argument("--run-dir", type=Path, help="run folder [runs/classifier/<backbone>]")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    run_dir = args.run_dir or Path("runs/classifier") / args.backbone
    cli.print_lines([train(fill(DEFAULTS, args, run_dir=run_dir))])
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
