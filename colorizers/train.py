"""Train the network that colours one category: python -m colorizers.train beach

With --all each packed category in turn, or with --ray as many at a time as a Ray cluster takes;
with the word `universal` one network on all photos, those without a category too. A killed run goes
on where it was when the same command is given again (section IV-A).
"""

import argparse
import logging
from collections.abc import Iterable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from basics import cli
from basics.errors import ProjectError
from basics.settings import add_config, fill
from colorizers.config import UNIVERSAL, ColorizerConfig
from colorizers.tasks import find_task, require_task
from preprocessing.categories import require_category

if TYPE_CHECKING:
    from basics.cluster import Share

log = logging.getLogger(__name__)

DEFAULTS = ColorizerConfig(
    category=UNIVERSAL, packed_dir=Path("data/packed"), run_dir=Path("runs/colorizers")
)


def train(config: ColorizerConfig) -> Path:
    """Train, or go on training, one colorizer.

    Returns:
        The path of its last checkpoint.

    Raises:
        CheckpointError: the run folder holds another run, or a checkpoint does not fit.
        ConfigError: unknown category or architecture, or a loss that is not for it.
        DataError: there are no packed photos.
    """
    from colorizers.initial_weights import build_parts, encoder_sha256
    from colorizers.models import ARCHITECTURES
    from colorizers.taught_ab import load_taught, recipe_sha256
    from colorizers.told import is_told, require_for_all
    from preprocessing.packing import count_first_source, packed_categories, training_folders
    from training.batches import load_splits
    from training.job import Job, Step
    from training.job import train as train_job
    from training.phase import Phase
    from training.registry import find

    spec = find(ARCHITECTURES, config.architecture)
    require_task(spec, config.loss)
    require_for_all(spec, config.category, UNIVERSAL)
    categories = packed_categories(config.packed_dir)
    is_universal = config.category == UNIVERSAL
    if not is_universal:
        known = [*categories, UNIVERSAL]
        categories = [require_category(config.category, known, where="CATEGORY")]
    phase = Phase(
        last=config.epochs,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        decay=config.decay,
        minutes=config.minutes,
        validate_every=config.validate_every,
        keep_best=config.keep_best,
        average=config.average,
        warmup_steps=config.warmup_steps,
        clipnorm=config.clipnorm,
        encoder_rate=config.encoder_rate,
    )
    with_any = is_universal and not config.categories_only
    train_photos, val_photos = load_splits(config.packed_dir, categories, with_any=with_any)
    if config.most_photos:
        train_photos = train_photos.some(config.most_photos)
    if config.first_source > 1:
        names = training_folders(categories, with_any=len(train_photos.arrays) > len(categories))
        counts = count_first_source(config.packed_dir, names)
        train_photos = train_photos.repeat_first(counts, config.first_source)
    if config.taught is not None:
        train_photos = load_taught(config.taught, categories, train_photos)
    job = Job(
        config=config,
        photos=(train_photos, val_photos),
        build=partial(build_parts, spec, config, categories),
        task=partial(find_task, config),
        steps=(Step(phase=phase),),
        # the hash of an encoder that learns would be that of the moment
        facts=lambda network: {
            **({} if config.train_encoder else {"encoder_sha256": encoder_sha256(network)}),
            **({"taught_sha256": recipe_sha256(config.taught)} if config.taught else {}),
            **({"categories": categories} if is_told(spec) else {}),
        },
    )
    return train_job(job)


def train_one(config: ColorizerConfig, compact: Path | None) -> Path:
    """Train as `train` does, alone in the process's memory; write compact weights, if wanted."""
    import keras

    from training.compact import SUFFIX, write_compact

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

    by_name = import_module("colorizers.train").train_one  # as a command, we are `__main__`
    return map_on_cluster(by_name, {one.category: (one, compact) for one in configs}, share)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "colorizers.train")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("category", nargs="?", help="a packed category, or `universal`")
    which.add_argument("--all", action="store_true", help="train each packed category in turn")
    which.add_argument("--categories", type=_names, metavar="A,B,C", help="only these, in turn")
    _add_cluster_options(parser)
    add_config(parser, DEFAULTS)
    add = parser.add_argument
    add("--runs-dir", type=Path, default=DEFAULTS.run_dir, help="run folders go below it")
    add("--compact", type=Path, metavar="DIR", help="write the chosen weights there as float16 too")
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
    runs_dir = args.runs_dir / args.architecture
    configs = [fill(DEFAULTS, args, category=name, run_dir=runs_dir / name) for name in wanted]
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
