"""Does the router see more in several views of a photo? python -m pipeline.views

Classifies the validation photos from the whole photo (with its mirror image, as always), from other
sizes and from crops of it, and from means of these. Writes router_views.csv below results/. What is
tried here costs time with every photo; the whole photo's features are needed in any case.
"""

import argparse
import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyvips
from numpy.typing import NDArray

from basics import cli
from basics.files import write_all
from pipeline.bundle import PRETRAINED_DIR

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.router import Colorizer

log = logging.getLogger(__name__)

CROP_PX, EDGE_PX = 224, 32  # of 256
CORNERS = tuple((top, left) for top in (0, EDGE_PX) for left in (0, EDGE_PX))
WHOLE = "whole photo"
COMBINATIONS = {  # name -> views whose confidences are averaged
    WHOLE: (WHOLE,),
    "192 px": ("192 px",),
    "224 px": ("224 px",),
    "320 px": ("320 px",),
    "whole and 192 px": (WHOLE, "192 px"),
    "whole and 224 px": (WHOLE, "224 px"),
    "whole and 320 px": (WHOLE, "320 px"),
    "whole, 192 and 224 px": (WHOLE, "192 px", "224 px"),
    "whole and centre": (WHOLE, "centre"),
    "whole and five crops": (WHOLE, "centre", *(f"corner {i}" for i in range(4))),
}


def views_of(lum: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """A photo's lum (256, 256, 1) -> its views by name, (h, w, 1) each."""
    inset = EDGE_PX // 2
    views = {WHOLE: lum, "centre": _crop(lum, inset, inset)}
    views |= {f"corner {i}": _crop(lum, *at) for i, at in enumerate(CORNERS)}
    return views | {f"{px} px": _resized(lum, px) for px in (192, 224, 320)}


def classify_views(
    colorizer: "Colorizer", lum: NDArray[np.float32]
) -> dict[str, tuple[NDArray[np.float32], float]]:
    """Every view of a photo -> the router's confidences (categories,), unweighted, and seconds."""
    from colorizers.predict import with_mirror

    network, found = colorizer.network(colorizer.bundle.router), {}
    for name, view in views_of(lum).items():
        started = time.perf_counter()
        confidences = network([with_mirror(view)])[0].mean(axis=0)
        found[name] = confidences, time.perf_counter() - started
    return found


def measure_views(
    colorizer: "Colorizer", packed_dir: Path, limit: int | None = None
) -> "pd.DataFrame":
    """Classify the validation photos from each combination of views.

    Returns:
        views, n, passes (of the router, each a photo with its mirror image), milliseconds, top_1
        and top_3 (means over photos), what they gain over the whole photo with the standard error
        of that, nll in nats.
    """
    from imaging.lab import split_lab
    from preprocessing.packing import load_packed

    tasks = [
        (label, rgb)
        for label, category in enumerate(colorizer.bundle.categories)
        for rgb in load_packed(packed_dir, category, "val")[:limit]
    ]

    def classify(task: tuple[int, NDArray[np.uint8]]) -> dict:
        return classify_views(colorizer, split_lab(np.asarray(task[1]))[0])

    with ThreadPoolExecutor(2) as pool:  # ONNX Runtime and NumPy release the interpreter
        results = list(cli.progress(pool.map(classify, tasks), "looking", total=len(tasks)))
    confidences = {name: np.array([one[name][0] for one in results]) for name in results[0]}
    seconds = {name: float(np.mean([one[name][1] for one in results])) for name in results[0]}
    labels = np.array([label for label, _ in tasks])
    return summarize(confidences, seconds, labels, colorizer.bundle.category_weights)


def summarize(
    confidences: Mapping[str, NDArray[np.floating]],
    seconds: Mapping[str, float],
    labels: NDArray[np.int64],
    weights: Sequence[float],
) -> "pd.DataFrame":
    """View -> confidences (N, categories), view -> seconds -> the table of `measure_views`."""
    import pandas as pd

    from classifier.calibration import calibrate
    from classifier.metrics import negative_log_likelihood, top_k_hits

    reference, rows = {}, []
    for name, views in COMBINATIONS.items():
        told = calibrate(np.mean([confidences[one] for one in views], axis=0), weights)
        cost = 1000 * sum(seconds[one] for one in views)
        row = {"views": name, "n": len(labels), "passes": len(views), "milliseconds": cost}
        for k in (1, 3):
            hits = top_k_hits(told, labels, k).astype(float)
            gains = hits - reference.setdefault(k, hits)
            row[f"top_{k}"], row[f"top_{k}_gain"] = hits.mean(), gains.mean()
            row[f"top_{k}_error"] = gains.std() / len(gains) ** 0.5
        rows.append({**row, "nll": negative_log_likelihood(told, labels).mean()})
    return pd.DataFrame(rows).round(4)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "pipeline.views")
    add = parser.add_argument
    add("--packed-dir", type=Path, default=Path("data/packed"), help="packed photos")
    add("--models", type=Path, default=PRETRAINED_DIR, metavar="DIR", help="bundle of models")
    add("--results-dir", type=Path, default=Path("results"), help="where the table goes")
    add("--limit", type=cli.positive(int), help="photos per category [all]")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    from pipeline.router import Colorizer

    table = measure_views(Colorizer(args.models), args.packed_dir, args.limit)
    log.info("%s", table.to_string(index=False))
    cli.print_lines(write_all(args.results_dir, {"router_views.csv": table}))
    return cli.DONE


def _crop(lum: NDArray[np.float32], top: int, left: int) -> NDArray[np.float32]:
    """The square of 224 px whose upper left corner is given in px."""
    return lum[top : top + CROP_PX, left : left + CROP_PX]


def _resized(lum: NDArray[np.float32], px: int) -> NDArray[np.float32]:
    """A square lum (h, h, 1) -> (px, px, 1)."""
    image = pyvips.Image.new_from_array(lum).resize(px / lum.shape[0], kernel="cubic")
    return np.clip(image.numpy(), 0, 1).reshape(px, px, 1)


if __name__ == "__main__":
    raise SystemExit(main())
