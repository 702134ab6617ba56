"""Losses and decoders at one budget: python -m experiments.losses --encoder ROUTER_RUN

Trains one universal network per row of `VARIANTS`, each on the same photos in the same order from
random decoders on the same frozen encoder, and measures it on the validation split. A network that
is dull can be made vivid by a factor on its chrominance, at a price: so each is measured at several
such saturations, and what counts is which curve lies higher. Writes losses.csv and losses.png.
"""

import argparse
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from basics import cli
from basics.files import write_table_and_figure
from colorizers.config import UNIVERSAL, ColorizerConfig
from experiments.arms import (
    STAGES,
    Arm,
    add_options,
    measure_arms,
    staged_config,
    steps_per_stage,
)

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)

VARIANTS = {  # name: architecture, loss
    "mse": ("shared_encoder", "mse"),
    "huber": ("shared_encoder", "huber"),
    "chroma-weighted": ("shared_encoder", "chroma"),
    "psnr": ("shared_encoder", "psnr"),
    "global features, psnr": ("global_encoder", "psnr"),
    "classes, annealed mean": ("class_encoder", "classes"),
}
SATURATIONS = (0.6, 0.8, 1.0, 1.2, 1.4, 1.7, 2.0)


@dataclass(frozen=True, kw_only=True)
class Variant(Arm):
    """A loss and the network that is trained by it."""

    training: ColorizerConfig


def plan(args: argparse.Namespace) -> list[Variant]:
    """One arm per variant, alike in all but network and loss."""
    steps = steps_per_stage(args.photos, args.batch_size)
    arms = []
    for name, (architecture, loss) in VARIANTS.items():
        training = staged_config(
            category=UNIVERSAL,
            packed_dir=args.packed_dir,
            run_dir=args.runs_dir / name.replace(", ", "_").replace(" ", "_"),
            architecture=architecture,
            encoder=args.encoder,
            loss=loss,
            steps_per_epoch=steps,
            batch_size=args.batch_size,
            side_px=args.size,
            smallest_px=args.smallest_px,
            policy=args.policy,
            seed=args.seed,
        )
        arms.append(Variant(name=name, training=training, photos=STAGES * steps * args.batch_size))
    return arms


def measure(arm: Variant, photos: NDArray[np.uint8]) -> "pd.DataFrame":
    """Mean scores of a trained arm on (n, size, size, 3) photos, one row per saturation."""
    import pandas as pd

    from experiments.measure import open_network, predict, score_all, shrink
    from preprocessing.packing import load_packed, packed_categories
    from training.checkpoints import chosen_checkpoint

    config = arm.training
    settle = np.concatenate(
        [
            load_packed(config.packed_dir, category, "train")[:5]
            for category in packed_categories(config.packed_dir)
        ]
    )
    path = chosen_checkpoint(config.run_dir)
    network = open_network(config.architecture, path, shrink(settle, config.run_px))
    ab = predict(network, photos)
    facts = {"variant": arm.name, "photos": arm.photos, "size": config.size}
    facts |= {"smallest_px": config.smallest_px, "n": len(photos)}
    rows = []
    for saturation in SATURATIONS:
        scores = score_all(photos, np.clip(saturation * ab, -1, 1))
        means = {name: float(np.mean([one[name] for one in scores])) for name in scores[0]}
        del means["loss"]  # another one for each
        rows.append({**facts, "saturation": saturation, **means})
    return pd.DataFrame(rows)


def compare(args: argparse.Namespace) -> "pd.DataFrame":
    """Train what is not trained yet, and measure all; first two rows: gray and ground truth."""
    import pandas as pd

    from evaluation.metrics import colorfulness
    from experiments.measure import score_all, shrink
    from preprocessing.packing import load_packed, packed_categories

    categories = packed_categories(args.packed_dir)
    photos = np.concatenate([load_packed(args.packed_dir, one, "val") for one in categories])
    photos = shrink(photos[:: args.every], args.size)
    gray = pd.DataFrame(score_all(photos, np.zeros(2))).mean().drop("loss").to_dict()
    references = [
        {"variant": "gray", **gray},
        {"variant": "ground truth", "colorfulness": np.mean([colorfulness(p) for p in photos])},
    ]
    measured = measure_arms(plan(args), lambda arm: measure(arm, photos))
    return pd.concat([pd.DataFrame(references), measured], ignore_index=True).round(4)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "experiments.losses")
    add, above, real = parser.add_argument, cli.positive(int), cli.positive(float)
    add("--encoder", type=Path, required=True, help="the router's run folder or checkpoint")
    add("--photos", type=above, default=10_000, help="budget of each, photos")
    add("--size", type=above, default=128, help="side of the squares in training and when run, px")
    add("--smallest-px", type=real, default=160.0, help="smallest crop, px of 256")
    add("--every", type=above, default=3, help="measure on each so many-th validation photo")
    add("--seed", type=cli.positive(int, zero=True), default=0, help="of everything random")
    add_options(parser, runs_dir="runs/compare", batch_size=32, policy="mixed_bfloat16")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    from evaluation.figures import vividness

    table = compare(args)
    log.info("%s", table[table["saturation"] == 1].to_string(index=False))
    cli.print_lines(write_table_and_figure(args.results_dir, "losses", table, vividness(table)))
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
