"""A network per category, or one for all? python -m experiments.universal_vs_category

The claim of the paper. Every arm gets the same budget of N photos (`runs.py` has the table): one
universal network; a network per category from scratch; the same fine-tuned from a universal one of
half the budget; and that universal one continued, so that it has the same road behind it. Measured
on the test split, at the size at which all of them run, in PSNR, SSIM and colorfulness; paired
differences with 95 % bootstrap intervals over photos. The router of the bundle then chooses among
the fine-tuned networks: what it loses against the true category is its cost.

Writes, below results/: universal_vs_category_ARCHITECTURE.csv (levels, with the photos that each
network was shown), universal_vs_category_ARCHITECTURE_gains.csv (paired differences) and a figure.
Killed, the same command goes on where it was; given again, it only measures.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from basics import cli
from basics.files import write_all
from evaluation.category_matrix import load_test
from experiments.arms import add_options, train_arms
from experiments.universal_vs_category.runs import ComparisonConfig, Network, plan
from pipeline.engine.bundle import PRETRAINED_DIR, ROUTER, Bundle
from pipeline.engine.bundle_file import read_bundle, read_verified

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)

PHOTOS = {"shared_encoder": 16_000, "encoder_decoder": 24_000}  # about 20 minutes on two cores
SIZES = {"shared_encoder": 128, "encoder_decoder": 64}  # px


def find_encoder(bundle: Bundle, architecture: str) -> Path | None:
    """The checkpoint of the bundle's router, whose encoder a network takes; None if it takes none.

    Raises:
        CheckpointError: the bundle ships none, or a damaged one.
    """
    from colorizers.models import ARCHITECTURES

    backbone = ARCHITECTURES[architecture].encoder
    if backbone is None:
        return None
    start = bundle.find_initial(backbone, ROUTER)
    read_verified(bundle.folder, start)
    return bundle.folder / start.file


def measure(
    config: ComparisonConfig, networks: Sequence[Network], categories: Sequence[str], bundle: Bundle
) -> tuple["pd.DataFrame", "pd.DataFrame"]:
    """Measure trained networks on the test split.

    Returns:
        The tables of `tables.levels`, with photos_per_network, photos_in_all, size and batch_size,
        and of `tables.gains`.

    Raises:
        CheckpointError: a network was not trained.
        DataError: a category has no test photos.
    """
    import pandas as pd

    from experiments.universal_vs_category import scores as scoring
    from experiments.universal_vs_category.tables import gains, levels
    from pipeline.colorizer import Colorizer

    photos = scoring.load_test_photos(config.packed_dir, categories, config.size, Colorizer(bundle))
    trained = scoring.score_networks(config, networks, photos)
    scores = pd.concat(
        [scoring.score_baselines(config.packed_dir, photos), scoring.by_method(trained, photos)]
    )
    return levels(scores).merge(budgets(config, networks, categories), how="left"), gains(scores)


def budgets(
    config: ComparisonConfig, networks: Sequence[Network], categories: Sequence[str]
) -> "pd.DataFrame":
    """What each method cost: method, photos_per_network, photos_in_all, size, batch_size.

    The universal half from which the fine-tuned networks start counts once.
    """
    import pandas as pd

    from experiments.universal_vs_category.runs import EACH, FINE_TUNED, SCRATCH
    from experiments.universal_vs_category.scores import ROUTED, UNSURE

    n, budget = len(categories), config.budget(len(categories))
    in_all = {EACH: n * budget}
    shown = {one.name: one.photos for one in networks}
    shown |= {ROUTED: shown[FINE_TUNED], UNSURE: shown[FINE_TUNED]}
    rows = [
        {
            "method": method,
            "networks": n if method in (SCRATCH, FINE_TUNED, ROUTED, UNSURE, EACH) else 1,
            "photos_per_network": photos,
            "photos_in_all": in_all.get(method, budget),
            "size": config.size,
            "batch_size": config.batch_size,
        }
        for method, photos in shown.items()
    ]
    return pd.DataFrame(rows)


def write_results(
    results_dir: Path, architecture: str, table: "pd.DataFrame", gains: "pd.DataFrame"
) -> list[Path]:
    """Write both tables and the figure; returns their paths."""
    from experiments.universal_vs_category.figure import comparison_figure

    stem = f"universal_vs_category_{architecture}"
    results = {f"{stem}.csv": table, f"{stem}_gains.csv": gains}
    return write_all(results_dir, {**results, f"{stem}.png": comparison_figure(table, gains)})


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "experiments.universal_vs_category")
    add, above = parser.add_argument, cli.positive(int)
    add("--architecture", choices=sorted(SIZES), default="shared_encoder", help="of the networks")
    add("--photos", type=above, metavar="N", help=f"budget of every arm [{_by_name(PHOTOS)}]")
    add("--size", type=above, help=f"side of the squares, px [{_by_name(SIZES)}]")
    add("--seeds", type=above, default=3, help="seeds of the networks of --seed-category")
    add("--seed-category", default="beach", help="the category trained with several seeds")
    add("--seed-universal", action="store_true", help="train the universal ones with them, too")
    add("--generous", action="store_true", help="N photos for each category: 20 N in all")
    add("--keep-best", action="store_true", help="keep the stage best on validation, in all arms")
    add("--models", type=Path, default=PRETRAINED_DIR, metavar="DIR", help="bundle of the router")
    add_options(parser, runs_dir="runs/claim", batch_size=25, policy="mixed_bfloat16")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    from preprocessing.packing import packed_categories

    bundle, categories = read_bundle(args.models), packed_categories(args.packed_dir)
    config = ComparisonConfig(
        packed_dir=args.packed_dir,
        runs_dir=args.runs_dir,
        architecture=args.architecture,
        encoder=find_encoder(bundle, args.architecture),
        photos=args.photos or PHOTOS[args.architecture],
        size=args.size or SIZES[args.architecture],
        batch_size=args.batch_size,
        policy=args.policy,
        seeds=args.seeds,
        seed_category=args.seed_category,
        seed_universal=args.seed_universal,
        generous=args.generous,
        keep_best=args.keep_best,
    )
    networks = plan(config, categories)
    for category in categories:
        load_test(args.packed_dir, category)  # what would fail after half an hour of training
    log.info("%d networks; %d photos for each arm", len(networks), config.budget(len(categories)))
    train_arms(networks)
    table, differences = measure(config, networks, categories, bundle)
    for frame in (table, differences):
        log.info("%s", frame[frame["category"] == "all"].to_string(index=False))
    cli.print_lines(write_results(args.results_dir, args.architecture, table, differences))
    return cli.DONE


def _by_name(defaults: dict[str, int]) -> str:
    return ", ".join(f"{value} for {name}" for name, value in defaults.items())


if __name__ == "__main__":
    raise SystemExit(main())
