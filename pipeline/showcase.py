"""Before and after on scikit-image's own photos: python -m pipeline.showcase

Writes examples/before_after.jpg, which the README shows, examples/astronaut.jpg in gray, which
`make colorize` takes for a demonstration, and results/grid.jpg: gray, universal, routed, a wrong
category, ground truth. The photos are in the public domain (CC0, NASA, SpaceX).
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyvips
from numpy.typing import NDArray

from pipeline.bundle import PRETRAINED_DIR
from preprocessing import cli

if TYPE_CHECKING:
    from pipeline.router import Colorizer
    from pipeline.trial import Trial

PHOTOS = ("coffee", "chelsea", "astronaut", "rocket")
IN_README = ("chelsea", "astronaut", "rocket")
DEMO = "astronaut"  # what `make colorize` colours when no photo is given
WRONG = {"coffee": "forest", "chelsea": "sunset", "astronaut": "fruit", "rocket": "food"}
GAP_PX = 6
COLUMNS = ("gray", "universal", "routed", "wrong category", "ground truth")


def before_and_after(colorizer: "Colorizer", names: Sequence[str]) -> NDArray[np.uint8]:
    """The photos in a row, each in gray and in colour: (height, width, 3) uint8 sRGB."""
    from pipeline.trial import gray_rgb, trial_rgb

    tiles = []
    for name in names:
        trial = square_trial(colorizer, name)
        ((category, _),) = colorizer.choose(trial.ranking)
        file = colorizer.bundle.find_colorizer(colorizer.architecture, category)
        tiles += [gray_rgb(trial), trial_rgb(colorizer, trial, file)]
    gap = np.full((tiles[0].shape[0], GAP_PX, 3), 255, np.uint8)
    return np.concatenate([part for tile in tiles for part in (tile, gap)][:-1], axis=1)


def grid_rows(colorizer: "Colorizer") -> list[tuple[str, list[NDArray[np.uint8]]]]:
    """A row of `COLUMNS` for each photo, labelled with the router's category."""
    from pipeline.trial import gray_rgb, trial_rgb

    rows = []
    for name in PHOTOS:
        trial = square_trial(colorizer, name)
        ((category, _),) = colorizer.choose(trial.ranking)
        colored = [
            trial_rgb(colorizer, trial, colorizer.bundle.find_colorizer("shared_encoder", one))
            for one in ("universal", category, WRONG[name])
        ]
        best, confidence = trial.ranking[0]
        rows.append((f"{best} {confidence:.0%}", [gray_rgb(trial), *colored, trial.rgb]))
    return rows


def square_trial(colorizer: "Colorizer", name: str) -> "Trial":
    """The central square of one of scikit-image's photos, 256 px, past the router."""
    from skimage import data

    from pipeline.trial import start_trial

    image = pyvips.Image.new_from_array(getattr(data, name)(), interpretation="srgb")
    return start_trial(colorizer, image.thumbnail_image(256, height=256, crop="centre").numpy())


def demo_photo() -> pyvips.Image:
    """The demonstration photo at full size, in gray."""
    from skimage import data

    from preprocessing.lab import gray_from_lum, lum_from_rgb

    return pyvips.Image.new_from_array(gray_from_lum(lum_from_rgb(getattr(data, DEMO)())))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "pipeline.showcase")
    parser.add_argument("--models", type=Path, default=PRETRAINED_DIR, metavar="DIR", help="bundle")
    parser.add_argument("--examples-dir", type=Path, default=Path("examples"), help="for the row")
    parser.add_argument("--results-dir", type=Path, default=Path("results"), help="for the grid")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    from pipeline.figures import photo_grid
    from pipeline.router import Colorizer

    colorizer = Colorizer(args.models)
    row_path, grid_path = args.examples_dir / "before_after.jpg", args.results_dir / "grid.jpg"
    demo_path = args.examples_dir / f"{DEMO}.jpg"
    row = before_and_after(colorizer, IN_README)
    with cli.written_aside(row_path) as side:
        image = pyvips.Image.new_from_array(row, interpretation="srgb")
        image.write_to_file(str(side), Q=90, subsample_mode="off")
    with cli.written_aside(demo_path) as side:
        demo_photo().write_to_file(str(side), Q=92)
    with cli.written_aside(grid_path) as side:
        photo_grid(COLUMNS, grid_rows(colorizer)).savefig(side, dpi=80)
    cli.print_lines([row_path, demo_path, grid_path])
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
