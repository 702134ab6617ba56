"""Are colours better that hold together? python -m evaluation.consistency

Two ways to make predicted chrominance agree within things, as a paper on fusion networks would have
it: least total variation across the photo's own edges, and means within segments of its lightness.
Writes consistency.csv below results/: PSNR with the 95 % interval of the pairs, and how much ab
still varies within the segments that the true colours have. What gains by neither is not built in.
"""

import argparse
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from basics import cli
from basics.files import write_all
from basics.statistics import bootstrap_interval
from imaging.lab import AB_SCALE, join_lab, split_lab
from pipeline.engine.bundle import PRETRAINED_DIR

if TYPE_CHECKING:
    import pandas as pd

    from evaluation.encoded import EncodedPhoto
    from evaluation.harness import PackedPhoto
    from pipeline.colorizer import Colorizer

log = logging.getLogger(__name__)

Way = Callable[[NDArray[np.float32], NDArray[np.float32]], NDArray[np.float32]]
EDGE = 0.05  # of L*/100 between two pixels: across a step of it, variation costs 1 / e
STEPS = 60  # of the projected gradient; more change nothing that an eye sees
SEGMENT_SCALE = 100  # of felzenszwalb: the larger, the larger the segments
LEAST_PX = 50  # of a segment


def least_variation(
    ab: NDArray[np.float32], lightness: NDArray[np.float32], strength: float
) -> NDArray[np.float32]:
    """The u of least |u - ab|^2 / 2 + strength * sum of w |gradient of u|; w is small at edges.

    Args:
        ab: (h, w, 2).
        lightness: (h, w, 1), whose edges those of the colours may follow.
        strength: of the variation, in units of ab.

    Returns:
        (h, w, 2).

    Source: Chambolle, "An Algorithm for Total Variation Minimization", 2004, by the projected
        gradient on the dual; edge weights as in Perona and Malik 1990.
    """
    light = lightness.astype(np.float32)
    weights = [strength * np.exp(-np.abs(_forward(light, axis)) / EDGE) for axis in (0, 1)]
    dual: list[NDArray[np.float32]] = [np.zeros_like(ab) for _ in weights]
    for _ in range(STEPS):
        u = ab + _divergence(dual)
        for axis, weight in enumerate(weights):
            moved = dual[axis] + _forward(u, axis) / 8
            dual[axis] = np.clip(moved, -weight, weight, dtype=np.float32)
    return ab + _divergence(dual)


def _forward(x: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Differences to the next row or column; 0 at the last."""
    return np.diff(x, axis=axis, append=np.take(x, [-1], axis=axis))


def _divergence(dual: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The negative adjoint of the differences; what leaves at the last row or column is nothing."""
    total = np.zeros_like(dual[0])
    for axis, part in enumerate(dual):
        inner = np.take(part, range(part.shape[axis] - 1), axis=axis)
        pads = [(1, 1) if one == axis else (0, 0) for one in range(part.ndim)]
        total += np.diff(np.pad(inner, pads), axis=axis)
    return total


def segments_of(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """(h, w, c) of about 0 to 1 -> (h, w) labels from 0 of segments of one look.

    Source: Felzenszwalb and Huttenlocher 2004, as scikit-image has it.
    """
    from skimage.segmentation import felzenszwalb

    found = felzenszwalb(values, scale=SEGMENT_SCALE, sigma=0.5, min_size=LEAST_PX, channel_axis=-1)
    return found.astype(np.int64)


def segment_means(ab: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.float32]:
    """(h, w, 2) ab -> the mean of each pixel's segment."""
    counts = np.bincount(labels.ravel())
    sums = [np.bincount(labels.ravel(), ab[..., i].ravel()) for i in range(2)]
    return np.stack([(one / counts)[labels] for one in sums], axis=-1).astype(np.float32)


def within_segments(
    ab: NDArray[np.float32], lightness: NDArray[np.float32], share: float
) -> NDArray[np.float32]:
    """(h, w, 2) ab, of which a share is replaced by the mean of its segment of lightness."""
    means = segment_means(ab, segments_of(lightness))
    return np.add((1 - share) * ab, share * means, dtype=np.float32)


def variance_within(ab: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """The mean squared distance of ab from the mean of its segment, in squared units of a*, b*."""
    away = (ab - segment_means(ab, labels)) * AB_SCALE
    return float(np.mean(np.sum(np.square(away), axis=-1)))


WAYS: Mapping[str, Way] = {
    "as predicted": lambda ab, _: ab,
    "total variation, 0.02": partial(least_variation, strength=0.02),
    "total variation, 0.1": partial(least_variation, strength=0.1),
    "segments, half": partial(within_segments, share=0.5),
    "segments": partial(within_segments, share=1.0),
}


def measure_ways(
    colorizer: "Colorizer", packed_dir: Path, split: str, limit: int | None
) -> "pd.DataFrame":
    """Colour photos by the routed road, then make the colours agree in each of the ways.

    Returns:
        One row per way: way, psnr_db, gain_db over as predicted, low and high of its interval,
        variance within segments of the true colours, that of the truth in the last row, n.

    Raises:
        DataError: there are no packed photos.
    """
    import pandas as pd

    from evaluation.harness import measure_photos, packed_photos

    def of_photo(_: "PackedPhoto", photo: "EncodedPhoto") -> list[tuple[float, float]]:
        return _measure_photo(colorizer, photo)

    photos = packed_photos(packed_dir, colorizer.bundle.categories, split, limit)
    found = np.array(measure_photos(colorizer, photos, of_photo, "agreeing"))  # (N, ways + 1, 2)
    rows = []
    for place, way in enumerate(WAYS):
        gains = found[:, place, 0] - found[:, 0, 0]
        low, high = bootstrap_interval(gains)
        row = {"way": way, "psnr_db": found[:, place, 0].mean(), "gain_db": gains.mean()}
        row |= {"low": low, "high": high, "variance": found[:, place, 1].mean()}
        rows.append({**row, "n": len(photos)})
    rows.append({"way": "ground truth", "variance": found[:, -1, 1].mean(), "n": len(photos)})
    return pd.DataFrame(rows).round(4)


def _measure_photo(colorizer: "Colorizer", photo: "EncodedPhoto") -> list[tuple[float, float]]:
    """PSNR in dB and variance of each way; at last nothing and the variance of the truth."""
    from evaluation.encoded import predicted_ab
    from evaluation.metrics import psnr_db
    from pipeline.engine.inputs import blend
    from pipeline.engine.results import saturated

    chosen = colorizer.engine.choose(photo.ranking, colorizer.defaults)
    parts = [predicted_ab(colorizer, photo, entry) for entry, _ in chosen]
    predicted = blend(parts, [weight for _, weight in chosen])
    predicted = saturated(predicted, colorizer.engine.saturation(colorizer.defaults))
    lightness, truth = split_lab(photo.rgb)
    labels = segments_of(np.concatenate([lightness, truth], axis=-1))
    found = []
    for way in WAYS.values():
        ab = way(predicted, lightness)
        found.append((psnr_db(join_lab(lightness, ab), photo.rgb), variance_within(ab, labels)))
    return [*found, (float("nan"), variance_within(truth, labels))]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "evaluation.consistency")
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
    table = measure_ways(colorizer, args.packed_dir, args.split, args.limit)
    log.info("%s", table.to_string(index=False))
    cli.print_lines(write_all(args.results_dir, {"consistency.csv": table}))
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
