"""Before and after on scikit-image's own photos: python -m evaluation.showcase

Writes examples/before_after.jpg, which the README shows, examples/astronaut.jpg in gray, which
`make colorize` takes for a demonstration, results/grid.jpg: gray, universal, routed, a wrong
category, ground truth, from the photo that gains most to the one that gains least, and
results/showcase.csv with its figures. The photos are in the public domain (CC0, NASA, SpaceX); two
are nothing that a category stands for, so that failures are seen, too.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyvips
from numpy.typing import NDArray

from basics import cli
from basics.files import atomic_write, write_all
from pipeline.engine.bundle import PRETRAINED_DIR, UNIVERSAL
from pipeline.media.demo_photos import IN_README, PHOTOS

if TYPE_CHECKING:
    import pandas as pd

    from evaluation.encoded import EncodedPhoto
    from pipeline.colorizer import Colorizer

DEMO = "astronaut"  # what `make colorize` colours when no photo is given
GAP_PX = 6
COLUMNS: Sequence[str] = ("gray", "universal", "routed", "wrong category", "ground truth")


@dataclass(frozen=True)
class Shown:
    """One photo, coloured in each way.

    Attributes:
        name: in `skimage.data`.
        chosen, confidence: the router's.
        used: the categories whose colorizers coloured it, joined by "+".
        wrong: another category.
        gain_db: PSNR of the routed colours less that of gray.
        images: one (256, 256, 3) uint8 sRGB for each of `COLUMNS`.
    """

    name: str
    chosen: str
    confidence: float
    used: str
    wrong: str
    gain_db: float
    images: Mapping[str, NDArray[np.uint8]]


def before_and_after(colorizer: "Colorizer", names: Sequence[str]) -> NDArray[np.uint8]:
    """The photos in a row, each in gray and in colour: (height, width, 3) uint8 sRGB."""
    from evaluation.encoded import gray_rgb, routed_rgb

    tiles = []
    for name in names:
        photo = encoded_square(colorizer, name)
        routed = routed_rgb(colorizer, photo)
        tiles += [gray_rgb(photo), routed]
    gap = np.full((tiles[0].shape[0], GAP_PX, 3), 255, np.uint8)
    return np.concatenate([part for tile in tiles for part in (tile, gap)][:-1], axis=1)


def shown_photos(colorizer: "Colorizer") -> list[Shown]:
    """The photos coloured in each way, from the one that routing brings most to the least."""
    from evaluation.encoded import colored_by_blend, gray_rgb
    from evaluation.metrics import psnr_db

    found = []
    for name in PHOTOS:
        photo = encoded_square(colorizer, name)
        wrong = wrong_category(colorizer, photo)
        universal, of_wrong = (
            colorizer.engine.blend_of({one: 1.0}, colorizer.defaults) for one in (UNIVERSAL, wrong)
        )
        routed = colorizer.engine.choose(photo.ranking, colorizer.defaults)
        used = "+".join(file.category for file, _ in routed)
        colored = [colored_by_blend(colorizer, photo, way) for way in (universal, routed, of_wrong)]
        images = dict(zip(COLUMNS, [gray_rgb(photo), *colored, photo.rgb], strict=True))
        chosen, confidence = photo.ranking[0]
        gain = psnr_db(images["routed"], photo.rgb) - psnr_db(images["gray"], photo.rgb)
        found.append(Shown(name, chosen, confidence, used, wrong, gain, images))
    return sorted(found, key=lambda one: -one.gain_db)


def wrong_category(colorizer: "Colorizer", photo: "EncodedPhoto") -> str:
    """The category that the router finds least likely, of those with a network of their own."""
    own = colorizer.bundle.colorizers[colorizer.architecture]
    return next((name for name, _ in reversed(photo.ranking) if name in own), UNIVERSAL)


def figures_of(shown: Sequence[Shown]) -> "pd.DataFrame":
    """photo, method, category (whose colorizer), psnr_db, gain_db (over gray), colorfulness."""
    import pandas as pd

    from evaluation.metrics import colorfulness, psnr_db

    rows = []
    for one in shown:
        truth = one.images["ground truth"]
        gray_db = psnr_db(one.images["gray"], truth)
        categories = {"universal": UNIVERSAL, "routed": one.used, "wrong category": one.wrong}
        for method in COLUMNS[:-1]:
            psnr = psnr_db(one.images[method], truth)
            row = {"photo": one.name, "method": method, "category": categories.get(method, "")}
            row |= {"psnr_db": psnr, "gain_db": psnr - gray_db}
            rows.append(row | {"colorfulness": colorfulness(one.images[method])})
        row = {"photo": one.name, "method": "ground truth", "category": ""}
        rows.append(row | {"colorfulness": colorfulness(truth)})
    return pd.DataFrame(rows).round(3)


def encoded_square(colorizer: "Colorizer", name: str) -> "EncodedPhoto":
    """The central square of one of scikit-image's photos, 256 px, past the router."""
    from skimage import data

    from evaluation.encoded import encode_photo

    image = pyvips.Image.new_from_array(getattr(data, name)(), interpretation="srgb")
    return encode_photo(colorizer, image.thumbnail_image(256, height=256, crop="centre").numpy())


def demo_photo() -> pyvips.Image:
    """The demonstration photo at full size, in gray."""
    from skimage import data

    from imaging.lab import gray_from_lightness, lightness_from_rgb

    return pyvips.Image.new_from_array(
        gray_from_lightness(lightness_from_rgb(getattr(data, DEMO)()))
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "evaluation.showcase")
    parser.add_argument("--models", type=Path, default=PRETRAINED_DIR, metavar="DIR", help="bundle")
    parser.add_argument("--examples-dir", type=Path, default=Path("examples"), help="for the row")
    parser.add_argument(
        "--results-dir", type=Path, default=Path("results"), help="for the grid and its figures"
    )
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    from evaluation.figures import photo_grid
    from pipeline.colorizer import Colorizer

    colorizer = Colorizer(args.models)
    row_path, grid_path = args.examples_dir / "before_after.jpg", args.results_dir / "grid.jpg"
    demo_path = args.examples_dir / f"{DEMO}.jpg"
    row = before_and_after(colorizer, IN_README)
    with atomic_write(row_path) as side:
        image = pyvips.Image.new_from_array(row, interpretation="srgb")
        image.write_to_file(str(side), Q=90, subsample_mode="off")
    with atomic_write(demo_path) as side:
        demo_photo().write_to_file(str(side), Q=92)
    shown = shown_photos(colorizer)
    rows = [
        (f"{one.chosen} {one.confidence:.0%}\n{one.gain_db:+.1f} dB", list(one.images.values()))
        for one in shown
    ]
    with atomic_write(grid_path) as side:
        photo_grid(COLUMNS, rows).savefig(side, dpi=80)
    tables = write_all(args.results_dir, {"showcase.csv": figures_of(shown)})
    cli.print_lines([row_path, demo_path, grid_path, *tables])
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
