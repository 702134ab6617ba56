"""Train a classifier of gray photos: python -m classifier.train --backbone mobilenet_v2

First the head on the frozen backbone, then the backbone too, at a low rate (section IV-B). A killed
run goes on where it was when the same command is given again. With --encoder and --epochs 0 only a
new head is trained, on the encoder of another network.
"""

import argparse
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from basics import cli
from basics.errors import CheckpointError, ConfigError
from classifier.config import ClassifierConfig

if TYPE_CHECKING:
    import keras

    from classifier.backbones import Backbone

log = logging.getLogger(__name__)

COLUMNS = ("loss", "top_1", "top_3", "val_loss", "val_top_1", "val_top_3")
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
    import keras

    from classifier.backbones import BACKBONES
    from preprocessing.packing import packed_categories
    from training.batches import load_photos
    from training.checkpoints import latest_checkpoint
    from training.registry import find
    from training.runs import open_run, time_is_up

    spec = find(BACKBONES, config.backbone)
    for option, side in (("--size", config.size), ("--run-px", config.run_px)):
        if side < spec.smallest_px:
            what = f"{side} px, but {spec.name} takes {spec.smallest_px} px and more"
            raise ConfigError(what, option, "give more")
    categories = list(config.categories or packed_categories(config.packed_dir))
    photos = tuple(load_photos(config.packed_dir, categories, split) for split in ("train", "val"))
    open_run(config, config.run_dir, categories=categories, photos=len(photos[0]))
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(config.policy)
    network, finished = _start_or_go_on(spec, config, categories)
    if finished < config.head_epochs:
        set_trainable(network, from_layer="")
        _fit(network, photos, config, finished, last=config.head_epochs)
        finished = config.head_epochs
    last = config.head_epochs + config.epochs
    had_its_time = finished > config.head_epochs and time_is_up(config.run_dir, config.minutes)
    if finished < last and not had_its_time:
        upper = spec.upper if config.trainable in ("", "upper") else None
        set_trainable(network, from_layer=upper)
        _fit(network, photos, config, finished, last=last)
    path, _ = latest_checkpoint(config.run_dir) or (config.run_dir, 0)
    return path


def _start_or_go_on(
    spec: "Backbone", config: ClassifierConfig, categories: Sequence[str]
) -> tuple["keras.Model", int]:
    """The run's network and how many epochs it has finished."""
    from classifier.head import build_classifier
    from training.checkpoints import latest_checkpoint, load_checkpoint

    latest = latest_checkpoint(config.run_dir)
    if latest is not None:
        path, finished = latest
        log.info("going on from %s", path)
        return load_checkpoint(path), finished
    network = build_classifier(spec.build(), len(categories))
    set_norm_momentum(network, config.norm_momentum)
    if config.encoder is not None:
        load_start(network, config.encoder, categories, config.known)
    elif config.weights != "none":
        spec.load_weights(network.get_layer("encoder"), config.weights)
    return network, 0


def load_start(
    network: "keras.Model", path: Path, categories: Sequence[str], known: Sequence[str] | None
) -> None:
    """Give a new classifier the encoder of another network and, of its head, the known categories.

    Raises:
        CheckpointError: `path` holds no network on that backbone, or no classifier of `known`.
    """
    from classifier.head import take_head
    from training.checkpoints import chosen_checkpoint, load_checkpoint

    fix = "give a checkpoint or run folder of a network with the same backbone"
    source = load_checkpoint(
        chosen_checkpoint(path) if path.is_dir() else path, with_optimizer=False
    )
    encoder = network.get_layer("encoder")
    given = next((layer for layer in source.layers if layer.name == "encoder"), None)
    if given is None or [w.shape for w in given.weights] != [w.shape for w in encoder.weights]:
        raise CheckpointError("not a network with such an encoder", path, fix)
    encoder.set_weights(given.get_weights())
    if known is None:
        return
    if source.output_shape[-1] != len(known):
        what = f"not a classifier of {len(known)} categories, but of {source.output_shape[-1]}"
        raise CheckpointError(what, path, "give --known the categories that it was trained on")
    take_head(network, source, categories, known)


def set_trainable(network: "keras.Model", from_layer: str | None) -> None:
    """Choose what of the encoder learns: all (None), nothing (""), or all from one layer on."""
    encoder = network.get_layer("encoder")
    inner = next((layer for layer in encoder.layers if hasattr(layer, "layers")), encoder)
    reached = from_layer is None
    encoder.trainable = inner.trainable = True
    for layer in inner.layers:
        reached = reached or layer.name == from_layer
        layer.trainable = reached


def set_norm_momentum(network: "keras.Model", momentum: float) -> None:
    """Set how slowly batch normalization averages, in every layer, however deep."""
    import keras

    for layer in network.layers:
        if isinstance(layer, keras.Model):
            set_norm_momentum(layer, momentum)
        elif isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = momentum


def _fit(
    network: "keras.Model",
    photos: tuple,
    config: ClassifierConfig,
    finished: int,
    last: int,
) -> None:
    """Run one phase, head or fine-tuning, from `finished` epochs to `last`."""
    import keras

    from classifier.trainer import ClassifierTrainer
    from training.loop import Saving, Schedule, fit

    in_head = last == config.head_epochs
    starts = 0 if in_head else config.head_epochs
    rate = config.head_learning_rate if in_head else config.learning_rate
    fresh = finished == starts or network.optimizer is None
    optimizer = keras.optimizers.Adam(rate) if fresh else network.optimizer
    trainer = ClassifierTrainer(network, config.size, config.run_px)
    trainer.compile(optimizer, **trainer.objective())
    network.compile(optimizer, loss="categorical_crossentropy")
    steps = config.steps_per_epoch or -(-len(photos[0]) // config.batch_size)
    schedule = Schedule(
        first_epoch=finished + 1,
        last_epoch=last,
        steps_per_epoch=steps,
        batch_size=config.batch_size,
        learning_rate=rate,
        decay="constant" if in_head and config.epochs else "cosine",
        decay_from=starts,
        minutes=None if in_head else config.minutes,
    )
    saving = Saving(
        run_dir=config.run_dir,
        every=config.checkpoint_every,
        save_at=config.save_at,
        rolling_s=config.rolling_s,
    )
    fit(
        trainer,
        network,
        photos,
        schedule,
        saving,
        seed=config.seed,
        smallest_px=config.smallest_px,
        columns=COLUMNS,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "classifier.train")
    add = parser.add_argument
    add("--backbone", default=DEFAULTS.backbone, help="vgg19, resnet50, inception_v3, mobilenet_v2")
    add("--weights", default=DEFAULTS.weights, help="imagenet (Keras' download), none, or a path")
    add("--encoder", type=Path, help="network whose encoder is taken: checkpoint or run folder")
    add("--known", nargs="+", metavar="NAME", help="its categories: what its head knows is taken")
    add("--packed-dir", type=Path, default=DEFAULTS.packed_dir, help="packed photos")
    add("--categories", nargs="+", metavar="NAME", help="to tell apart [every packed one]")
    add("--run-dir", type=Path, help="run folder [runs/classifier/<backbone>]")
    whole, above = cli.positive(int, zero=True), cli.positive(int)
    add("--head-epochs", type=whole, default=DEFAULTS.head_epochs, help="epochs of the head alone")
    add("--epochs", type=whole, default=DEFAULTS.epochs, help="epochs of fine-tuning")
    add("--steps-per-epoch", type=whole, default=0, help="batches; 0: the training split once")
    add("--batch-size", type=above, default=DEFAULTS.batch_size, help="photos per batch")
    rate = cli.positive(float)
    add("--learning-rate", type=rate, default=DEFAULTS.learning_rate, help="of fine-tuning")
    add("--trainable", default="", help="all or upper layers [as the backbone recommends]")
    add("--size", type=above, default=DEFAULTS.size, help="side of the training squares in px")
    add("--smallest-px", type=rate, default=DEFAULTS.smallest_px, help="smallest window, px of 256")
    add("--run-px", type=above, default=DEFAULTS.run_px, help="side at which it is validated, px")
    add("--policy", default=DEFAULTS.policy, help="float32 or mixed_bfloat16")
    add("--seed", type=whole, default=DEFAULTS.seed, help="of everything random")
    add("--minutes", type=cli.positive(float), help="stop fine-tuning after so many minutes")
    add("--save-at", type=int, nargs="*", default=[], help="epochs to keep besides every 50th")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    settings = dict(vars(args))
    for name in ("save_at", "known", "categories"):
        settings[name] = None if settings[name] is None else tuple(settings[name])
    settings["run_dir"] = args.run_dir or Path("runs/classifier") / args.backbone
    cli.print_lines([train(replace(DEFAULTS, **settings))])
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
