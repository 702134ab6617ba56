"""What to train for hours, found in minutes: python -m experiments.screening WEIGHTS_DIR

Trains one universal network per row of `ARMS`, each differing from `base` in one thing: encoder,
loss, decoder, or seed, which shows what chance does. All see the same photos in the same order,
with an encoder that learns from ImageNet weights: WEIGHTS_DIR holds mobilenet_v2_imagenet.npz and
so on. They are measured on the validation split. Writes screening.csv and screening.png.

An arm that was trained and measured is not again; so arms can be given in several calls.
"""

import argparse
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from basics import cli
from basics.files import atomic_write, write_table_and_figure
from basics.names import require_name
from colorizers.config import UNIVERSAL, ColorizerConfig
from experiments.arms import (
    STAGES,
    Arm,
    add_options,
    names,
    staged_config,
    steps_per_stage,
    train_arm,
)

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)

BASE: dict[str, Any] = {
    "architecture": "shared_encoder",
    "backbone": "mobilenet_v2",
    "loss": "psnr",
    "seed": 0,
}
ARMS: dict[str, dict[str, Any]] = {  # name: what differs from `BASE`
    "base": {},
    "lite0": {"backbone": "efficientnet_lite0"},
    "lite2": {"backbone": "efficientnet_lite2"},
    "huber": {"loss": "huber"},
    "perceptual": {"loss": "perceptual"},
    "classes": {"architecture": "class_encoder", "loss": "classes"},
    "classes_balanced": {"architecture": "class_encoder", "loss": "classes_balanced"},
    "global": {"architecture": "global_encoder"},
    "attention": {"architecture": "attention_encoder"},
    "wide": {"architecture": "wide_encoder"},
    "quarter": {"architecture": "quarter_encoder"},
    "second_seed": {"seed": 1},
}
SCHEDULE: dict[str, Any] = {  # of all; ours
    "learning_rate": 1e-3,
    "encoder_rate": 0.2,
    "warmup_steps": 100,
    "weight_decay": 1e-4,
    "clipnorm": 1.0,
    "average": 0.998,
}
MEASURED = "screening.csv"  # in a run folder: its rows of the table


@dataclass(frozen=True, kw_only=True)
class Screened(Arm):
    """A network, and how it is trained."""

    training: ColorizerConfig


def plan(args: argparse.Namespace) -> list[Screened]:
    """The arms that are asked for, alike in all but what `ARMS` says."""
    steps = steps_per_stage(args.photos, args.batch_size)
    arms = []
    for name in args.arms:
        settings = {**BASE, **ARMS[name]}
        lite0 = args.weights_dir / "efficientnet_lite0_imagenet.npz"
        training = staged_config(
            **{**SCHEDULE, **settings},
            perceptual_weights=lite0 if settings["loss"] == "perceptual" else None,
            category=UNIVERSAL,
            packed_dir=args.packed_dir,
            run_dir=args.runs_dir / name,
            encoder=args.weights_dir / f"{settings['backbone']}_imagenet.npz",
            train_encoder=True,
            steps_per_epoch=steps,
            batch_size=args.batch_size,
            side_px=args.size,
            smallest_px=args.smallest_px,
            policy=args.policy,
        )
        arms.append(Screened(name=name, training=training, photos=STAGES * steps * args.batch_size))
    return arms


def measure(arm: Screened, sizes: Sequence[int]) -> "pd.DataFrame":
    """A row for each size of an arm; those that its run folder has are taken from there."""
    import pandas as pd

    from experiments.measure import open_network, predict, shrink
    from experiments.screening_scores import summarize
    from preprocessing.packing import load_packed, packed_categories
    from training.checkpoints import chosen_checkpoint
    from training.runs import History

    config = arm.training
    path = config.run_dir / MEASURED
    rows = pd.read_csv(path).to_dict("records") if path.is_file() else []
    missing = [size for size in sizes if size not in {row["size"] for row in rows}]
    if missing:
        known = packed_categories(config.packed_dir)
        of_each = [load_packed(config.packed_dir, name, "val") for name in known]
        photos = np.concatenate(of_each)
        categories = np.repeat(known, [len(one) for one in of_each])
        chosen = chosen_checkpoint(config.run_dir)
        network = open_network(config.architecture, chosen, None, config.backbone)
        seconds = History(config.run_dir / "history.csv", ()).seconds
        facts = {key: asdict(config)[key] for key in BASE}
        for size in missing:
            rgb = shrink(photos, size)
            row = {
                "arm": arm.name,
                "size": size,
                **summarize(rgb, predict(network, rgb), categories),
            }
            row |= {"n": len(rgb), "photos": arm.photos, **facts}
            rows.append({**row, "n_params": network.count_params(), "train_seconds": seconds})
        with atomic_write(path) as side:
            pd.DataFrame(rows).round(4).to_csv(side, index=False)
    return pd.DataFrame(rows).round(4)


def collect(runs_dir: Path) -> "pd.DataFrame":
    """The rows of all arms that were measured, in the order of `ARMS`."""
    import pandas as pd

    paths = [runs_dir / name / MEASURED for name in ARMS]
    return pd.concat([pd.read_csv(one) for one in paths if one.is_file()], ignore_index=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "experiments.screening")
    add, above, real = parser.add_argument, cli.positive(int), cli.positive(float)
    add("weights_dir", type=Path, metavar="WEIGHTS_DIR", help="<encoder>_imagenet.npz of each")
    add("--arms", type=names, default=list(ARMS), metavar="A,B", help="which [all]")
    add("--photos", type=above, default=25_600, help="budget of each, photos")
    add("--size", type=above, default=128, help="side of the squares in training, px")
    add("--smallest-px", type=real, default=150.0, help="smallest crop, px of 256")
    add("--sizes", type=above, nargs="+", default=[128], help="at which it is measured, px")
    add_options(parser, runs_dir="runs/screening", batch_size=32, policy="mixed_bfloat16")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    from experiments.figures import screening_bars

    for name in args.arms:
        require_name(name, list(ARMS), what="arm", where="--arms")
    arms, paths = plan(args), []
    for number, arm in enumerate(arms, start=1):
        log.info("arm %d of %d: %s", number, len(arms), arm.name)
        train_arm(arm)
        log.info("%s", measure(arm, args.sizes).to_string(index=False))
        table = collect(args.runs_dir)
        paths = write_table_and_figure(args.results_dir, "screening", table, screening_bars(table))
    cli.print_lines(paths)
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
