"""What well and badly coloured photos look like: python -m evaluation.gallery

Figs. 7 and 8 of the paper. Colours every test photo as `pipeline.colorize` does, and picks of each
category those with the highest and the lowest gain of PSNR over gray, among the photos that came
out with a colorfulness of 15 or more (one that stays gray is coloured neither well nor badly).
Writes results/gallery.csv, and below runs/gallery/, for the photos may not be passed on, a sheet
per category: gray, ours, ground truth.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from basics import cli
from basics.errors import DataError
from basics.files import write_all
from evaluation.category_matrix import load_test
from pipeline.engine.bundle import PRETRAINED_DIR

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from evaluation.encoded import EncodedPhoto
    from pipeline.colorizer import Colorizer

log = logging.getLogger(__name__)

LEAST_COLORFULNESS = 15.0  # "slightly colourful" on the scale of Hasler & Süsstrunk 2003
KINDS = ("best", "worst")
COLUMNS = ("gray", "ours", "ground truth")


def score_routed(
    colorizer: "Colorizer", packed_dir: Path, categories: Sequence[str], limit: int | None = None
) -> "pd.DataFrame":
    """Colour the test photos of each category as `pipeline.colorize` would.

    Args:
        colorizer: the bundle and the architecture to colour with.
        packed_dir: what `python -m preprocessing` wrote.
        categories: whose photos.
        limit: photos per category; None for all.

    Returns:
        One row per photo: category, index (in test.npy), photo (the first 12 digits of its sha256),
        chosen (the router's category), confidence, gray_db, psnr_db, gain_db, colorfulness (ours),
        true_colorfulness.

    Raises:
        DataError: a category has no packed test photos.
    """
    import pandas as pd

    from evaluation.harness import PackedPhoto, measure_photos, packed_photos

    def measure(packed: PackedPhoto, photo: "EncodedPhoto") -> dict:
        name = names[packed.category][packed.index]
        about = {"category": packed.category, "index": packed.index, "photo": name}
        return {**about, **_measure(colorizer, photo)}

    names = {category: photo_names(packed_dir, category) for category in categories}
    photos = packed_photos(packed_dir, categories, "test", limit)
    return pd.DataFrame(measure_photos(colorizer, photos, measure, "colouring"))


def photo_names(packed_dir: Path, category: str) -> list[str]:
    """The first 12 digits of the sha256 of a category's test photos, in the order of test.npy.

    Raises:
        DataError: photos.csv does not list them.
    """
    from preprocessing.inventory import read_rows

    path = packed_dir / "photos.csv"
    rows = [one for one in read_rows(path) if one.file.startswith(f"{category}/")]
    names = [row.sha256[:12] for row in rows if row.result == "test"]
    if len(names) != len(load_test(packed_dir, category)):
        fix = f"run: python -m preprocessing RAW_DIR {packed_dir}"
        raise DataError(f"the test photos of {category!r} are not those listed", path, fix)
    return names


def pick(
    scores: "pd.DataFrame", count: int, least_colorfulness: float = LEAST_COLORFULNESS
) -> "pd.DataFrame":
    """The `count` best and worst coloured photos of each category, by the rule told above.

    Returns:
        The rows of `scores` with the column kind in front: best from the highest gain down, worst
        from the lowest up. No photo is both: of fewer than 2 x `count`, each kind gets half.

    Raises:
        DataError: no category has two photos that came out in colour.
    """
    import pandas as pd

    colored = scores[scores["colorfulness"] >= least_colorfulness]
    picked = []
    for category in scores["category"].unique():
        of_category = colored[colored["category"] == category]
        ranked = of_category.sort_values("gain_db", ascending=False, kind="stable")
        n = min(count, len(ranked) // 2)
        if n < count:
            log.info("%s: only %d photos came out in colour", category, len(ranked))
        picked.append(ranked.head(n).assign(kind="best"))
        picked.append(ranked[::-1].head(n).assign(kind="worst"))
    found = pd.concat(picked)
    if found.empty:
        fix = "give a lower one"
        raise DataError("too few photos came out in colour", "--least-colorfulness", fix)
    return found[["kind", *scores.columns]].reset_index(drop=True)


def sheet(colorizer: "Colorizer", picked: "pd.DataFrame", packed_dir: Path) -> "Figure":
    """The picked photos of one category, a row each: gray, ours, ground truth."""
    from evaluation.encoded import encode_photo, gray_rgb, routed_rgb
    from evaluation.figures import photo_grid

    rows = []
    for one in picked.to_dict("records"):
        rgb = np.asarray(load_test(packed_dir, one["category"])[one["index"]])
        photo = encode_photo(colorizer, rgb)
        ours = routed_rgb(colorizer, photo)
        label = f"{one['kind']}, {one['gain_db']:+.1f} dB\n{one['chosen']} {one['confidence']:.0%}"
        rows.append((label, [gray_rgb(photo), ours, photo.rgb]))
    return photo_grid(COLUMNS, rows)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "evaluation.gallery")
    add = parser.add_argument
    above = cli.positive(int)
    add("--count", type=above, default=3, help="best and worst photos per category")
    least = cli.positive(float, zero=True)
    text = "of the photos to pick from, as coloured"
    add("--least-colorfulness", type=least, default=LEAST_COLORFULNESS, metavar="C", help=text)
    add("--packed-dir", type=Path, default=Path("data/packed"), help="packed photos")
    add("--models", type=Path, default=PRETRAINED_DIR, metavar="DIR", help="bundle of models")
    add("--colorizer", help="architecture to colour with [the bundle's default]")
    add("--sheets-dir", type=Path, default=Path("runs/gallery"), help="where the pictures go")
    add("--results-dir", type=Path, default=Path("results"), help="where the table goes")
    add("--limit", type=above, help="photos per category [all]")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    from pipeline.colorizer import Colorizer

    colorizer = Colorizer(args.models, colorizer=args.colorizer)
    categories = colorizer.bundle.categories
    scores = score_routed(colorizer, args.packed_dir, categories, args.limit)
    picked = pick(scores, args.count, args.least_colorfulness)
    is_default = colorizer.architecture == colorizer.bundle.default
    stem = "gallery" if is_default else f"gallery_{colorizer.architecture}"
    table = picked.drop(columns="index").round(3)
    paths = write_all(args.results_dir, {f"{stem}.csv": table})
    for category, of_category in picked.groupby("category", sort=False):
        drawn = sheet(colorizer, of_category, args.packed_dir)
        paths += write_all(args.sheets_dir, {f"{category}.png": drawn})
    share = (scores["gain_db"] < 0).mean()
    log.info(
        "of %d photos %.0f %% came out farther from the truth than gray is",
        len(scores),
        100 * share,
    )
    cli.print_lines(paths)
    return cli.DONE


def _measure(colorizer: "Colorizer", photo: "EncodedPhoto") -> dict:
    """How near our colours come to one photo's own, and gray does."""
    from evaluation.encoded import gray_rgb, routed_rgb
    from evaluation.metrics import colorfulness, psnr_db

    ours = routed_rgb(colorizer, photo)
    chosen, confidence = photo.ranking[0]
    gray_db, our_db = psnr_db(gray_rgb(photo), photo.rgb), psnr_db(ours, photo.rgb)
    return {
        "chosen": chosen,
        "confidence": confidence,
        "gray_db": gray_db,
        "psnr_db": our_db,
        "gain_db": our_db - gray_db,
        "colorfulness": colorfulness(ours),
        "true_colorfulness": colorfulness(photo.rgb),
    }


if __name__ == "__main__":
    raise SystemExit(main())
