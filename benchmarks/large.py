"""Large photos: seconds and peak memory of `python -m pipeline.colorize` from 12 to 108 megapixels.

    python -m benchmarks.large --megapixels 12 27

A gray baseline JPEG and a 16-bit TIFF in strips of each size, each coloured in a fresh process:
both are streamed, so the seconds per megapixel should not grow, and the memory hardly. Then what
cannot be streamed, or comes through a pipe, at the largest of the sizes that its bound
(`imaging/whole.py`) lets through: no run may take 1 GB. Needs 2 GB of temporary disk; files are
removed as soon as they are measured.
"""

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.parts.common import (
    SIZES_PX,
    Cost,
    colorize_command,
    in_own_process,
    measure,
)
from benchmarks.parts.photos import GRAY, IN_COLOR, JPEG, drawn
from benchmarks.parts.table import Row, add_results_dir, conditions, publish
from benchmarks.parts.tables import LARGE
from imaging.formats import named_suffix

if TYPE_CHECKING:
    import pyvips

QUARTER_TURN = 6  # EXIF's orientation: to be turned clockwise by 90 degrees
DEFAULT = tuple(one for one in SIZES_PX if one > 1)


@dataclass(frozen=True, kw_only=True, eq=False)  # one of the table: `saving` has no hash
class Kind:
    """A kind of file to colour.

    Attributes:
        name: in the table.
        suffix: of the file, and of the result.
        saving: what libvips is told to write it with.
        gray: whether it has no colours.
        deep: 16 bits per sample.
        orientation: EXIF's.
        piped: whether the command reads it from standard input.
        most: megapixels; what is decoded as a whole is refused above a bound.
    """

    name: str
    suffix: str = ".jpg"
    saving: Mapping[str, object] = field(default_factory=lambda: JPEG)
    gray: bool = True
    deep: bool = False
    orientation: int = 1
    piped: bool = False
    most: int = 108


class Of(NamedTuple):
    """A kind of photo in one size."""

    kind: Kind
    megapixels: int


AVIF = {"Q": 50, "effort": 0}
BASELINE = Kind(name="JPEG")
STREAMED = (BASELINE, Kind(name="TIFF, 16 bits", suffix=".tif", saving={}, deep=True))
WHOLE = (
    Kind(name="JPEG, progressive", saving={**JPEG, "interlace": True}),
    Kind(
        name="JPEG, progressive, colour",
        saving={**JPEG, "interlace": True, "subsample_mode": "off"},
        gray=False,
    ),
    Kind(name="PNG, interlaced", suffix=".png", saving={"interlace": True, "compression": 1}),
    Kind(name="WebP, colour", suffix=".webp", saving={"Q": 80, "effort": 0}, gray=False, most=27),
    Kind(name="AVIF, colour", suffix=".avif", saving=AVIF, gray=False, most=27),
    Kind(
        name="AVIF, colour, 10 bits",
        suffix=".avif",
        saving={**AVIF, "bitdepth": 10},
        gray=False,
        deep=True,
        most=27,
    ),
    Kind(name="HEIC, colour", suffix=".heic", gray=False, most=27),
    Kind(name="HEIC, colour, 10 bits", suffix=".heic", gray=False, deep=True, most=27),
    Kind(name="JPEG, turned by EXIF", orientation=QUARTER_TURN),
    Kind(name="JPEG, standard input", piped=True),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add = parser.add_argument
    add("--megapixels", type=int, nargs="+", choices=DEFAULT, default=DEFAULT)
    add_results_dir(parser)
    args = parser.parse_args(argv)
    publish(LARGE, measured(sorted(args.megapixels)), conditions(args), args.results_dir)
    return 0


def measured(sizes: Sequence[int]) -> Iterator[Row]:
    """Measure row by row: what is streamed at all sizes, the rest at the largest that it may have.

    Ratios are those to the smallest photo of a streamed kind, and to the largest JPEG.
    """
    baseline = Of(BASELINE, sizes[-1])
    costs: dict[Of, Cost] = {}
    for kind in STREAMED:
        first = Of(kind, sizes[0])
        for one in (Of(kind, size) for size in sizes):
            costs[one] = cost_of(*one)
            yield row(one, costs[one], first, costs[first])
    for kind in WHOLE:
        one = Of(kind, max((size for size in sizes if size <= kind.most), default=sizes[0]))
        yield row(one, cost_of(*one), baseline, costs[baseline])


def row(one: Of, cost: Cost, other: Of, other_cost: Cost) -> Row:
    """A row of the table; ratios are those to another photo's seconds per megapixel and peak."""
    pace, other_pace = cost.seconds / one.megapixels, other_cost.seconds / other.megapixels
    return {
        "kind": one.kind.name,
        "megapixels": one.megapixels,
        "seconds": cost.seconds,
        "s_per_mp": pace,
        "ratio": pace / other_pace,
        "peak_mb": cost.peak_mb,
        "peak_ratio": cost.peak_mb / other_cost.peak_mb,
        "ratio_to": f"{other.kind.name}, {other.megapixels} MP",
    }


def cost_of(kind: Kind, megapixels: int) -> Cost:
    """What it costs to colour a photo of a kind and size."""
    with written(kind, megapixels) as photo:
        output = photo.with_name(f"out{named_suffix(photo)}")
        if kind.piped:
            return measure(colorize_command("-", output), stdin=photo)
        return measure(colorize_command(photo, output))


@contextmanager
def written(kind: Kind, megapixels: int) -> Iterator[Path]:
    """A photo of a kind and size, in a folder that goes with it."""
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / f"photo{kind.suffix}"
        in_own_process(write, kind, photo, *SIZES_PX[megapixels])
        yield photo


def write(kind: Kind, path: Path, width: int, height: int) -> None:
    """Draw a photo of a kind and write it as it is computed."""
    import pyvips

    image = drawn(GRAY if kind.gray else IN_COLOR[0], width, height, gray=kind.gray)
    interpretation = "b-w" if kind.gray else "srgb"
    if kind.deep:
        image = image * 257  # 65535 = 255 * 257
        interpretation = "grey16" if kind.gray else "rgb16"
    image = image.cast("ushort" if kind.deep else "uchar").copy(interpretation=interpretation)
    image.set_type(pyvips.GValue.gint_type, "orientation", kind.orientation)
    if kind.suffix == ".heic":  # which libvips does not write
        _write_heic(path, image)
    else:
        image.write_to_file(str(path), **kind.saving)


def _write_heic(path: Path, image: "pyvips.Image") -> None:
    """Write an image in colour as a HEIC, as fast as the encoder can."""
    import pillow_heif

    size, deep = (image.width, image.height), image.format == "ushort"
    options = {"quality": 50, "enc_params": {"preset": "ultrafast"}, "bit_depth": 10 if deep else 8}
    with path.open("wb") as file:
        pillow_heif.encode(
            "RGB;16" if deep else "RGB", size, image.write_to_memory(), file, **options
        )


if __name__ == "__main__":
    raise SystemExit(main())
