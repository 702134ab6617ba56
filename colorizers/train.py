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
    from colorizers.trainer import ColorizerTrainer
    from preprocessing.packing import packed_categories
    from training.batches import load_photos
    from training.checkpoints import latest_checkpoint, load_checkpoint
    from training.fit import Saving, Schedule, fit
    from training.registry import find
    from training.runs import History, open_run

    spec = find(ARCHITECTURES, config.architecture)
    categories = packed_categories(config.packed_dir)
    if config.category != UNIVERSAL:
        categories = [require_category(config.category, [*categories, UNIVERSAL], where="CATEGORY")]
    photos = (
        load_photos(config.packed_dir, categories, "train"),
        load_photos(config.packed_dir, categories, "val"),
    )
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(config.policy)
    latest = latest_checkpoint(config.run_dir)
    if latest is None:
        network, finished = spec.build(), 0
        load_start(network, config)
    else:
        network, finished = load_checkpoint(latest[0]), latest[1]
        log.info("going on from %s", latest[0])
    open_run(config, config.run_dir, encoder_sha256=encoder_sha256(network))
    seconds = History(config.run_dir / "history.csv", COLUMNS).seconds
    out_of_time = config.minutes is not None and seconds >= 60 * config.minutes
    if latest is not None and (finished >= config.epochs or out_of_time):
        log.info("already trained: %s", latest[0])
        return latest[0]
    optimizer = getattr(network, "optimizer", None) or keras.optimizers.Adam(config.learning_rate)
    trainer = ColorizerTrainer(network, size=config.size, run_px=config.run_px)
    trainer.compile(optimizer)
    network.compile(optimizer, loss="mse")  # so that a checkpoint holds the optimizer's state
    fit(
        trainer,
        network,
        photos,
        Schedule(
            first_epoch=finished + 1,
            last_epoch=config.epochs,
            steps_per_epoch=config.steps_per_epoch,
            batch_size=config.batch_size,
            learning_rate=config.learning_rate,
            decay=config.decay,
            minutes=config.minutes,
            validate_every=config.validate_every,
        ),
        Saving(
            run_dir=config.run_dir,
            every=config.checkpoint_every,
            save_at=config.save_at,
            rolling_s=config.rolling_s,
            best_by="val_loss" if config.keep_best else None,
        ),
        seed=config.seed,
        smallest_px=config.smallest_px,
        columns=COLUMNS,
    )
    path, _ = latest_checkpoint(config.run_dir) or (config.run_dir, 0)
    return path


def load_start(network: "keras.Model", config: ColorizerConfig) -> None:
    """Give a new network the weights that it starts from: the router's encoder, another run's.

    Raises:
        CheckpointError: the weights do not fit, or a decoder meets an encoder that is not its own.
        ConfigError: `shared_encoder` without a trained encoder.
    """
    from training.checkpoints import chosen_checkpoint, load_checkpoint, weights_sha256

    def load(path: Path) -> "keras.Model":
        return load_checkpoint(chosen_checkpoint(path) if path.is_dir() else path)

    if config.init is not None:
        start = load(config.init)
        if [w.shape for w in start.weights] != [w.shape for w in network.weights]:
            raise CheckpointError(
                f"not a checkpoint of {config.architecture!r}",
                config.init,
                f"give --init a run of {config.architecture!r}",
            )
        network.set_weights(start.get_weights())
    if config.architecture != "shared_encoder":
        return
    if config.encoder is not None:
        encoder = load(config.encoder).get_layer("encoder")
        if config.init is None:
            network.get_layer("encoder").set_weights(encoder.get_weights())
        elif weights_sha256(encoder) != encoder_sha256(network):
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

    names = {layer.name for layer in network.layers}
    return weights_sha256(network.get_layer("encoder")) if "encoder" in names else None


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "colorizers.train")
    add = parser.add_argument
    add("category", nargs="?", help="a packed category, or `universal`")
    add("--all", action="store_true", help="train each packed category in turn")
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
    add("--seed", type=int, default=DEFAULTS.seed, help="of everything random")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    import keras

    from preprocessing.packing import packed_categories

    if args.all == (args.category is not None):
        raise ConfigError("one category or --all", "the command line", "give exactly one of them")
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
