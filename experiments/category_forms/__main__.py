"""In which form should a network know the category? python -m experiments.category_forms RUN

RUN is the folder of a trained universal network. From it, its encoder frozen, each form is trained
with the same number of photos (`runs.py` has the table): a decoder for each category; one decoder
that is told the category by FiLM; a last stage for each category on a decoder that all share; the
universal network with a constant chrominance of each category. Beside them the universal network is
trained on, told nothing. They are told the true category, or what a router takes for it: its first
choice, its three best blended by confidence, or, where it costs nothing, all its confidences.

Writes, below results/: category_forms.csv (levels), category_forms_gains.csv (paired differences
with 95 % bootstrap intervals, means over photos and over categories; the validation split chooses,
the test split reports) and a figure. Killed, the same command goes on where it was; a form that was
trained and measured is not again.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from basics import cli
from basics.files import write_all
from basics.names import require_name
from colorizers.config import UNIVERSAL
from evaluation.category_matrix import load_test
from experiments.arms import add_options, names, train_arms
from experiments.category_forms.runs import FORMS, FormsConfig, plan, require_known
from pipeline.engine.bundle import PRETRAINED_DIR

log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "experiments.category_forms")
    add, above, real = parser.add_argument, cli.positive(int), cli.positive(float)
    add("universal", type=Path, metavar="RUN", help="run folder of a universal network")
    add("--forms", type=names, default=list(FORMS), metavar="A,B", help="which [all]")
    add("--photos", type=above, default=12_800, help="budget of each form and seed, photos")
    add("--seeds", type=above, default=3, help="how often each form is trained")
    add("--size", type=above, default=128, help="side of the squares, px")
    add("--smallest-px", type=real, default=150.0, help="smallest crop, px of 256")
    add("--router", type=Path, metavar="RUN", help="run folder of a classifier [the bundle's]")
    add("--models", type=Path, default=PRETRAINED_DIR, metavar="DIR", help="bundle of the router")
    add_options(parser, runs_dir="runs/category_forms", batch_size=16, policy="mixed_bfloat16")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    from preprocessing.packing import packed_categories
    from training.encoders.table import USUAL
    from training.runs import read_config

    for name in args.forms:
        require_name(name, list(FORMS), what="form", where="--forms")
    categories = packed_categories(args.packed_dir)
    for category in categories:
        load_test(args.packed_dir, category)  # what would fail after half an hour of training
    run = read_config(args.universal)
    config = FormsConfig(
        universal=args.universal,
        architecture=require_known(run["architecture"], args.universal),
        backbone=run.get("backbone", USUAL),
        packed_dir=args.packed_dir,
        runs_dir=args.runs_dir,
        photos=args.photos,
        size=args.size,
        batch_size=args.batch_size,
        smallest_px=args.smallest_px,
        policy=args.policy,
    )
    log.info("%d photos for each form and seed", config.budget(len(categories)))
    cli.print_lines(_compare(config, categories, args))
    return cli.DONE


def _compare(config: FormsConfig, categories: list[str], args: argparse.Namespace) -> list[Path]:
    """Train and measure, seed by seed; the results are written after each."""
    import pandas as pd

    from experiments.category_forms import photos as routed
    from experiments.category_forms import scores as scoring
    from experiments.category_forms.figure import forms_figure
    from experiments.category_forms.tables import choose, tables_of

    router = routed.run_router(args.router) if args.router else routed.bundle_router(args.models)
    photos = {
        split: routed.load_photos(config.packed_dir, categories, split, config.size, router)
        for split in (scoring.VAL, scoring.TEST)
    }
    found, paths, chosen = [scoring.score_gray(photos)], [], ""
    for seed in range(args.seeds):
        for form in (UNIVERSAL, *(one for one in FORMS if one in args.forms)):
            log.info("seed %d of %d: %s", seed + 1, args.seeds, form)
            train_arms(plan(config, form, categories, seed))
            found.append(scoring.score_form(config, form, seed, photos))
        table, gains = tables_of(pd.concat(found), config, categories)
        results = {"category_forms.csv": table, "category_forms_gains.csv": gains}
        figure, chosen = forms_figure(gains), choose(gains)
        paths = write_all(args.results_dir, {**results, "category_forms.png": figure})
    log.info("by validation photos, %r ships", chosen)
    return paths


if __name__ == "__main__":
    raise SystemExit(main())
