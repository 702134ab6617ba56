"""What colour costs: PSNR against colorfulness: python -m evaluation.saturations

A network trained to be near the truth hedges, and so is dull; a factor on its chrominance, the
saturation, makes it vivid. Measures the routed road at many saturations, for each architecture that
has all categories. Writes modes.csv and a figure of it below results/. `release.export` takes the
saturations of its two modes from here.
"""

import argparse
import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from basics import cli
from basics.files import write_table_and_figure
from pipeline.engine.bundle import FAITHFUL, PRETRAINED_DIR, VIVID, Bundle, Mode

if TYPE_CHECKING:
    import pandas as pd

    from evaluation.encoded import EncodedPhoto
    from pipeline.colorizer import Colorizer

log = logging.getLogger(__name__)

SATURATIONS = (0.0, *(round(0.6 + i / 10, 1) for i in range(15)))  # gray, then 0.6 to 2.0
UNNOTICED_DB = 0.02  # the faithful mode may lose as much of the best PSNR for more colour
VIVID_FRACTION = 0.85  # of the originals' colorfulness


def measure_saturations(
    colorizer: "Colorizer",
    packed_dir: Path,
    split: str,
    limit: int | None = None,
    saturations: Sequence[float] = SATURATIONS,
) -> "pd.DataFrame":
    """Colour photos as `pipeline.colorize` does, at every saturation.

    Args:
        colorizer: holds the bundle and the architecture.
        packed_dir: what `python -m preprocessing` wrote.
        split: "val" or "test".
        limit: photos per category; None for all.
        saturations: in rising order; 0 is gray.

    Returns:
        One row per saturation: mean psnr_db, colorfulness, share of the originals' colorfulness, n.

    Raises:
        DataError: there are no packed photos.
    """
    import pandas as pd

    from evaluation.harness import PackedPhoto, measure_photos, packed_photos
    from evaluation.metrics import colorfulness

    def measure(_: PackedPhoto, photo: "EncodedPhoto") -> list[dict[str, float]]:
        return list(_measure_photo(colorizer, photo, saturations))

    photos = packed_photos(packed_dir, colorizer.bundle.categories, split, limit)
    found = measure_photos(colorizer, photos, measure, "saturating")
    table = (
        pd.DataFrame([row for rows in found for row in rows])
        .groupby("saturation", as_index=False)
        .mean()
    )
    truth = sum(colorfulness(photo.rgb) for photo in photos) / len(photos)
    return table.assign(share=table["colorfulness"] / truth, n=len(photos))


def choose_modes(bundle: Bundle, packed_dir: Path) -> Bundle:
    """The saturations of the two modes, by the validation split.

    Faithful: the most colourful that loses no more than 0.02 dB of the best PSNR. Vivid: the least
    with 85 % of the originals' colorfulness, between those that were tried, or the most of them.
    """
    import numpy as np

    from pipeline.colorizer import Colorizer

    table = measure_saturations(Colorizer(bundle), packed_dir, "val")
    log.info("%s", table.to_string(index=False))
    near = table[table["psnr_db"] >= table["psnr_db"].max() - UNNOTICED_DB]
    vivid = np.interp(VIVID_FRACTION, table["share"], table["saturation"])
    chosen = {FAITHFUL: near["saturation"].max(), VIVID: math.ceil(100 * vivid) / 100}
    modes = {
        name: Mode(colorizer=bundle.default, saturation=float(saturation))
        for name, saturation in chosen.items()
    }
    return replace(bundle, modes=modes)


def _measure_photo(
    colorizer: "Colorizer", photo: "EncodedPhoto", saturations: Sequence[float]
) -> Iterator[dict[str, float]]:
    """PSNR and colorfulness of one photo at every saturation; the mode's own does not count."""
    import numpy as np

    from evaluation.encoded import predicted_ab
    from evaluation.metrics import score
    from imaging.lab import join_lab
    from pipeline.engine.inputs import blend

    chosen = colorizer.engine.choose(photo.ranking, colorizer.defaults)
    predictions = [predicted_ab(colorizer, photo, file) for file, _ in chosen]
    ab = blend(predictions, [weight for _, weight in chosen])
    for saturation in saturations:
        predicted = join_lab(photo.lightness, np.clip(saturation * ab, -1, 1))
        yield {
            "saturation": saturation,
            **score(predicted, photo.rgb, ("psnr_db", "colorfulness")),
        }


def _compared(table: "pd.DataFrame") -> "pd.DataFrame":
    """Rows of gray and of the originals."""
    import pandas as pd

    gray, last = table[table["saturation"] == 0].iloc[0], table.iloc[-1]
    rows = [
        {"architecture": "gray", "psnr_db": gray["psnr_db"], "colorfulness": 0.0},
        {"architecture": "ground truth", "colorfulness": last["colorfulness"] / last["share"]},
    ]
    return pd.DataFrame(rows)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "evaluation.saturations")
    add = parser.add_argument
    add("--packed-dir", type=Path, default=Path("data/packed"), help="packed photos")
    add("--models", type=Path, default=PRETRAINED_DIR, metavar="DIR", help="bundle of models")
    add("--split", choices=("val", "test"), default="test", help="photos to measure on")
    add("--limit", type=cli.positive(int), help="photos per category [all]")
    add("--results-dir", type=Path, default=Path("results"), help="where table and figure go")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    import pandas as pd

    from evaluation.figures import vividness
    from pipeline.colorizer import Colorizer
    from pipeline.engine.bundle_file import read_bundle

    bundle = read_bundle(args.models)
    complete = [
        name
        for name, files in bundle.colorizers.items()
        if name == bundle.default or set(bundle.categories) <= set(files)
    ]
    saturations = sorted({*SATURATIONS, *(mode.saturation for mode in bundle.modes.values())})
    tables = [
        measure_saturations(
            Colorizer(bundle, colorizer=name), args.packed_dir, args.split, args.limit, saturations
        ).assign(architecture=name)
        for name in complete
    ]
    table = pd.concat([*tables, _compared(tables[0])]).round(4)
    marks = {name: (mode.colorizer, mode.saturation) for name, mode in bundle.modes.items()}
    figure = vividness(table, by="architecture", marks=marks)
    log.info("%s", table.to_string(index=False))
    cli.print_lines(write_table_and_figure(args.results_dir, "modes", table, figure))
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
