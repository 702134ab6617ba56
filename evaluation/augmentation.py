"""What averaging over sizes and mirror images gains: python -m evaluation.augmentation

Colours the same photos as `pipeline.colorize` does, with and without `--best` and by each half of
it. Writes augmentation.csv below results/: mean PSNR, what it gains over passing the networks once,
with the 95 % interval of the pairs (photos resampled), and the router's top-1 hits.
"""

import argparse
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from basics import cli
from basics.files import write_all
from basics.statistics import bootstrap_interval
from pipeline.engine.bundle import PRETRAINED_DIR
from pipeline.engine.views import BEST, ONCE, SMALLER, View, Views

if TYPE_CHECKING:
    import pandas as pd

    from evaluation.encoded import EncodedPhoto
    from evaluation.harness import PackedPhoto
    from pipeline.colorizer import Colorizer

log = logging.getLogger(__name__)

PLAIN = "once: the default"
WAYS: Mapping[str, Views] = {
    PLAIN: ONCE,
    "its mirror image, too": (View(), View(is_mirrored=True)),
    "a smaller copy, too": (View(), View(scale=SMALLER)),
    "all four: --best": BEST,
}
DIGITS = 4


def measure_views(
    colorizer: "Colorizer", packed_dir: Path, split: str, limit: int | None = None
) -> "pd.DataFrame":
    """Colour photos by the routed road in each of the ways.

    Args:
        colorizer: holds the bundle.
        packed_dir: what `python -m preprocessing` wrote.
        split: "val" or "test".
        limit: photos per category; None for all.

    Returns:
        One row per way: way, passes, psnr_db, gain_db over passing once, low and high of its
        interval, top_1 (0 to 1), n.

    Raises:
        DataError: there are no packed photos.
    """
    import pandas as pd

    from evaluation.harness import measure_photos, packed_photos

    def measure(packed: "PackedPhoto", photo: "EncodedPhoto") -> list[tuple[float, bool]]:
        return _measure_photo(colorizer, packed, photo)

    photos = packed_photos(packed_dir, colorizer.bundle.categories, split, limit)
    found = np.array(measure_photos(colorizer, photos, measure, "augmenting"))  # (N, ways, 2)
    rows = []
    for place, (way, views) in enumerate(WAYS.items()):
        psnr_db, hits = found[:, place].T
        gains = psnr_db - found[:, 0, 0]
        low, high = bootstrap_interval(gains)
        row = {"way": way, "passes": len(views), "psnr_db": psnr_db.mean(), "gain_db": gains.mean()}
        rows.append({**row, "low": low, "high": high, "top_1": hits.mean(), "n": len(photos)})
    return pd.DataFrame(rows).round(DIGITS)


def _measure_photo(
    colorizer: "Colorizer", packed: "PackedPhoto", photo: "EncodedPhoto"
) -> list[tuple[float, bool]]:
    """PSNR in dB of each way, and whether the router finds the category; each view passes once."""
    from evaluation.encoded import EncodedPhoto, routed_rgb
    from evaluation.metrics import psnr_db

    engine = colorizer.engine
    all_views = engine.with_views([photo.encoded], BEST)
    found = []
    for views in WAYS.values():
        (encoded,) = engine.with_views(all_views, views)
        seen = EncodedPhoto(rgb=photo.rgb, encoded=encoded)
        is_hit = seen.ranking[0][0] == packed.category
        found.append((psnr_db(routed_rgb(colorizer, seen), photo.rgb), is_hit))
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "evaluation.augmentation")
    add = parser.add_argument
    add("--packed-dir", type=Path, default=Path("data/packed"), help="packed photos")
    add("--models", type=Path, default=PRETRAINED_DIR, metavar="DIR", help="bundle of models")
    add("--split", choices=("val", "test"), default="val", help="photos to measure on")
    add("--limit", type=cli.positive(int), help="photos per category [all]")
    add("--results-dir", type=Path, default=Path("results"), help="where the table goes")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    from pipeline.colorizer import Colorizer

    colorizer = Colorizer(args.models, threads=1)  # two photos at a time
    table = measure_views(colorizer, args.packed_dir, args.split, args.limit)
    log.info("%s", table.to_string(index=False))
    cli.print_lines(write_all(args.results_dir, {"augmentation.csv": table}))
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
