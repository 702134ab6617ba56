"""Train the network that colours one category: python -m colorizers.train beach

With --all each packed category in turn, or with --ray as many at a time as a Ray cluster takes;
with the word `universal` one network on all photos. A killed run goes on where it was when the same
command is given again (section IV-A).
"""

import argparse
import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from basics import cli
from basics.errors import ProjectError
from colorizers.config import UNIVERSAL, ColorizerConfig
from colorizers.initial_weights import encoder_sha256, load_start, unfreeze_encoder
from preprocessing.categories import require_category

if TYPE_CHECKING:
    import keras

    from basics.cluster import Share

log = logging.getLogger(__name__)

COLUMNS = ("loss", "val_loss", "val_psnr_db")
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
        if config.train_encoder:
            unfreeze_encoder(network, config.architecture)
    else:
        network, finished = load_checkpoint(latest[0]), latest[1]
        log.info("going on from %s", latest[0])
    facts = {} if config.train_encoder else {"encoder_sha256": encoder_sha256(network)}
    open_run(config, config.run_dir, photos=len(photos[0]), **facts)
    had_its_time = finished > 0 and time_is_up(config.run_dir, config.minutes)
    if finished < config.epochs and not had_its_time:
        _fit(network, photos, config, finished)
    else:
        log.info("already trained")
    path, _ = latest_checkpoint(config.run_dir) or (config.run_dir, 0)
    return path


def train_one(config: ColorizerConfig, compact: Path | None) -> Path:
    """Train as `train` does, alone in the process's memory; write compact weights, if wanted."""
    import keras

    from colorizers.compact import SUFFIX, write_compact

    path = train(config)
    if compact is not None:
        log.info("%s", write_compact(config.run_dir, compact / f"{config.category}{SUFFIX}"))
    keras.backend.clear_session()
    return path


def train_on_cluster(
    configs: Sequence[ColorizerConfig], compact: Path | None, share: "Share"
) -> Iterable[Path | ProjectError]:
    """Train each category on a worker of a cluster; see `basics.cluster.map_on_cluster`."""
    from basics.cluster import map_on_cluster
    from colorizers.train import train_one as by_name  # as a command, this module is `__main__`

    return map_on_cluster(by_name, {one.category: (one, compact) for one in configs}, share)


def _fit(network: "keras.Model", photos: tuple, config: ColorizerConfig, finished: int) -> None:
    """Train from `finished` epochs to the last."""
    import keras

    from colorizers.trainer import ColorizerTrainer
    from training.loop import Saving, Schedule, fit

    rate, decay = config.learning_rate, config.weight_decay
    fresh = keras.optimizers.AdamW(rate, decay) if decay else keras.optimizers.Adam(rate)
    optimizer = getattr(network, "optimizer", None) or fresh
    trainer = ColorizerTrainer(network, size=config.size, run_px=config.run_px, loss=config.loss)
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
        tone_spread=config.tone_spread,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "colorizers.train")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("category", nargs="?", help="a packed category, or `universal`")
    which.add_argument("--all", action="store_true", help="train each packed category in turn")
    which.add_argument("--categories", type=_names, metavar="A,B,C", help="only these, in turn")
    _add_cluster_options(parser)
    add = parser.add_argument
    add("--architecture", default=DEFAULTS.architecture, help="encoder_decoder or shared_encoder")
    add("--packed-dir", type=Path, default=DEFAULTS.packed_dir, help="packed photos")
    add("--runs-dir", type=Path, default=DEFAULTS.run_dir, help="run folders go below it")
    whole, above, real = cli.positive(int, zero=True), cli.positive(int), cli.positive(float)
    real_or_0 = cli.positive(float, zero=True)
    add("--epochs", type=above, default=DEFAULTS.epochs, help="epochs in all")
    add("--steps-per-epoch", type=above, default=DEFAULTS.steps_per_epoch, help="batches")
    add("--batch-size", type=above, default=DEFAULTS.batch_size, help="photos per batch")
    add("--minutes", type=real, help="stop after so many minutes of training")
    add("--learning-rate", type=real, default=DEFAULTS.learning_rate, help="of Adam")
    add("--weight-decay", type=real_or_0, default=DEFAULTS.weight_decay, help="of AdamW; 0: Adam")
    add("--loss", default=DEFAULTS.loss, help="mse, huber, chroma or psnr")
    add("--train-encoder", action="store_true", help="let the encoder of shared_encoder learn too")
    add("--tone-spread", type=real_or_0, default=0.0, help="variation of tone curves, such as 0.3")
    add("--decay", default=DEFAULTS.decay, help="of the learning rate: constant or cosine")
    add("--size", type=above, default=DEFAULTS.size, help="side of the training squares in px")
    add("--smallest-px", type=real, default=DEFAULTS.smallest_px, help="smallest window, px of 256")
    add("--run-px", type=above, default=DEFAULTS.run_px, help="short side at which it is run, px")
    add("--policy", default=DEFAULTS.policy, help="float32 or mixed_bfloat16")
    add("--init", type=Path, help="checkpoint, run folder or compact weights to start from")
    add("--encoder", type=Path, help="the router's run folder, for shared_encoder")
    add("--keep-best", action="store_true", help="keep the epoch best on validation as best.keras")
    add("--validate-every", type=above, default=DEFAULTS.validate_every, help="epochs")
    add("--save-at", type=whole, nargs="*", default=[], help="epochs to keep besides every 50th")
    add("--checkpoint-every", type=above, default=DEFAULTS.checkpoint_every, help="epochs")
    add("--compact", type=Path, metavar="DIR", help="write the chosen weights there as float16 too")
    add("--seed", type=whole, default=DEFAULTS.seed, help="of everything random")
    return cli.run(_job, parser.parse_args(argv))


def _names(text: str) -> list[str]:
    """An argparse type: names between commas, each once."""
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise argparse.ArgumentTypeError("no name in it")
    return names


def _add_cluster_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("on a Ray cluster")
    add = group.add_argument
    add("--ray", action="store_true", help="spread the categories over it, one task for each")
    add("--ray-address", metavar="ADDRESS", help="of a running one [RAY_ADDRESS, or a local one]")
    add("--cpus-per-task", type=cli.positive(float), default=1, help="cores of a category")
    share = cli.positive(float, zero=True)
    add("--gpus-per-task", type=share, help="0.5: two categories share one [1, if there are any]")


def _job(args: argparse.Namespace) -> int:
    from preprocessing.packing import packed_categories

    known = packed_categories(args.packed_dir)
    wanted = known if args.all else args.categories or [args.category]
    for name in wanted:  # before hours of training
        where = "--categories" if args.categories else "CATEGORY"
        require_category(name, [*known, UNIVERSAL], where=where)
    settings = {name: value for name, value in vars(args).items() if hasattr(DEFAULTS, name)}
    settings["save_at"] = tuple(args.save_at)
    runs_dir = args.runs_dir / args.architecture
    configs = [
        replace(DEFAULTS, **{**settings, "category": name, "run_dir": runs_dir / name})
        for name in wanted
    ]
    failed = False
    for outcome in _outcomes(configs, args):
        if isinstance(outcome, ProjectError):
            cli.print_error(outcome)
            failed = True
        else:
            cli.print_lines([outcome])
    return cli.FAILED if failed else cli.DONE


def _outcomes(
    configs: Sequence[ColorizerConfig], args: argparse.Namespace
) -> Iterable[Path | ProjectError]:
    """Train one after another, where the first error ends the job; or on a cluster."""
    if not args.ray:
        return (train_one(config, args.compact) for config in configs)
    from basics.cluster import Share

    share = Share(address=args.ray_address, cpus=args.cpus_per_task, gpus=args.gpus_per_task)
    return train_on_cluster(configs, args.compact, share)


if __name__ == "__main__":
    raise SystemExit(main())
