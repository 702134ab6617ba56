"""A folder of photos: photos per second on all cores, and of one photo at a time on one thread.

    python -m benchmarks.folder --photos 1000

Gray JPEGs of 1 megapixel, 20 different ones under as many names as are wanted, are coloured by
`pipeline.batch.colorize_all`; beside it one after the other, each on one thread. A second table has
the photos per second of the networks alone, by how many photos pass them together, on one thread:
`pipeline.batch.BATCH` is chosen by it. Each is measured in a fresh process. Needs 1 GB of temporary
disk for 1000 photos.
"""

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.parts.common import SIZES_PX, in_own_process
from benchmarks.parts.photos import draw_photos
from benchmarks.parts.table import Row, add_results_dir, conditions, publish
from benchmarks.parts.tables import BATCHES as BATCHES_TABLE
from benchmarks.parts.tables import FOLDER
from imaging.photo import set_threads
from pipeline.batch import Order, Outcome, colorize_all
from pipeline.colorizer import Colorizer
from pipeline.engine.request import ColorRequest, Limits, Rendering
from pipeline.media.colored import Colored
from pipeline.media.photo_files import PhotoSource
from pipeline.media.plan import Task

DIFFERENT = 20  # photos; the others are the same under other names
BATCHES = (1, 2, 4, 8)  # photos that pass the networks together
SEEN = 16  # photos that pass the networks in each round
ROUNDS = 3


@dataclass(frozen=True, kw_only=True)
class Speed:
    """What colouring some photos took.

    Attributes:
        workers: threads that coloured.
        photos: how many were coloured.
        seconds: wall time.
        cpu_s: the processors' time, of all threads.
        networks_s: time in the networks, summed over threads.
        peak_mb: greatest resident memory, in MB of 2**20 bytes.
    """

    workers: int
    photos: int
    seconds: float
    cpu_s: float
    networks_s: float
    peak_mb: float

    @property
    def rate(self) -> float:
        """Photos per second."""
        return self.photos / self.seconds


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--photos", type=int, default=1000, help="in the folder")
    parser.add_argument("--alone", type=int, default=50, help="photos coloured one at a time")
    add_results_dir(parser)
    args = parser.parse_args(argv)
    about = conditions(args)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photos = in_own_process(fill, folder, max(args.photos, args.alone))
        alone = in_own_process(one_at_a_time, photos[: args.alone], folder / "alone")
        together = in_own_process(as_a_folder, photos[: args.photos], folder / "together")
        ways = {
            "one at a time, 1 thread": alone,
            f"a folder, {together.workers} threads": together,
        }
        rows = [row(title, speed, alone) for title, speed in ways.items()]
        publish(FOLDER, rows, about, args.results_dir)
        rates = in_own_process(rates_of_batches, photos)
        publish(BATCHES_TABLE, rows_of_batches(rates), about, args.results_dir)
    return 0


def row(title: str, speed: Speed, alone: Speed) -> Row:
    """A row of the first table; shares are of the time of all threads that were to be busy."""
    all_s = speed.seconds * speed.workers
    return {
        "way": title,
        "photos": speed.photos,
        "photos_per_s": speed.rate,
        "ratio": speed.rate / alone.rate,
        "busy": speed.cpu_s / all_s,
        "in_networks": speed.networks_s / all_s,
        "peak_mb": speed.peak_mb,
    }


def rows_of_batches(rates: dict[int, float]) -> list[Row]:
    """The second table."""
    return [
        {"together": size, "photos_per_s": rate, "ratio": rate / rates[BATCHES[0]]}
        for size, rate in rates.items()
    ]


def fill(folder: Path, number: int) -> list[Path]:
    """Put photos into a folder, on disk as often as they differ."""
    different = draw_photos(folder, min(DIFFERENT, number), *SIZES_PX[1])
    paths = [folder / f"{one:04d}.jpg" for one in range(number)]
    for index, path in enumerate(paths[len(different) :]):
        path.hardlink_to(different[index % len(different)])
    return paths


def as_a_folder(photos: Sequence[Path], out_dir: Path) -> Speed:
    """Colour photos side by side, as `pipeline.colorize` does those of a folder."""
    workers = os.cpu_count() or 1
    colorizer = Colorizer(threads=1)
    tasks = [Task(photo=photo, output=out_dir / photo.name) for photo in photos]
    order = Order(request=ColorRequest(), rendering=Rendering(), limits=Limits())
    outcomes = colorize_all(colorizer, tasks, order, workers=workers)
    return timed(colorizer, workers, (_require_colored(one) for one in outcomes))


def one_at_a_time(photos: Sequence[Path], out_dir: Path) -> Speed:
    """Colour photos one after the other, each on one thread."""
    set_threads(1)
    colorizer = Colorizer(threads=1)
    results = (colorizer.colorize(photo, out_dir / photo.name) for photo in photos)
    return timed(colorizer, 1, results)


def timed(colorizer: Colorizer, workers: int, results: Iterable[Colored]) -> Speed:
    """What it takes to make the results: they are made as they are asked for."""
    started, before = time.perf_counter(), cpu_seconds()
    photos = sum(1 for _ in results)
    return Speed(
        workers=workers,
        photos=photos,
        seconds=time.perf_counter() - started,
        cpu_s=cpu_seconds() - before,
        networks_s=colorizer.engine.models.seconds,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def _require_colored(outcome: Outcome) -> Colored:
    """The result of a photo; the benchmark ends where there is none."""
    if outcome.colored is None:
        raise SystemExit(f"not coloured: {outcome.task.photo}: {outcome.error}")
    return outcome.colored


def cpu_seconds() -> float:
    """What this process has taken of the processors so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def rates_of_batches(photos: Sequence[Path]) -> dict[int, float]:
    """Photos per second of the networks alone on one thread, by how many pass them together."""
    set_threads(1)
    colorizer, request = Colorizer(threads=1), ColorRequest()
    seen = [PhotoSource(one, Limits()).first() for one in photos[:SEEN]]
    colorizer.predict_frames(seen, request)  # opens all networks that are wanted
    seconds: dict[int, list[float]] = {size: [] for size in BATCHES}
    for _ in range(ROUNDS):
        for size in BATCHES:
            started = time.perf_counter()
            for first in range(0, len(seen), size):
                colorizer.predict_frames(seen[first : first + size], request)
            seconds[size].append(time.perf_counter() - started)
    return {size: len(seen) / statistics.median(own) for size, own in seconds.items()}


if __name__ == "__main__":
    raise SystemExit(main())
