"""Which backbone classifies gray photos best at one budget: python -m experiments.backbones

Table I of the paper. Trains ResNet50, VGG19, InceptionV3 and MobileNetV2 from scratch for the same
steps on the same photos, on the six categories of the table and on every packed one; with --weights
also from ImageNet. Then it classifies the test split and writes, below results/, table_1.csv and
table_1.png. A killed command goes on where it was; given again after its end, it only measures.
"""

import argparse
import logging
import math
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from basics import cli
from basics.files import write_table_and_figure
from basics.statistics import wilson_interval
from experiments.arms import add_options, measure_arms
from experiments.candidates import (
    PAPER_CATEGORIES,
    SCRATCH,
    SIX,
    Budget,
    Candidate,
    Training,
    arms,
    plan,
)

if TYPE_CHECKING:
    import pandas as pd

    from classifier.config import ClassifierConfig

log = logging.getLogger(__name__)

BACKBONES = ("resnet50", "vgg19", "inception_v3", "mobilenet_v2")  # the paper's order, then ours
MEAN, ALL = "mean", "all"  # rows: over categories, each counting the same; over photos
PAPER_SOURCE = "section V, Table I: pretrained, 500 epochs"
PAPER = {  # top-3 error in the order of `PAPER_CATEGORIES`
    "resnet50": (0.371, 0.905, 0.302, 0.255, 0.390, 0.868),
    "vgg19": (0.319, 0.150, 0.396, 0.517, 0.967, 0.476),
    "inception_v3": (0.423, 0.650, 0.450, 0.534, 0.760, 0.766),
}
DEFAULTS = Budget()


def chance(n_categories: int, k: int) -> float:
    """The top-k error of guessing: 0.5 for six categories, 0.85 for twenty, where k is 3."""
    return 1 - min(k, n_categories) / n_categories


def paper_error(candidate: Candidate, category: str) -> float:
    """The paper's top-3 error, of one category or their mean; nan where it gives none."""
    errors = dict(zip(PAPER_CATEGORIES, PAPER.get(candidate.backbone, ()), strict=False))
    if candidate.set_name != SIX or not errors:
        return math.nan
    own = [errors[one] for one in candidate.categories]
    return sum(own) / len(own) if category == MEAN else errors.get(category, math.nan)


def classify_test(
    config: "ClassifierConfig", checkpoint: Path
) -> tuple[NDArray[np.float32], NDArray[np.int64], int]:
    """Classify the test photos by a trained network.

    Returns:
        (N, categories) confidences, (N,) true category indices, and the network's parameters.
    """
    from classifier.task import Categories
    from training.batches import ValidationBatches, load_photos
    from training.checkpoints import load_checkpoint
    from training.task import NETWORK, TaskTrainer

    photos = load_photos(config.packed_dir, config.categories or (), "test")
    network = load_checkpoint(checkpoint, with_optimizer=False)
    trainer = TaskTrainer(Categories(config, {NETWORK: network}))
    batches = ValidationBatches(photos, batch_size=config.batch_size)
    confidences = trainer.predict(batches, verbose=0)["confidences"]
    return confidences, photos.labels, network.count_params()


def error_rows(
    candidate: Candidate, confidences: NDArray[np.floating], labels: NDArray[np.integer]
) -> list[dict[str, Any]]:
    """Errors per category with a test photo, over all photos, and the mean over categories.

    Args:
        candidate: what was trained.
        confidences: (N, categories).
        labels: (N,) category indices.
    """
    from classifier.metrics import top_k_hits

    wrong = {k: ~top_k_hits(confidences, labels, k) for k in (3, 1)}
    rows = []
    chosen = {name: labels == i for i, name in enumerate(candidate.categories)}
    for name, rows_of in {**chosen, ALL: np.full(len(labels), True)}.items():
        if n := int(rows_of.sum()):
            interval = wilson_interval(int(wrong[3][rows_of].sum()), n)
            errors = {f"top_{k}_error": float(wrong[k][rows_of].mean()) for k in (3, 1)}
            bounds = {"low": interval.low, "high": interval.high}
            rows.append({"category": name, "n": n, **errors, **bounds})
    names = ("top_3_error", "top_1_error")
    means = {one: float(np.mean([row[one] for row in rows[:-1]])) for one in names}
    rows.append({"category": MEAN, "n": len(labels), **means})
    return [{**row, "paper_top_3_error": paper_error(candidate, row["category"])} for row in rows]


def measure(arm: Training) -> "pd.DataFrame":
    """The rows of one training, its budget beside them."""
    import pandas as pd

    from training.checkpoints import latest_checkpoint
    from training.runs import History

    candidate, config = arm.candidate, arm.training
    checkpoint, _ = latest_checkpoint(config.run_dir) or (config.run_dir, 0)
    confidences, labels, n_params = classify_test(config, checkpoint)
    table = pd.DataFrame(error_rows(candidate, confidences, labels))
    table.insert(0, "set", candidate.set_name)
    table.insert(1, "n_categories", len(candidate.categories))
    table.insert(2, "backbone", candidate.backbone)
    table.insert(3, "start", candidate.start)
    paper = table.pop("paper_top_3_error")
    budget = {
        "chance_top_3_error": chance(len(candidate.categories), 3),
        "paper_top_3_error": paper,
        "paper_source": np.where(paper.isna(), "", PAPER_SOURCE),
        "learns": what_learns(candidate, config),
        "parameters": n_params,
        "px": config.size,
        "steps": (config.head_epochs + config.epochs) * config.steps_per_epoch,
        "batch_size": config.batch_size,
        "learning_rate": config.learning_rate,
        "policy": config.policy,
        "seed": config.seed,
        "seconds": History(config.run_dir / "history.csv", ()).seconds,
    }
    return table.assign(**budget).round(6)


def what_learns(candidate: Candidate, config: "ClassifierConfig") -> str:
    """Which layers a training changed, in words."""
    from classifier.backbones import BACKBONES as SPECS

    if candidate.start == SCRATCH:
        return "all layers"
    upper = SPECS[candidate.backbone].upper
    first = f"head for {config.head_epochs * config.steps_per_epoch} steps"
    return f"{first}, then {'upper blocks' if upper else 'all layers'}"


def write_results(results_dir: Path, table: "pd.DataFrame") -> list[Path]:
    """Write the table and its figure; returns their paths."""
    from experiments.backbone_figures import table_1_figure

    return write_table_and_figure(results_dir, "table_1", table, table_1_figure(table))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "experiments.backbones")
    add = parser.add_argument
    shared = {"batch_size": DEFAULTS.batch_size, "policy": DEFAULTS.policy}
    add_options(parser, runs_dir="runs/table_1", **shared)
    add("--weights", default="none", help="also start from: imagenet (Keras' download), a path")
    names = ", ".join(BACKBONES)
    add("--backbones", nargs="+", default=BACKBONES, metavar="NAME", help=f"to compare [{names}]")
    whole, above, real = cli.positive(int, zero=True), cli.positive(int), cli.positive(float)
    add("--px", type=above, default=DEFAULTS.px, help="side of the squares in px")
    add("--epochs", type=above, default=DEFAULTS.epochs, help="of each training")
    add("--steps-per-epoch", type=above, default=DEFAULTS.steps_per_epoch, help="batches")
    add("--smallest-px", type=real, default=DEFAULTS.smallest_px, help="smallest crop, px of 256")
    add("--seed", type=whole, default=DEFAULTS.seed, help="of everything random")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    from preprocessing.packing import packed_categories

    budget = Budget(**{field.name: getattr(args, field.name) for field in fields(Budget)})
    candidates = plan(packed_categories(args.packed_dir), args.backbones, args.weights)
    table = measure_arms(arms(candidates, budget, args.packed_dir, args.runs_dir), measure)
    means = table[table["category"] == MEAN]
    shown = ["set", "backbone", "start", "top_3_error", "top_1_error", "chance_top_3_error"]
    log.info("%s", means[shown].to_string(index=False))
    cli.print_lines(write_results(args.results_dir, table))
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
