"""Train the network that colours one category: python -m colorizers.train beach

With --all each packed category in turn; with the word `universal` one network on all photos. A
killed run goes on where it was when the same command is given again (section IV-A).
"""

import argparse
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from colorizers.config import UNIVERSAL, ColorizerConfig
from preprocessing import cli
from preprocessing.categories import require_category
from preprocessing.errors import CheckpointError, ConfigError

if TYPE_CHECKING:
    import keras

log = logging.getLogger(__name__)

COLUMNS = ("loss", "val_loss")
DEFAULTS = ColorizerConfig(
    category=UNIVERSAL, packed_dir=Path("data/packed"), run_dir=Path("runs/colorizers")
)


def train(config: ColorizerConfig) -> Path:
    """Train, or go on training, one colorizer.

    Returns:
        The path of its last checkpoint.

    Raises:
        CheckpointError: the run folder holds another run, or a checkpoint does not fit.
        ConfigError: unknown category or architecture.
        DataError: there are no packed photos.
    """
    import keras

    from colorizers.models import ARCHITECTURES
    from preprocessing.packing import packed_categories
    from training.batches import load_photos
    from training.checkpoints import latest_checkpoint, load_checkpoint
    from training.registry import find
    from training.runs import open_run, time_is_up

    spec = find(ARCHITECTURES, config.architecture)
    categories = packed_categories(config.packed_dir)
    if config.category != UNIVERSAL:
        categories = [require_category(config.category, [*categories, UNIVERSAL], where="CATEGORY")]
    photos = tuple(load_photos(config.packed_dir, categories, split) for split in ("train", "val"))
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(config.policy)
    latest = latest_checkpoint(config.run_dir)
    if latest is None:
        network, finished = spec.build(), 0
        load_start(network, config)
    else:
        network, finished = load_checkpoint(latest[0]), latest[1]
        log.info("going on from %s", latest[0])
    facts = {"encoder_sha256": encoder_sha256(network), "photos": len(photos[0])}
    open_run(config, config.run_dir, **facts)
    had_its_time = finished > 0 and time_is_up(config.run_dir, config.minutes)
    if finished < config.epochs and not had_its_time:
        _fit(network, photos, config, finished)
    else:
        log.info("already trained")
    path, _ = latest_checkpoint(config.run_dir) or (config.run_dir, 0)
    return path


def load_start(network: "keras.Model", config: ColorizerConfig) -> None:
    """Give a new network the weights that it starts from: the router's encoder, another run's.

    Raises:
        CheckpointError: the weights do not fit, or a decoder meets an encoder that is not its own.
        ConfigError: `shared_encoder` without a trained encoder.
    """
    from training.checkpoints import weights_sha256

    if config.init is not None:
        wanted = f"the network {config.architecture!r}"
        _copy_weights(_load(config.init), network, config.init, wanted)
    if config.architecture != "shared_encoder":
        return
    if config.encoder is not None:
        encoder = _encoder(_load(config.encoder))
        if config.init is None:
            wanted = "a mobilenet_v2 classifier"
            _copy_weights(encoder, _encoder(network), config.encoder, wanted)
        elif encoder is None or weights_sha256(encoder) != encoder_sha256(network):
            raise CheckpointError(
                "the decoder was trained on another encoder",
                f"--init {config.init} --encoder {config.encoder}",
                "give the router on which it was trained, or leave --encoder out",
            )
    elif config.init is None:
        raise ConfigError(
            "shared_encoder needs the router's encoder",
            "--encoder",
            "run: python -m classifier.train, then give --encoder runs/classifier/mobilenet_v2",
        )


def encoder_sha256(network: "keras.Model") -> str | None:
    """The hash of the frozen encoder in a network; None if it has none."""
    from training.checkpoints import weights_sha256

    encoder = _encoder(network)
    return None if encoder is None else weights_sha256(encoder)


def _encoder(network: "keras.Model") -> "keras.Model | None":
    return next((layer for layer in network.layers if layer.name == "encoder"), None)


def _load(path: Path) -> "keras.Model":
    """The network of a checkpoint, or that which a run folder ships."""
    from training.checkpoints import chosen_checkpoint, load_checkpoint

    return load_checkpoint(chosen_checkpoint(path) if path.is_dir() else path)


def _copy_weights(
    source: "keras.Model | None", target: "keras.Model", path: Path, wanted: str
) -> None:
    """Give `target` the weights of `source`, which came from `path`."""
    if source is None or [w.shape for w in source.weights] != [w.shape for w in target.weights]:
        raise CheckpointError(
            f"not the weights of {wanted}", path, f"give a checkpoint or run folder of {wanted}"
        )
    target.set_weights(source.get_weights())


def _fit(network: "keras.Model", photos: tuple, config: ColorizerConfig, finished: int) -> None:
    """Train from `finished` epochs to the last."""
    import keras

    from colorizers.trainer import ColorizerTrainer
    from training.fit import Saving, Schedule, fit

    optimizer = getattr(network, "optimizer", None) or keras.optimizers.Adam(config.learning_rate)
    trainer = ColorizerTrainer(network, size=config.size, run_px=config.run_px)
    trainer.compile(optimizer)
    network.compile(optimizer, loss="mse")  # so that a checkpoint holds the optimizer's state
    schedule = Schedule(
        first_epoch=finished + 1,
        last_epoch=config.epochs,
        steps_per_epoch=config.steps_per_epoch,
        batch_size=config.batch_size,
        learning_rate=config.learning_rate,
        decay=config.decay,
        minutes=config.minutes,
        validate_every=config.validate_every,
    )
    saving = Saving(
        run_dir=config.run_dir,
        every=config.checkpoint_every,
        save_at=config.save_at,
        rolling_s=config.rolling_s,
        best_by="val_loss" if config.keep_best else None,
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
    parser = cli.parser(__doc__, "colorizers.train")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("category", nargs="?", help="a packed category, or `universal`")
    which.add_argument("--all", action="store_true", help="train each packed category in turn")
    add = parser.add_argument
    add("--architecture", default=DEFAULTS.architecture, help="encoder_decoder or shared_encoder")
    add("--packed-dir", type=Path, default=DEFAULTS.packed_dir, help="packed photos")
    add("--runs-dir", type=Path, default=DEFAULTS.run_dir, help="run folders go below it")
    whole, above, real = cli.positive(int, zero=True), cli.positive(int), cli.positive(float)
    add("--epochs", type=above, default=DEFAULTS.epochs, help="epochs in all")
    add("--steps-per-epoch", type=above, default=DEFAULTS.steps_per_epoch, help="batches")
    add("--batch-size", type=above, default=DEFAULTS.batch_size, help="photos per batch")
    add("--minutes", type=real, help="stop after so many minutes of training")
    add("--learning-rate", type=real, default=DEFAULTS.learning_rate, help="of Adam")
    add("--decay", default=DEFAULTS.decay, help="of the learning rate: constant or cosine")
    add("--size", type=above, default=DEFAULTS.size, help="side of the training squares in px")
    add("--smallest-px", type=real, default=DEFAULTS.smallest_px, help="smallest window, px of 256")
    add("--run-px", type=above, default=DEFAULTS.run_px, help="short side at which it is run, px")
    add("--policy", default=DEFAULTS.policy, help="float32 or mixed_bfloat16")
    add("--init", type=Path, help="checkpoint or run folder to start from")
    add("--encoder", type=Path, help="the router's run folder, for shared_encoder")
    add("--keep-best", action="store_true", help="keep the epoch best on validation as best.keras")
    add("--validate-every", type=above, default=DEFAULTS.validate_every, help="epochs")
    add("--save-at", type=whole, nargs="*", default=[], help="epochs to keep besides every 50th")
    add("--checkpoint-every", type=above, default=DEFAULTS.checkpoint_every, help="epochs")
    add("--seed", type=whole, default=DEFAULTS.seed, help="of everything random")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    import keras

    from preprocessing.packing import packed_categories

    settings = {**vars(args), "save_at": tuple(args.save_at)}
    del settings["all"]
    runs_dir = settings.pop("runs_dir") / args.architecture
    for category in packed_categories(args.packed_dir) if args.all else [args.category]:
        own = {**settings, "category": category, "run_dir": runs_dir / category}
        cli.print_lines([train(replace(DEFAULTS, **own))])
        keras.backend.clear_session()
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
