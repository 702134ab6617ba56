"""Train the shipped models, step by step: python -m release.recipe data/raw --weights WEIGHTS

Packs the photos, trains routers of gray photos, teachers that start from their encoders, a student
that learns from the teachers, the router's head on its encoder, then one decoder per category, and
exports the bundle: `release/recipe/steps.py` has the table, `schedule.py` beside it the numbers.
Each step goes on where it was if the command is given again.
"""

import argparse
import csv
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from basics import cli
from basics.files import atomic_write
from classifier.config import ClassifierConfig
from release.recipe.schedule import STUDENT, TEACHERS
from release.recipe.steps import Plan, Step, Teaching, iter_steps

log = logging.getLogger(__name__)

FIGURES = ("loss", "val_loss", "val_psnr_db", "val_top_1", "val_top_3")  # of the log


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where the recipe takes photos from, and where the bundle goes.

    Attributes:
        raw_dirs: each with a folder of photos per category, or shards; `any` is trained on, too.
        splits: assignments that are taken as given; see `preprocessing.packing.pack`.
        bundle_dir: replaced when all is done.
    """

    raw_dirs: tuple[Path, ...]
    splits: Path | None = None
    bundle_dir: Path = Path("pretrained")


def run_recipe(places: Places, plan: Plan) -> None:
    """Do every step that is not done yet."""
    from preprocessing.packing import pack, packed_categories
    from release.export import export

    pack(places.raw_dirs, plan.packed_dir, places.splits)
    for step in iter_steps(plan, packed_categories(plan.packed_dir)):
        do(step)
    export(plan.runs_dir, places.bundle_dir, plan.packed_dir)


def do(step: Step) -> Path:
    """Do one step, or go on with it.

    Returns:
        What it leaves: the last checkpoint of a training, taught.json.
    """
    import keras

    from classifier.train import train as train_classifier
    from colorizers.teach import teach
    from colorizers.train import train as train_colorizer

    keras.backend.clear_session()
    if isinstance(step, Teaching):
        return teach(step.teachers, step.packed_dir, step.taught_dir, step.lesson)
    log.info("%s", step.run_dir)
    if isinstance(step, ClassifierConfig):
        return train_classifier(step)
    return train_colorizer(step)


def write_log(runs_dir: Path, path: Path) -> None:
    """One CSV with the history of every run: run, epoch, seconds, losses, hits."""
    columns = ["run", "epoch", "seconds", *FIGURES]
    with atomic_write(path) as side, side.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        for history in sorted(runs_dir.glob("**/history.csv")):
            run = history.parent.relative_to(runs_dir).as_posix()
            with history.open(newline="") as lines:
                writer.writerows({"run": run, **row} for row in csv.DictReader(lines))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "release.recipe")
    add = parser.add_argument
    text = "folder with one folder of photos per category, or tar shards; several are joined"
    add("raw_dirs", type=Path, nargs="+", metavar="RAW_DIR", help=text)
    text = "of the encoders: imagenet, none, an .npz file, or a folder of <backbone>_imagenet.npz"
    add("--weights", default="imagenet", help=text)
    add("--splits", type=Path, metavar="FILE", help="splits to be taken as given")
    add("--architecture", default=STUDENT.architecture, help="of the networks that are shipped")
    add("--backbone", default=STUDENT.backbone, help="their encoder")
    add("--no-teachers", action="store_true", help="learn from the photos alone")
    add("--packed-dir", type=Path, default=Path("data/packed"), help="packed photos")
    add("--runs-dir", type=Path, default=Path("runs"), help="run folders")
    add("--bundle-dir", type=Path, default=Path("pretrained"), help="where the bundle goes")
    add("--log", type=Path, default=Path("results/train_quick.csv"), help="figures of all runs")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    plan = Plan(
        packed_dir=args.packed_dir,
        runs_dir=args.runs_dir,
        weights=args.weights,
        teachers=() if args.no_teachers else TEACHERS,
        student=replace(STUDENT, architecture=args.architecture, backbone=args.backbone),
    )
    raw_dirs = tuple(args.raw_dirs)
    run_recipe(Places(raw_dirs=raw_dirs, splits=args.splits, bundle_dir=args.bundle_dir), plan)
    write_log(args.runs_dir, args.log)
    cli.print_lines([args.bundle_dir / "bundle.json", args.log])
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
