"""Faded prints: are they coloured as the photos that they were?

    python -m benchmarks.faded --fog fog.jpg --packed data/packed

The levels of scikit-image's photos are mapped into narrow ranges. For each: the mean distance of ab
(CIELAB units) to that of the unfaded photo, and the ratio of the mean chromas; first as predicted,
then in the result, which keeps the faded lightness and so has less room for chroma near black and
white. Wanted, in the means of what is predicted: a distance below 3, a ratio of 0.9 to 1.1.

A photo of real fog is no faded print: its chroma is compared with that of the same networks without
stretching; at most 1.2 times as much is wanted. The photos of the test split are scored both ways:
PSNR in dB must not fall.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray

from benchmarks.parts.table import Row, add_results_dir, conditions, publish
from benchmarks.parts.tables import FADED, FADED_COLUMNS, FADED_FOG, FADED_TEST, FADES
from evaluation.harness import packed_photos
from evaluation.metrics import psnr_db
from imaging.lab import AB_SCALE, gray_from_lightness, join_lab, split_lab
from imaging.photo import open_photo, read_full
from pipeline.colorizer import Colorizer
from pipeline.engine.results import Prediction
from pipeline.media.demo_photos import PHOTOS, demo_paths
from pipeline.media.images import ImageFrame, colored_array, image_frame

MORE = (
    "camera",
    "clock_motion",
    "motorcycle_left",
    "coins",
    "moon",
    "ihc",
    "brick",
    "grass",
    "gravel",
)


class Unstretched(ImageFrame):
    """A picture that the networks see as it is, faded or not."""

    def seen(self, short_side: int) -> NDArray[np.float32]:
        """(h, w, 1) L*/100."""
        return self.lightness(short_side)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--fog", type=Path, nargs="*", default=[], help="photos of real fog")
    parser.add_argument("--packed", type=Path, default=Path("data/packed"), help="packed photos")
    parser.add_argument("--limit", type=int, help="photos per category of the test split [all]")
    add_results_dir(parser)
    args = parser.parse_args(argv)
    about, colorizer = conditions(args), Colorizer()
    publish(FADED, fades(colorizer), about, args.results_dir)
    if args.fog:
        publish(FADED_FOG, [in_fog(colorizer, args.fog)], about, args.results_dir)
    if args.packed.is_dir():
        row = on_test_split(colorizer, args.packed, args.limit)
        publish(FADED_TEST, [row], about, args.results_dir)
    return 0


def fades(colorizer: Colorizer) -> Iterator[Row]:
    """A row per photo, and the means."""
    for title, names in (("the six", PHOTOS), ("the others", MORE)):
        rows = []
        for path in demo_paths(names):
            gray = pyvips.Image.new_from_file(str(path)).colourspace("b-w")[0].cast("uchar").numpy()
            rows.append(faded_row(colorizer, gray))
            yield titled(path.stem, rows[-1])
        yield titled(f"mean of {title}", np.mean(rows, axis=0))


def titled(photo: str, row: NDArray[np.float64]) -> Row:
    """A row of the first table."""
    names = (one.name for one in FADED_COLUMNS)
    return {"photo": photo, **dict(zip(names, row.ravel().tolist(), strict=True))}


def faded_row(colorizer: Colorizer, gray: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(fades, 4): distance and ratio as predicted, distance and ratio in the result."""
    unfaded = colorizer.predict(colorizer.encode(gray))
    row = []
    for low, high in FADES:
        faded = np.rint(low + gray * ((high - low) / 255)).astype(np.uint8)
        now = colorizer.predict(colorizer.encode(faded))
        row.append([*compared(colors(now), colors(unfaded)), *compared(shown(now), shown(unfaded))])
    return np.array(row)


def compared(one: NDArray[np.float32], other: NDArray[np.float32]) -> tuple[float, float]:
    """The mean distance of two ab (h, w, 2), and the ratio of their mean chromas."""
    return float(np.hypot(*np.moveaxis(one - other, -1, 0)).mean()), chroma(one) / chroma(other)


def colors(prediction: Prediction) -> NDArray[np.float32]:
    """(h, w, 2) a* and b* as the networks have them."""
    return prediction.colors * AB_SCALE


def shown(prediction: Prediction) -> NDArray[np.float32]:
    """(H, W, 2) a* and b* of the result."""
    return split_lab(colored_array(prediction))[1] * AB_SCALE


def predicted(colorizer: Colorizer, frame: ImageFrame) -> NDArray[np.float32]:
    """(h, w, 2) a* and b* of a frame."""
    (encoded,) = colorizer.engine.encode([frame])
    return colors(colorizer.predict(encoded))


def chroma(ab: NDArray[np.float32]) -> float:
    """Mean over pixels."""
    return float(np.hypot(ab[..., 0], ab[..., 1]).mean())


def in_fog(colorizer: Colorizer, paths: Sequence[Path]) -> Row:
    """Chroma of photos of fog with and without stretching."""
    ratios, n_stretched = [], 0
    for path in paths:
        gray = read_full(open_photo(path)).colourspace("b-w")[0].cast("uchar").numpy()
        frame = image_frame(gray)
        plain = Unstretched(frame.image)
        n_stretched += is_stretched(colorizer, frame, plain)
        ratios.append(chroma(predicted(colorizer, frame)) / chroma(predicted(colorizer, plain)))
    return {
        "photos": len(paths),
        "stretched": n_stretched,
        "mean_ratio": float(np.mean(ratios)),
        "largest_ratio": max(ratios),
    }


def is_stretched(colorizer: Colorizer, frame: ImageFrame, plain: Unstretched) -> bool:
    """Whether the router sees a frame otherwise than it is."""
    px = colorizer.bundle.router.inference_px
    return not np.array_equal(frame.seen(px), plain.seen(px))


def on_test_split(colorizer: Colorizer, packed_dir: Path, limit: int | None) -> Row:
    """PSNR of the test photos with and without stretching."""
    photos = packed_photos(packed_dir, colorizer.bundle.categories, "test", limit)
    scores, n_stretched = [], 0
    for photo in photos:
        lightness, _ = split_lab(photo.rgb)
        frame = image_frame(gray_from_lightness(lightness))
        plain = Unstretched(frame.image)
        without = _psnr(colorizer, plain, lightness, photo.rgb)
        differs = is_stretched(colorizer, frame, plain)
        n_stretched += differs
        now = _psnr(colorizer, frame, lightness, photo.rgb) if differs else without
        scores.append((without, now))
    without, now = np.mean(scores, axis=0).tolist()
    return {
        "photos": len(photos),
        "stretched": n_stretched,
        "without_db": without,
        "with_db": now,
        "gain_db": now - without,
    }


def _psnr(
    colorizer: Colorizer, frame: ImageFrame, lightness: NDArray[np.float32], rgb: NDArray[np.uint8]
) -> float:
    return psnr_db(join_lab(lightness, predicted(colorizer, frame) / AB_SCALE), rgb)


if __name__ == "__main__":
    raise SystemExit(main())
