"""How many colorizers should be blended: python -m evaluation.blends

Colours the validation photos by the k best categories' colorizers, k from 1 to 5, with and without
the universal one in the blend. Writes blends.csv and a figure of it below results/.
`release.export` takes its choice from here.
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
from pipeline.engine.bundle import PRETRAINED_DIR

if TYPE_CHECKING:
    import pandas as pd

    from evaluation.encoded import EncodedPhoto
    from pipeline.colorizer import Colorizer

log = logging.getLogger(__name__)

MOST = 5  # colorizers in a blend; the share of a sixth is negligible
THRESHOLDS = tuple(i / 20 for i in range(18))  # of confidence: 0 to 0.85
COLORFULNESS_KEPT = 0.97  # of the best category's alone; a blend that fades more is not taken


@dataclass(frozen=True, kw_only=True, order=True)
class Way:
    """One way to blend; in the order of how simple they are.

    Attributes:
        top: how many of the best categories; 0 is the universal colorizer alone.
        universal_rest: whether the universal colorizer takes the confidence that they leave.
    """

    top: int
    universal_rest: bool


UNIVERSAL_ALONE, BEST_ALONE = Way(top=0, universal_rest=True), Way(top=1, universal_rest=False)
WAYS = (UNIVERSAL_ALONE, *(Way(top=k, universal_rest=rest) for k in range(1, MOST + 1)
                           for rest in (False, True)))  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Validation photos coloured in every way.

    Attributes:
        labels: (N,) category indices.
        sure: (N,) the router's confidence in its best category.
        psnr_db, colorfulness, n_colorizers: (N, ways), the ways in the order of `WAYS`.
    """

    labels: NDArray[np.int64]
    confidence: NDArray[np.float64]
    psnr_db: NDArray[np.float64]
    colorfulness: NDArray[np.float64]
    n_colorizers: NDArray[np.float64]


def measure_ways(colorizer: "Colorizer", packed_dir: Path, limit: int | None = None) -> Measured:
    """Colour the validation photos in every way; at most `limit` of each category."""
    from evaluation.harness import measure_photos, packed_photos

    categories = colorizer.bundle.categories
    photos = packed_photos(packed_dir, categories, "val", limit)
    results = measure_photos(
        colorizer, photos, lambda _, photo: _measure_photo(colorizer, photo), "blending"
    )
    figures = np.array([figures for _, figures in results])
    return Measured(
        labels=np.array([categories.index(photo.category) for photo in photos]),
        confidence=np.array([confidence for confidence, _ in results]),
        psnr_db=figures[..., 0],
        colorfulness=figures[..., 1],
        n_colorizers=figures[..., 2],
    )


def category_mean(values: NDArray, labels: NDArray[np.int64]) -> tuple[float, float]:
    """Mean over categories of the mean over their photos, and its standard error.

    Each category counts the same, for nobody's album has the data set's proportions.
    """
    _, place, n = np.unique(labels, return_inverse=True, return_counts=True)
    means = np.bincount(place, values) / n
    spread = (values - means[place]) / (len(n) * n[place])
    return float(means.mean()), float(np.sqrt((spread**2).sum()))


def choose_way(measured: Measured) -> Way:
    """The simplest way that is as good as the best, among those that do not fade.

    As good: the best one leads by no more than one standard error of the difference between the
    two, photo by photo.

    Source: Breiman et al. 1984, "Classification and Regression Trees", 3.4.3 (the 1 SE rule).
    """
    colorful = [category_mean(one, measured.labels)[0] for one in measured.colorfulness.T]
    least = COLORFULNESS_KEPT * colorful[WAYS.index(BEST_ALONE)]
    vivid = [i for i, way in enumerate(WAYS) if way.top and colorful[i] >= least]
    psnr = measured.psnr_db
    best = max(vivid, key=lambda i: category_mean(psnr[:, i], measured.labels)[0])

    def as_good(i: int) -> bool:
        lead, error = category_mean(psnr[:, best] - psnr[:, i], measured.labels)
        return lead <= error

    return min(WAYS[i] for i in vivid if as_good(i))


def choose_threshold(measured: Measured, way: Way) -> float:
    """The confidence below which the universal colorizer does better alone; 0 if nowhere.

    A gain below one standard error is none: one mechanism less is better.
    """
    gains = measured.psnr_db[:, WAYS.index(UNIVERSAL_ALONE)] - measured.psnr_db[:, WAYS.index(way)]
    found = {
        t: category_mean((measured.confidence < t) * gains, measured.labels) for t in THRESHOLDS
    }
    best = max(THRESHOLDS, key=lambda t: (found[t][0], -t))
    gain, error = found[best]
    log.info("universal alone below %.2f gains %.3f dB (standard error %.3f)", best, gain, error)
    return best if gain > error else 0.0


def summarize(measured: Measured) -> "pd.DataFrame":
    """One row per way: means over categories, and the gain over the best category alone in dB."""
    import pandas as pd

    alone = measured.psnr_db[:, WAYS.index(BEST_ALONE)]
    chosen = choose_way(measured)
    rows = []
    for i, way in enumerate(WAYS):
        psnr = measured.psnr_db[:, i]
        gain, error = category_mean(psnr - alone, measured.labels)
        rows.append({
            "top": way.top,
            "universal_rest": way.universal_rest,
            "n": len(psnr),
            "psnr_db": category_mean(psnr, measured.labels)[0],
            "gain_db": gain,
            "standard_error_db": error,
            "colorfulness": category_mean(measured.colorfulness[:, i], measured.labels)[0],
            "n_colorizers": category_mean(measured.n_colorizers[:, i], measured.labels)[0],
            "is_chosen": way == chosen,
        })  # fmt: skip
    return pd.DataFrame(rows).round(4)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "evaluation.blends")
    add = parser.add_argument
    add("--packed-dir", type=Path, default=Path("data/packed"), help="packed photos")
    add("--models", type=Path, default=PRETRAINED_DIR, metavar="DIR", help="bundle of models")
    add("--colorizer", help="architecture to measure [the bundle's default]")
    add("--results-dir", type=Path, default=Path("results"), help="where table and figure go")
    add("--limit", type=cli.positive(int), help="photos per category [all]")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    from evaluation.figures import blends_figure
    from pipeline.colorizer import Colorizer

    colorizer = Colorizer(args.models, colorizer=args.colorizer)
    measured = measure_ways(colorizer, args.packed_dir, args.limit)
    table, way = summarize(measured), choose_way(measured)
    figure = blends_figure(table)
    log.info("%s", table.to_string(index=False))
    log.info("%s, universal alone below %.2f", way, choose_threshold(measured, way))
    cli.print_lines(write_table_and_figure(args.results_dir, "blends", table, figure))
    return cli.DONE


def _measure_photo(
    colorizer: "Colorizer", photo: "EncodedPhoto"
) -> tuple[float, list[tuple[float, float, int]]]:
    """The router's confidence; per way PSNR in dB, colorfulness, number of colorizers."""
    from evaluation.encoded import join_blend, predicted_ab
    from evaluation.metrics import colorfulness, psnr_db
    from pipeline.engine.routing import fractions

    predictions, known = {}, {}  # sure photos are coloured alike in many ways
    rows = []
    for way in WAYS:
        names = fractions(photo.ranking, way.top, universal_rest=way.universal_rest)
        chosen = colorizer.engine.blend_of(names, colorizer.defaults)
        for file, _ in chosen:
            if file.file not in predictions:
                predictions[file.file] = predicted_ab(colorizer, photo, file)
        key = tuple((file.file, weight) for file, weight in chosen)
        if key not in known:
            predicted = join_blend(
                colorizer, photo, [(predictions[name], one) for name, one in key]
            )
            known[key] = psnr_db(predicted, photo.rgb), colorfulness(predicted), len(key)
        rows.append(known[key])
    return photo.ranking[0][1], rows


if __name__ == "__main__":
    raise SystemExit(main())
