"""From the command line to the written file: seconds and peak memory, cold.

    python -m benchmarks.cold_start

Colours gray JPEGs of 1 and 12 megapixels, each in a fresh process, and prints wall time and peak
resident memory beside those of libvips reading and writing the same file without colouring it:
the floor. The median of five runs counts.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

MEGAPIXELS = {1: (1224, 816), 12: (4240, 2832)}  # width, height in px; 3:2 as cameras have it
RUNS = 5
COPY = (
    "import sys, pyvips;"
    "pyvips.Image.new_from_file(sys.argv[1], access='sequential').colourspace('srgb')"
    ".write_to_file(sys.argv[2], Q=95, subsample_mode='off')"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0]).parse_args(argv)
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{'':>6}{'colorize':>12}{'':>10}{'copy only':>12}{'':>10}{'ratio':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for megapixels, (width, height) in MEGAPIXELS.items():
            photo, output = Path(folder) / f"{megapixels}.jpg", Path(folder) / "out.jpg"
            draw_photo(photo, width, height)
            colorize = [
                sys.executable, "-m", "pipeline.colorize", str(photo), "-o", str(output), "--force",
            ]  # fmt: skip
            copy = [sys.executable, "-c", COPY, str(photo), str(output)]
            (seconds, mb), (floor_s, floor_mb) = (measure(one) for one in (colorize, copy))
            print(
                f"{megapixels:>3} MP{seconds:>10.2f} s{mb:>7.0f} MB{floor_s:>10.2f} s"
                f"{floor_mb:>7.0f} MB{seconds / floor_s:>8.1f}"
            )
    return 0


def draw_photo(path: Path, width: int, height: int) -> None:
    """Write scikit-image's camera photo, enlarged, with film grain, as a gray JPEG."""
    import pyvips
    from skimage.data import camera

    small = pyvips.Image.new_from_array(camera())
    large = small.thumbnail_image(width, height=height, crop="centre")
    grain = pyvips.Image.gaussnoise(width, height, mean=0, sigma=6, seed=0)
    (large + grain).cast("uchar").write_to_file(str(path), Q=92)


def measure(command: Sequence[str]) -> tuple[float, float]:
    """Median wall seconds and greatest peak resident memory in MB of a command."""
    seconds, peaks = [], []
    for _ in range(RUNS):
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            raise SystemExit(f"failed: {' '.join(command)}")
        seconds.append(time.perf_counter() - started)
        peaks.append(usage.ru_maxrss / 1024)  # Linux counts in kB
    return statistics.median(seconds), max(peaks)


if __name__ == "__main__":
    raise SystemExit(main())
