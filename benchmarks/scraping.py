"""Time of a scraping run against its lower bound, and the browser's memory.

    python -m benchmarks.scraping

A photo site on loopback sends each photo after LATENCY; the scraper keeps DELAY between two
requests. So photos x DELAY + LATENCY is a lower bound of the time: the floor. Memory is
the peak of the sum over all of the browser's processes (proportional set size, where the system
tells it), sampled twice a second.
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence

import psutil

from benchmarks.parts.table import add_results_dir, conditions, publish
from benchmarks.parts.tables import SCRAPING
from tests.site.server import Site, photo_jpeg

SIZE_PX = 256
SAMPLE_S = 0.5


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--delay", type=float, default=0.1, help="s")
    parser.add_argument("--latency", type=float, default=0.2, help="s")
    parser.add_argument("--parallel", type=int, default=4)
    add_results_dir(parser)
    args = parser.parse_args(argv)
    about = conditions(args)
    for number in range(args.photos):
        photo_jpeg(number, SIZE_PX, SIZE_PX)  # drawn before the measurement
    with Site(n_photos=args.photos) as site, tempfile.TemporaryDirectory() as out_dir:
        site.latency_s = args.latency
        command = [
            *(sys.executable, "-m", "scraper", "beach", "--base-url", site.url),
            *("--out", out_dir, "--count", str(args.photos), "--size", str(SIZE_PX)),
            *("--delay", str(args.delay), "--parallel", str(args.parallel)),
        ]
        seconds, browser_mb, own_mb = measure(command)
    floor_s = args.photos * max(args.delay, args.latency / args.parallel) + args.latency
    row = {
        "photos": args.photos,
        "seconds": seconds,
        "floor_s": floor_s,
        "ratio": seconds / floor_s,
        "browser_mb": browser_mb,
        "scraper_mb": own_mb,
    }
    publish(SCRAPING, [row], about, args.results_dir)
    return 0


def measure(command: Sequence[str]) -> tuple[float, float, float]:
    """Run the scraper: seconds, peak MB of the browser, peak MB of the scraper itself."""
    started = time.perf_counter()
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peaks, finished = [0.0, 0.0], threading.Event()

    def watch() -> None:
        scraper = psutil.Process(running.pid)
        while not finished.wait(SAMPLE_S):
            peaks[0] = max(peaks[0], sum(map(megabytes, scraper.children(recursive=True))))
            peaks[1] = max(peaks[1], megabytes(scraper))

    watcher = threading.Thread(target=watch)
    watcher.start()
    status = running.wait()
    seconds = time.perf_counter() - started
    finished.set()
    watcher.join()
    if status:
        raise SystemExit(f"the scraper failed with exit code {status}")
    return seconds, peaks[0], peaks[1]


def megabytes(process: psutil.Process) -> float:
    """Memory of a process, shared pages counted in proportion; 0 if it has ended."""
    try:
        memory = process.memory_full_info()
        return getattr(memory, "pss", memory.rss) / 1e6
    except psutil.Error:
        return 0.0


if __name__ == "__main__":
    raise SystemExit(main())
