"""This checkout's speed beside another's, in one run: python -m benchmarks.against OTHER_CHECKOUT

Photos of 1 and 12 megapixels, each in a fresh process; a folder of photos on all processors; and a
server with four clients. The checkouts take turns; the medians count, and the ratio is this one's
to the other's: below 1 is faster.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.common import SIZES_PX, in_own_process, machine_line

HERE = Path(__file__).parents[1]
N_FOLDER, N_WEB, CLIENTS = 40, 40, 4


class Cost(NamedTuple):
    """Wall seconds, the processors' seconds, and peak resident memory in MB of 2**20 bytes."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def run(checkout: Path, command: Sequence[str]) -> Cost:
    """What a command of a checkout costs from its start to its end.

    Raises:
        SystemExit: it fails.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *command], cwd=checkout, env={**os.environ, "PYTHONPATH": ""},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"failed in {checkout}: {' '.join(command)}")
    wall = time.perf_counter() - started
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def serve(checkout: Path, photos: Sequence[Path]) -> Cost:
    """What a server of a checkout takes for some photos, once it is warm."""
    from benchmarks.web_clients import ask_all, serving

    os.chdir(checkout)  # where `python -m pipeline.web` finds its packages
    with serving() as server:
        ask_all(server.url, photos[:CLIENTS], CLIENTS)
        started, before = time.perf_counter(), server.cpu_s
        answers = ask_all(server.url, photos, CLIENTS)
        wall, cpu, peak = time.perf_counter() - started, server.cpu_s - before, server.resident_mb
    if {one.status for one in answers} != {"200"}:
        raise SystemExit(f"not all were coloured in {checkout}")
    return Cost(wall, cpu, peak)


def compare(title: str, other: Path, runs: int, job: Callable[[Path], Cost]) -> None:
    """Let both do a job in turn; print a row of the table."""
    costs: dict[Path, list[Cost]] = {other: [], HERE: []}
    for number in range(runs):
        for checkout in (other, HERE)[:: 1 if number % 2 else -1]:
            costs[checkout].append(job(checkout))
    was, now = (
        Cost(*(statistics.median(values) for values in zip(*costs[one], strict=True)))
        for one in (other, HERE)
    )
    cells = [f"{a:>9.2f}{b:>8.2f}{b / a:>7.2f}" for a, b in zip(was, now, strict=True)]
    print(f"{title:<26}{''.join(cells)}", flush=True)


def draw(folder: Path, megapixels: int, number: int) -> list[Path]:
    """Write gray JPEGs of one size."""
    from benchmarks.photos import draw_photos

    return draw_photos(folder, number, *SIZES_PX[megapixels])


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("other", type=Path, help="a checkout to compare with")
    parser.add_argument("--runs", type=int, default=5, help="of each, of which the median counts")
    args = parser.parse_args(argv)
    other = args.other.resolve()
    print(machine_line())
    print(f"{'':<26}{'wall s':>9}{'now':>8}{'ratio':>7}{'CPU s':>9}{'now':>8}{'ratio':>7}"
          f"{'peak MB':>9}{'now':>8}{'ratio':>7}")  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for megapixels in (1, 12):
            (photo,) = in_own_process(draw, _new(folder / str(megapixels)), megapixels, 1)
            command = ["-m", "pipeline.colorize", str(photo), "--force", "-o", f"{folder}/out.jpg"]
            compare(f"{megapixels} MP, cold", other, args.runs, partial(run, command=command))
        album = _new(folder / "album")
        photos = in_own_process(draw, album, 1, N_FOLDER)
        command = ["-m", "pipeline.colorize", str(album), "--force", "-o", f"{folder}/out"]
        compare(f"{N_FOLDER} photos of 1 MP", other, args.runs, partial(run, command=command))
        compare(
            f"server, {N_WEB} of 1 MP", other, args.runs,
            lambda one: in_own_process(serve, one, photos[:N_WEB]),
        )  # fmt: skip
    return 0


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


if __name__ == "__main__":
    raise SystemExit(main())
