"""Every figure that the networks are judged by, in one table: python -m evaluation.report

Writes results/NAME.csv: measure, value, low and high of its 95 % interval (photos resampled), n.
The three baselines stand apart: gray, one tint for all photos, the true category's mean tint. The
judge's rows need a network that no colorizer here starts from: --features.
"""

import argparse
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from basics import cli
from basics.files import write_all
from pipeline.engine.bundle import PRETRAINED_DIR

if TYPE_CHECKING:
    import pandas as pd

    from evaluation.report.measure import Instruments

log = logging.getLogger(__name__)

JUDGES = ("lite0", "lite1", "lite2")
DIGITS = 4


def report(
    use: "Instruments", packed_dir: Path, split: str = "test", limit: int | None = None
) -> "pd.DataFrame":
    """Measure a bundle on a split.

    Args:
        use: the bundle's colorizer, and what else is compared.
        packed_dir: what `python -m preprocessing` wrote.
        split: "val" or "test".
        limit: photos per category; None for all.

    Returns:
        measure, value, low, high, n.

    Raises:
        DataError: there are no packed photos.
    """
    import pandas as pd

    from evaluation.harness import measure_photos, packed_photos
    from evaluation.report.measure import measure, modes_of
    from evaluation.report.rows import all_rows, table_of

    bundle = use.colorizer.bundle
    photos = packed_photos(packed_dir, bundle.categories, split, limit)
    found = measure_photos(
        use.colorizer, photos, lambda packed, photo: measure(use, packed, photo), "measuring"
    )
    table = table_of(found, bundle.categories, modes_of(use.colorizer))
    rows = all_rows(table, bundle.categories, bundle.temperature)
    return pd.DataFrame([asdict(row) for row in rows]).round(DIGITS)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "evaluation.report")
    add = parser.add_argument
    add("--packed-dir", type=Path, default=Path("data/packed"), help="packed photos")
    add("--models", type=Path, default=PRETRAINED_DIR, metavar="DIR", help="bundle of models")
    add("--split", choices=("val", "test"), default="test", help="photos to measure on")
    add("--limit", type=cli.positive(int), help="photos per category [all]")
    add("--features", type=Path, metavar="NPZ",
        help="ImageNet weights of the judge's network [no judge]")  # fmt: skip
    add("--judge", choices=JUDGES, default="lite2", help="EfficientNet that --features is of")
    add("--reference", type=Path, metavar="DIR",
        help="bundle with the router in float32, to compare with [none]")  # fmt: skip
    add("--name", default="report", help="of the table")
    add("--results-dir", type=Path, default=Path("results"), help="where the table goes")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    from evaluation.harness import mean_tints
    from evaluation.report.measure import Instruments
    from pipeline.colorizer import Colorizer

    colorizer = Colorizer(args.models, threads=1)  # two photos at a time
    features = None
    if args.features:
        from evaluation.report.features import PooledFeatures

        features = PooledFeatures(args.features, variant=args.judge)
    else:
        log.info("no judge and no Frechet distance: they need --features")
    reference = Colorizer(args.reference, threads=1) if args.reference else None
    if reference is None:
        log.info("the router is compared with no other: that needs --reference")
    use = Instruments(
        colorizer=colorizer,
        tints=mean_tints(args.packed_dir, colorizer.bundle.categories),
        features=features,
        reference=reference,
    )
    table = report(use, args.packed_dir, args.split, args.limit)
    log.info("%s", table.to_string(index=False))
    cli.print_lines(write_all(args.results_dir, {f"{args.name}.csv": table}))
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
