"""From the command line to the written file: seconds and peak memory, cold.

    python -m benchmarks.cold_start

Colours gray JPEGs of 1 and 12 megapixels, each in a fresh process, imports included:

(a) `python -m pipeline.colorize`;
(b) the usual way (`benchmarks/parts/usual_way.py`): a router and a colorizer of (a), by Keras,
    Pillow and scikit-image;
(c) the same by PyTorch, with a network like the ImageNet colorizer of 2016, if PyTorch is there;

and the floor: libvips reading and writing the same file without colouring it. They take turns; the
median of their seconds counts, and the greatest peak of resident memory.
"""

import argparse
import importlib.util
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.parts.common import (
    SIZES_PX,
    Cost,
    colorize_command,
    in_own_process,
    measure_in_turn,
)
from benchmarks.parts.table import Row, add_results_dir, conditions, publish
from benchmarks.parts.tables import COLD_START

MEGAPIXELS = (1, 12)
OURS, KERAS, TORCH, FLOOR = "(a) colorize", "(b) usual, Keras", "(c) usual, PyTorch", "copy only"
COPY = (
    "import sys, pyvips;"
    "pyvips.Image.new_from_file(sys.argv[1], access='sequential').colourspace('srgb')"
    ".write_to_file(sys.argv[2], Q=95, subsample_mode='off')"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=3, help="of each, of which the median counts")
    add_results_dir(parser)
    args = parser.parse_args(argv)
    publish(COLD_START, measured(args.runs), conditions(args), args.results_dir)
    return 0


def measured(runs: int) -> Iterator[Row]:
    """Measure size by size."""
    for megapixels in MEGAPIXELS:
        with tempfile.TemporaryDirectory() as folder:
            photo, output = Path(folder) / "photo.jpg", Path(folder) / "out.jpg"
            in_own_process(draw, photo, *SIZES_PX[megapixels])
            yield from rows_of(measure_in_turn(ways(photo, output), runs), megapixels)


def draw(path: Path, width: int, height: int) -> None:
    """Write the photo that is coloured."""
    from benchmarks.parts.photos import (
        draw_photo,
        # libvips would count as memory of all that is measured,
    )

    draw_photo(path, width, height)


def ways(photo: Path, output: Path) -> dict[str, list[str]]:
    """The commands that colour a photo, ours first, or only copy it."""
    files = [str(photo), str(output)]
    usual = [sys.executable, "-m", "benchmarks.parts.usual_way", *files, "--network"]
    commands = {OURS: colorize_command(photo, output), KERAS: [*usual, "keras"]}
    if importlib.util.find_spec("torch"):
        commands[TORCH] = [*usual, "torch"]
    return {**commands, FLOOR: [sys.executable, "-c", COPY, *files]}


def rows_of(costs: Mapping[str, Cost], megapixels: int) -> list[Row]:
    """The rows of the table for one size; ratios are those to ours. PyTorch may be missing."""
    ours = costs[OURS]
    return [
        {
            "megapixels": megapixels,
            "way": name,
            "seconds": cost.seconds,
            "ratio": cost.seconds / ours.seconds,
            "peak_mb": cost.peak_mb,
            "peak_ratio": cost.peak_mb / ours.peak_mb,
        }
        for name, cost in costs.items()
    ]


if __name__ == "__main__":
    raise SystemExit(main())
