"""Measure the bundle on the test split: python -m evaluation.evaluate

Writes, below results/: evaluation.csv (PSNR, SSIM and colorfulness per method and category, with
bootstrap intervals), router.csv, confusion.csv, reliability.csv, and figures of them. Baselines
stand beside every result: PSNR rewards dull colours, and the category's mean tint alone is worth
half a decibel.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from basics import cli
from basics.files import write_all
from basics.statistics import bootstrap_interval
from pipeline.engine.bundle import PRETRAINED_DIR, Bundle

if TYPE_CHECKING:
    import pandas as pd


log = logging.getLogger(__name__)


def summarize(scores: "pd.DataFrame") -> "pd.DataFrame":
    """Means over photos per method and category, and over all, with 95 % bootstrap intervals."""
    import pandas as pd

    from evaluation.harness import METHODS, TRUTH
    from evaluation.metrics import MEASURES

    rows = []
    for method in [one for one in (*METHODS, TRUTH) if one in scores["method"].array]:
        of_method = scores[scores["method"] == method]
        for category in ("all", *sorted(of_method["category"].unique())):
            chosen = (
                of_method if category == "all" else of_method[of_method["category"] == category]
            )
            row = {"method": method, "category": category, "n": len(chosen)}
            for measure in MEASURES:
                values = chosen[measure].to_numpy()
                row[measure] = values.mean()
                if measure == "psnr_db":
                    row["psnr_db_low"], row["psnr_db_high"] = bootstrap_interval(values)
            rows.append(row)
    return pd.DataFrame(rows).round(4)


def router_table(confidences: "pd.DataFrame", categories: Sequence[str]) -> "pd.DataFrame":
    """Top-1 and top-3 hits of the router per category and over all."""
    import pandas as pd

    from classifier.metrics import top_k_hits

    values = confidences[list(categories)].to_numpy()
    labels = np.array([categories.index(one) for one in confidences["category"]])
    hits = {k: top_k_hits(values, labels, k) for k in (1, 3)}
    rows = []
    for name in ("all", *categories):
        chosen = np.full(len(labels), True) if name == "all" else confidences["category"] == name
        n = int(chosen.sum())
        top = {f"top_{k}": hits[k][chosen].mean() if n else np.nan for k in (1, 3)}
        rows.append({"category": name, "n": n, **top})
    return pd.DataFrame(rows).round(4)


def write_results(
    results_dir: Path,
    scores: "pd.DataFrame",
    confidences: "pd.DataFrame",
    bundle: Bundle,
    stem: str,
) -> list[Path]:
    """Write tables and figures; returns their paths."""
    import pandas as pd

    from classifier.metrics import confusion_matrix
    from evaluation import figures
    from evaluation.reliability import reliability_table

    table, categories = summarize(scores), bundle.categories
    values = confidences[list(categories)].to_numpy()
    labels = np.array([categories.index(one) for one in confidences["category"]])
    matrix = confusion_matrix(values.argmax(axis=1), labels, len(categories))
    confusion = pd.DataFrame(matrix, columns=list(categories))
    confusion.insert(0, "category", list(categories))
    reliable = reliability_table(values, labels, bundle.temperature)
    tables = {
        f"{stem}.csv": table,
        "router.csv": router_table(confidences, categories),
        "confusion.csv": confusion,
        "reliability.csv": reliable,
    }
    shown = ("gray", "mean tint of the category", "universal", "routed")
    per_category = table[table["category"] != "all"]
    lines = {
        method: (rows["psnr_db"].to_numpy(), rows[["psnr_db_low", "psnr_db_high"]].to_numpy())
        for method, rows in per_category.groupby("method", sort=False)
        if method in shown
    }
    drawn = {
        f"{stem}.png": figures.category_scores(sorted(categories), lines, "PSNR in dB"),
        "confusion.png": figures.confusion_figure(categories, matrix),
        "reliability.png": figures.reliability_figure(reliable),
    }
    return write_all(results_dir, {**tables, **drawn})


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "evaluation.evaluate")
    add = parser.add_argument
    add("--packed-dir", type=Path, default=Path("data/packed"), help="packed photos")
    add("--models", type=Path, default=PRETRAINED_DIR, metavar="DIR", help="bundle of models")
    add("--colorizer", help="architecture to measure [the bundle's default]")
    add("--results-dir", type=Path, default=Path("results"), help="where tables and figures go")
    add("--limit", type=cli.positive(int), help="photos per category [all]")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    from evaluation.harness import score_photos
    from pipeline.colorizer import Colorizer

    colorizer = Colorizer(args.models, colorizer=args.colorizer)
    scores, confidences = score_photos(colorizer, args.packed_dir, args.limit)
    bundle = colorizer.bundle
    is_default = colorizer.architecture == bundle.default
    stem = "evaluation" if is_default else f"evaluation_{colorizer.architecture}"
    paths = write_results(args.results_dir, scores, confidences, bundle, stem)
    table = summarize(scores)
    log.info("%s", table[table["category"] == "all"].to_string(index=False))
    log.info("%s", router_table(confidences, bundle.categories).head(1).to_string(index=False))
    cli.print_lines(paths)
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
