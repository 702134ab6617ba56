"""Losses and decoders at one budget: python -m experiments.losses --encoder ROUTER_RUN

Trains one universal network per row of `VARIANTS`, each on the same photos in the same order from
random decoders on the same frozen encoder, and measures it on the validation split. A network that
is dull can be made vivid by a factor on its chrominance, at a price: so each is measured at several
such saturations, and what counts is which curve lies higher. Writes compare.csv and compare.png.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from basics import cli
from basics.files import write_table_and_figure
from colorizers.config import UNIVERSAL, ColorizerConfig

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
STAGES = 8  # epochs of every run, whatever its length


def configs(args: argparse.Namespace) -> dict[str, ColorizerConfig]:
    """One run per variant, alike in all but network and loss."""
    steps = max(1, round(args.photos / (STAGES * args.batch_size)))
    return {
        name: ColorizerConfig(
            category=UNIVERSAL,
            packed_dir=args.packed_dir,
            run_dir=args.runs_dir / name.replace(", ", "_").replace(" ", "_"),
            architecture=architecture,
            encoder=args.encoder,
            loss=loss,
            epochs=STAGES,
            steps_per_epoch=steps,
            batch_size=args.batch_size,
            checkpoint_every=STAGES,
            validate_every=STAGES,
            decay="cosine",
            size=args.size,
            run_px=args.size,
            smallest_px=args.smallest_px,
            policy=args.policy,
            seed=args.seed,
        )
        for name, (architecture, loss) in VARIANTS.items()
    }


def measure(config: ColorizerConfig, photos: NDArray[np.uint8]) -> list[dict[str, float]]:
    """Mean scores of a finished run on (n, size, size, 3) photos, one row per saturation."""
    from experiments.measure import open_network, predict, score_all, shrink
    from preprocessing.packing import load_packed, packed_categories
    from training.checkpoints import chosen_checkpoint

    settle = np.concatenate(
        [
            load_packed(config.packed_dir, category, "train")[:5]
            for category in packed_categories(config.packed_dir)
        ]
    )
    network = open_network(
        config.architecture, chosen_checkpoint(config.run_dir), shrink(settle, config.run_px)
    )
    ab = predict(network, photos)
    rows = []
    for saturation in SATURATIONS:
        scores = score_all(photos, np.clip(saturation * ab, -1, 1))
        means = {name: float(np.mean([one[name] for one in scores])) for name in scores[0]}
        del means["loss"]  # another one for each
        rows.append({"saturation": saturation, **means})
    return rows


def compare(args: argparse.Namespace) -> "pd.DataFrame":
    """Train what is not trained yet, and measure all; first two rows: gray and ground truth."""
    import pandas as pd

    from colorizers.train import train
    from evaluation.metrics import colorfulness
    from experiments.measure import score_all, shrink
    from preprocessing.packing import load_packed, packed_categories

    categories = packed_categories(args.packed_dir)
    photos = np.concatenate([load_packed(args.packed_dir, one, "val") for one in categories])
    photos = shrink(photos[:: args.every], args.size)
    gray = pd.DataFrame(score_all(photos, np.zeros(2))).mean().drop("loss").to_dict()
    rows = [
        {"variant": "gray", **gray},
        {"variant": "ground truth", "colorfulness": np.mean([colorfulness(p) for p in photos])},
    ]
    for name, config in configs(args).items():
        train(config)
        facts = {"variant": name, "photos": STAGES * config.steps_per_epoch * config.batch_size}
        facts |= {"size": config.size, "smallest_px": config.smallest_px, "n": len(photos)}
        rows += [{**facts, **row} for row in measure(config, photos)]
    return pd.DataFrame(rows).round(4)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "experiments.losses")
    add, above, real = parser.add_argument, cli.positive(int), cli.positive(float)
    add("--encoder", type=Path, required=True, help="the router's run folder or checkpoint")
    add("--photos", type=above, default=10_000, help="budget of each, photos")
    add("--batch-size", type=above, default=32, help="photos per batch")
    add("--size", type=above, default=128, help="side of the squares in training and when run, px")
    add("--smallest-px", type=real, default=160.0, help="smallest window, px of 256")
    add("--every", type=above, default=3, help="measure on each so many-th validation photo")
    add("--policy", default="mixed_bfloat16", help="float32 or mixed_bfloat16")
    add("--seed", type=cli.positive(int, zero=True), default=0, help="of everything random")
    add("--packed-dir", type=Path, default=Path("data/packed"), help="packed photos")
    add("--runs-dir", type=Path, default=Path("runs/compare"), help="run folders")
    add("--results-dir", type=Path, default=Path("results"), help="where table and figure go")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    from evaluation.figures import vividness

    table = compare(args)
    log.info("%s", table[table["saturation"] == 1].to_string(index=False))
    cli.print_lines(write_table_and_figure(args.results_dir, "compare", table, vividness(table)))
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
