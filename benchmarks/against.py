"""This checkout's speed beside another's, in one run: python -m benchmarks.against OTHER_CHECKOUT

Photos of 1 and 12 megapixels, each in a fresh process; the networks alone, warm, on one thread;
a folder of photos on all processors; and a server with four clients. The checkouts take turns,
each with its own bundle; the medians count, and the ratio is this one's to the other's: below 1 is
faster.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.parts.common import SIZES_PX, in_own_process
from benchmarks.parts.table import Row, add_results_dir, commit_of, conditions, publish
from benchmarks.parts.tables import AGAINST

HERE = Path(__file__).parents[1]
N_FOLDER, N_WEB, CLIENTS = 40, 40, 4
N_SQUARE, SQUARE_PX, ROUNDS = (
    20,
    256,
    3,
)  # photos for the networks alone, and how often each passes in one run
JOBS = ("cold", "networks", "folder", "server")
# run by the Python of a checkout, so it keeps to what each of them has; prints seconds per photo
NETWORKS = """
import sys, time
from pathlib import Path
from imaging.photo import set_threads
from pipeline.colorizer import Colorizer
from pipeline.engine.request import ColorRequest, Limits
from pipeline.media.photo_files import PhotoSource

set_threads(1)
colorizer, request = Colorizer(threads=1), ColorRequest()
frames = [PhotoSource(Path(one), Limits()).first() for one in sys.argv[2:]]
for frame in frames:
    colorizer.predict_frames([frame], request)
started, before = time.perf_counter(), time.process_time()
for _ in range(int(sys.argv[1])):
    for frame in frames:
        colorizer.predict_frames([frame], request)
n = int(sys.argv[1]) * len(frames)
print((time.perf_counter() - started) / n, (time.process_time() - before) / n)
"""


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
    return finished(checkout, command)[0]


def run_networks(checkout: Path, photos: Sequence[Path]) -> Cost:
    """What router and colorizers of a checkout take for a photo, once they are open.

    Raises:
        SystemExit: they fail.
    """
    cost, said = finished(checkout, ["-c", NETWORKS, str(ROUNDS), *map(str, photos)])
    wall_s, cpu_s = map(float, said.split())
    return cost._replace(wall_s=wall_s, cpu_s=cpu_s)


def finished(checkout: Path, command: Sequence[str]) -> tuple[Cost, str]:
    """What Python costs with these arguments in a checkout, and what it prints.

    Raises:
        SystemExit: it fails.
    """
    with tempfile.TemporaryFile("w+") as said:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *command], cwd=checkout, env={**os.environ, "PYTHONPATH": ""},
            stdout=said, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"failed in {checkout}: {' '.join(command)}")
        said.seek(0)
        cost = Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
        return cost, said.read()


def serve(checkout: Path, photos: Sequence[Path]) -> Cost:
    """What a server of a checkout takes for some photos, once it is warm."""
    from benchmarks.parts.web_clients import ask_all, serving

    os.chdir(checkout)  # where `python -m pipeline.web` finds its packages
    with serving() as server:
        ask_all(server.url, photos[:CLIENTS], CLIENTS)
        started, before = time.perf_counter(), server.cpu_s
        answers = ask_all(server.url, photos, CLIENTS)
        wall, cpu, peak = time.perf_counter() - started, server.cpu_s - before, server.resident_mb
    if {one.status for one in answers} != {"200"}:
        raise SystemExit(f"not all were coloured in {checkout}")
    return Cost(wall, cpu, peak)


def compare(title: str, other: Path, runs: int, job: Callable[[Path], Cost]) -> Row:
    """Let both do a job in turn; give a row of the table."""
    costs: dict[Path, list[Cost]] = {other: [], HERE: []}
    for number in range(runs):
        for checkout in (other, HERE)[:: 1 if number % 2 else -1]:
            costs[checkout].append(job(checkout))
    was, now = (
        Cost(*(statistics.median(values) for values in zip(*costs[one], strict=True)))
        for one in (other, HERE)
    )
    row: dict[str, object] = {"job": title, "before": commit_of(other)}
    for name, a, b in zip(Cost._fields, was, now, strict=True):
        row |= {f"{name}_before": a, name: b, f"{name}_ratio": b / a}
    return row


def draw(folder: Path, megapixels: int, number: int) -> list[Path]:
    """Write gray JPEGs of one size."""
    from benchmarks.parts.photos import draw_photos

    return draw_photos(folder, number, *SIZES_PX[megapixels])


def draw_squares(folder: Path, number: int) -> list[Path]:
    """Write gray JPEGs as large as the networks see them."""
    from benchmarks.parts.photos import draw_photos

    return draw_photos(folder, number, SQUARE_PX, SQUARE_PX)


def rows_of(jobs: Collection[str], other: Path, runs: int, folder: Path) -> Iterator[Row]:
    """The rows of the table, as they are measured."""
    if "cold" in jobs:
        for megapixels in (1, 12):
            (photo,) = in_own_process(draw, _new(folder / str(megapixels)), megapixels, 1)
            command = ["-m", "pipeline.colorize", str(photo), "--force", "-o", f"{folder}/out.jpg"]
            for checkout in (other, HERE):
                run(checkout, command)  # which compiles modules and reads files for the first time
            yield compare(f"{megapixels} MP, cold", other, runs, partial(run, command=command))
    if "networks" in jobs:
        squares = in_own_process(draw_squares, _new(folder / "squares"), N_SQUARE)
        title = f"networks, {SQUARE_PX} px, a photo"
        yield compare(title, other, runs, partial(run_networks, photos=squares))
    album = _new(folder / "album")
    wants_album = not {"folder", "server"}.isdisjoint(jobs)
    photos = in_own_process(draw, album, 1, N_FOLDER) if wants_album else []
    if "folder" in jobs:
        command = ["-m", "pipeline.colorize", str(album), "--force", "-o", f"{folder}/out"]
        yield compare(f"{N_FOLDER} photos of 1 MP", other, runs, partial(run, command=command))
    if "server" in jobs:
        yield compare(
            f"server, {N_WEB} of 1 MP", other, runs,
            lambda one: in_own_process(serve, one, photos[:N_WEB]),
        )  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add = parser.add_argument
    add("other", type=Path, help="a checkout to compare with")
    add("--runs", type=int, default=5, help="of each, of which the median counts")
    add("--only", nargs="+", choices=JOBS, default=JOBS, help="some of the rows")
    add_results_dir(parser)
    args = parser.parse_args(argv)
    about = conditions(args)
    with tempfile.TemporaryDirectory() as name:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as installed: with compiled modules
        os.environ["PYTHONPYCACHEPREFIX"] = f"{name}/compiled"  # but nothing in the checkouts
        rows = rows_of(args.only, args.other.resolve(), args.runs, Path(name))
        publish(AGAINST, rows, about, args.results_dir)
    return 0


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


if __name__ == "__main__":
    raise SystemExit(main())
