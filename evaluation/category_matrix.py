"""Every category's colorizer on every category's test photos: python -m evaluation.category_matrix

Fig. 9 of the paper as numbers. Writes, below results/: category_matrix.csv (one row per colorizer
and category of photos), two heat maps of it, and category_matrix_own.csv: on the photos of which
categories their own colorizer beats all others. Photos of one category are harder than those of
another, so the map shows what a colorizer gains over the universal network on the same photos.
"""

import argparse
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from basics import cli
from basics.errors import ConfigError, DataError
from basics.files import write_all
from pipeline.engine.bundle import PRETRAINED_DIR, UNIVERSAL, ModelEntry

if TYPE_CHECKING:
    import pandas as pd

    from evaluation.encoded import EncodedPhoto
    from pipeline.colorizer import Colorizer

log = logging.getLogger(__name__)


def own_networks(colorizer: "Colorizer") -> dict[str, ModelEntry]:
    """The categories that have a network of their own in the architecture, with that network.

    Raises:
        ConfigError: there are fewer than two, so nothing crosses.
    """
    bundle, architecture = colorizer.bundle, colorizer.architecture
    table, known = bundle.colorizers[architecture], bundle.known_categories(architecture)
    networks = {category: table[category] for category in known if category in table}
    left_out = [category for category in known if category not in table]
    if left_out:
        log.info("left out, for the universal network colours them: %s", ", ".join(left_out))
    if len(networks) < 2:
        raise ConfigError(
            f"the networks of two categories or more are compared, {architecture} has "
            f"{len(networks)}",
            bundle.folder / "bundle.json",
            "choose another architecture by --colorizer, or another bundle by --models",
        )
    return networks


def matrix_scores(
    colorizer: "Colorizer",
    networks: Mapping[str, ModelEntry],
    packed_dir: Path,
    limit: int | None = None,
) -> "pd.DataFrame":
    """Colour the test photos of each category by the network of each.

    Args:
        colorizer: holds the router and the universal network.
        networks: category -> its colorizer; photos of these categories are coloured.
        packed_dir: what `python -m preprocessing` wrote.
        limit: photos per category; None for all.

    Returns:
        One row per photo and colorizer: photo, category, colorizer, psnr_db, gain_db (its PSNR less
        the universal network's on this photo), colorfulness.

    Raises:
        DataError: a category has no packed test photos.
    """
    import pandas as pd

    from evaluation.harness import PackedPhoto, measure_photos, packed_photos

    def measure(packed: PackedPhoto, photo: "EncodedPhoto") -> list[dict]:
        about = {"photo": packed.number, "category": packed.category}
        return [{**about, **row} for row in _color_by_each(colorizer, networks, photo)]

    for category in networks:
        load_test(packed_dir, category)  # refuses a category without photos
    photos = packed_photos(packed_dir, list(networks), "test", limit)
    found = measure_photos(colorizer, photos, measure, "category matrix")
    return pd.DataFrame([row for rows in found for row in rows])


def load_test(packed_dir: Path, category: str) -> NDArray[np.uint8]:
    """The test photos (n, 256, 256, 3) of a category, n at least 1.

    Raises:
        DataError: there are none.
    """
    from preprocessing.packing import load_packed

    photos = load_packed(packed_dir, category, "test")
    if not len(photos):
        raise DataError(
            f"no test photos of {category!r}",
            packed_dir / category / "test.npy",
            "add photos of it to RAW_DIR, then run: python -m preprocessing RAW_DIR PACKED_DIR",
        )
    return photos


def summarize(scores: "pd.DataFrame") -> "pd.DataFrame":
    """Means over photos per colorizer and category of photos, in the order of the bundle."""
    groups = scores.groupby(["colorizer", "category"], sort=False)
    means = groups[["psnr_db", "gain_db", "colorfulness"]].mean().round(4)
    means.insert(0, "n", groups.size())
    order = list(scores["category"].unique())
    return means.loc[[(row, column) for row in order for column in order]].reset_index()


def own_against_rivals(scores: "pd.DataFrame") -> "pd.DataFrame":
    """Whether each category's photos suit its own colorizer better than any other: the diagonal.

    Returns:
        category, n, rival (the best of the other colorizers on these photos), margin_db (own less
        rival, mean over photos) with its 95 % interval low, high (photos resampled in pairs), and
        verdict: "wins", "loses", or "undecided" where the interval holds 0. The rival is chosen on
        the same photos, one among many, so the margin errs against the own colorizer.
    """
    import pandas as pd

    from basics.statistics import bootstrap_interval

    rows = []
    for category, of_category in scores.groupby("category", sort=False):
        gains = of_category.pivot(index="photo", columns="colorizer", values="gain_db")
        rival = gains.drop(columns=category).mean().idxmax()
        margins = (gains[category] - gains[rival]).to_numpy()
        low, high = bootstrap_interval(margins)
        verdict = "wins" if low > 0 else "loses" if high < 0 else "undecided"
        rows.append((category, len(margins), rival, margins.mean(), low, high, verdict))
    columns = ["category", "n", "rival", "margin_db", "low", "high", "verdict"]
    return pd.DataFrame(rows, columns=columns).round(3)


def write_results(
    results_dir: Path, table: "pd.DataFrame", own: "pd.DataFrame", stem: str
) -> list[Path]:
    """Write both tables and the two heat maps; returns their paths."""
    from evaluation.figures import category_matrix_figure

    order = list(table["category"].unique())

    def square(measure: str) -> NDArray[np.float64]:
        matrix = table.pivot(index="colorizer", columns="category", values=measure)
        return matrix.loc[order, order].to_numpy()

    gain, colorfulness = square("gain_db"), square("colorfulness")
    drawn = {
        f"{stem}.png": category_matrix_figure(
            order, gain, "PSNR gain over the universal network in dB", is_gain=True
        ),
        f"{stem}_colorfulness.png": category_matrix_figure(
            order, colorfulness, "colorfulness (no unit)"
        ),
    }
    tables = {f"{stem}.csv": table, f"{stem}_own.csv": own}
    return write_all(results_dir, {**tables, **drawn})


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "evaluation.category_matrix")
    add = parser.add_argument
    add("--packed-dir", type=Path, default=Path("data/packed"), help="packed photos")
    add("--models", type=Path, default=PRETRAINED_DIR, metavar="DIR", help="bundle of models")
    add("--colorizer", help="architecture to measure [the bundle's default]")
    add("--results-dir", type=Path, default=Path("results"), help="where table and figures go")
    add("--limit", type=cli.positive(int), help="photos per category [all]")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    from pipeline.colorizer import Colorizer

    colorizer = Colorizer(args.models, colorizer=args.colorizer)
    scores = matrix_scores(colorizer, own_networks(colorizer), args.packed_dir, args.limit)
    table, own = summarize(scores), own_against_rivals(scores)
    is_default = colorizer.architecture == colorizer.bundle.default
    stem = "category_matrix" if is_default else f"category_matrix_{colorizer.architecture}"
    paths = write_results(args.results_dir, table, own, stem)
    is_own = table["colorizer"] == table["category"]
    gains = table[is_own]["gain_db"].mean(), table[~is_own]["gain_db"].mean()
    log.info("mean gain over the universal network: own %+.2f dB, others %+.2f dB", *gains)
    leads, n = int((own["margin_db"] >= 0).sum()), len(own)
    log.info("the own colorizer is the best on %d of %d categories of photos", leads, n)
    log.info("%s", own.to_string(index=False))
    cli.print_lines(paths)
    return cli.DONE


def _color_by_each(
    colorizer: "Colorizer", networks: Mapping[str, ModelEntry], photo: "EncodedPhoto"
) -> list[dict]:
    """Every network on one photo."""
    from evaluation.encoded import colored_by
    from evaluation.metrics import psnr_db, score

    universal = colorizer.bundle.find_colorizer(colorizer.architecture, UNIVERSAL)
    reference_db = psnr_db(colored_by(colorizer, photo, universal), photo.rgb)
    rows = []
    for name, file in networks.items():
        figures = score(colored_by(colorizer, photo, file), photo.rgb, ("psnr_db", "colorfulness"))
        gain = figures["psnr_db"] - reference_db
        rows.append({"colorizer": name, **figures, "gain_db": gain})
    return rows


if __name__ == "__main__":
    raise SystemExit(main())
