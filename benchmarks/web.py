"""The server under load: photos per second beside those of the library, and its memory.

    python -m benchmarks.web --requests 200 --small 2000

Gray JPEGs of 1 megapixel, 20 different ones under as many names as are wanted, are uploaded to
`python -m pipeline.web` on 127.0.0.1, and coloured by `pipeline.batch.colorize_all` in a fresh
process. The server has its default limits, under which 16 clients keep all cores busy and never
fill the queue: at least 17 photos may be open. More clients are told to come back (429); that is
counted, and the photo not sent again. *core s* is the time of the processors per coloured photo; it
says more than the rate where others use the same machine. The clients', about 0.005 s, is not in
it. *healthz s* is the longest that GET /healthz took, asked 20 times a second meanwhile. Then small
photos are uploaded, and the resident memory of the server and its workers is read.

Wanted: at least 0.85 of the library's photos per second, at most 0.5 s for /healthz, and at most
1.10 of the memory after the first 100 small photos. Any answer but 200 and 429, or fewer than half
of them coloured, ends the benchmark with exit code 1.
"""

import argparse
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.folder import DIFFERENT, Speed, as_a_folder, fill
from benchmarks.parts.common import in_own_process
from benchmarks.parts.photos import draw_photos
from benchmarks.parts.table import Row, add_results_dir, conditions, publish
from benchmarks.parts.tables import WEB, WEB_MEMORY
from benchmarks.parts.web_clients import (
    COLORED,
    TOO_MANY,
    Answer,
    Pulse,
    Server,
    ask_all,
    serving,
)

SMALL_PX = (256, 192)  # width, height
SMALL_CLIENTS = 4
FIRST = 100  # small photos before memory is first read
LEAST = 0.5  # share of the requests that must be coloured


@dataclass(frozen=True, kw_only=True)
class Load:
    """What some clients were answered.

    Attributes:
        clients: that asked at the same time.
        answers: one per request.
        seconds: wall time of all together.
        cpu_s: the processors' time that the server took.
        pulse_s: the longest wait for GET /healthz meanwhile.
    """

    clients: int
    answers: Sequence[Answer]
    seconds: float
    cpu_s: float
    pulse_s: float

    @property
    def statuses(self) -> Counter[str]:
        """How many answers there were of each status."""
        return Counter(one.status for one in self.answers)

    @property
    def rate(self) -> float:
        """Coloured photos per second."""
        return self.statuses[COLORED] / self.seconds

    @property
    def waits(self) -> list[float]:
        """Seconds that clients waited for their coloured photos: the median, the 99th percentile.

        A photo that was refused counts in neither.
        """
        seconds = [one.seconds for one in self.answers if one.status == COLORED]
        late = statistics.quantiles(seconds, n=100, method="inclusive")[-1]
        return [statistics.median(seconds), late]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--requests", type=int, default=200, help="photos of 1 megapixel")
    parser.add_argument("--clients", type=int, default=16, help="that upload them")
    parser.add_argument("--small", type=int, default=2000, help="photos, to read the memory by")
    add_results_dir(parser)
    args = parser.parse_args(argv)
    about = conditions(args)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photos = in_own_process(fill, folder, args.requests)
        small_dir = folder / "small"
        small_dir.mkdir()
        small = in_own_process(draw_photos, small_dir, DIFFERENT, *SMALL_PX)
        with serving() as server:
            load = loaded(server, photos, args.clients)
            library = in_own_process(as_a_folder, photos, folder / "library")  # server at rest
            publish(WEB, rows_of_rates(load, library), about, args.results_dir)
            memory = memory_of(server, small, args.small)
            publish(WEB_MEMORY, rows_of_memory(memory), about, args.results_dir)
    return 0


def loaded(server: Server, photos: Sequence[Path], clients: int) -> Load:
    """Upload photos to a server.

    Raises:
        SystemExit: see `require_colored`.
    """
    started, before = time.perf_counter(), server.cpu_s
    with Pulse(server) as pulse:
        answers = ask_all(server.url, photos, clients)
    load = Load(
        clients=clients,
        answers=answers,
        seconds=time.perf_counter() - started,
        cpu_s=server.cpu_s - before,
        pulse_s=max(pulse.seconds, default=0.0),
    )
    require_colored(load)
    return load


def require_colored(load: Load) -> None:
    """End the benchmark unless all was answered as expected, and enough was coloured."""
    statuses = load.statuses
    if others := statuses.keys() - {COLORED, TOO_MANY}:
        message = ", ".join(f"{one}: {statuses[one]}" for one in sorted(others))
        raise SystemExit(f"answered neither {COLORED} nor {TOO_MANY}: {message}")
    if statuses[COLORED] < LEAST * len(load.answers):
        raise SystemExit(f"only {statuses[COLORED]} of {len(load.answers)} photos were coloured")


def memory_of(server: Server, photos: Sequence[Path], further: int) -> dict[int, float]:
    """A server's resident memory in MB, by how many small photos it has been sent."""
    memory: dict[int, float] = {}
    first = min(FIRST, further)
    for number, in_all in ((first, first), (further, first + further)):
        wanted = [photos[one % len(photos)] for one in range(number)]
        loaded(server, wanted, SMALL_CLIENTS)
        memory[in_all] = server.resident_mb
    return memory


def rows_of_rates(load: Load, library: Speed) -> list[Row]:
    """The first table; ratios are those to the library's photos per second."""
    number, (median, late) = len(load.answers), load.waits
    colored = load.statuses[COLORED]
    unknown = dict.fromkeys(one.name for one in WEB.columns)
    return [
        unknown
        | {
            "way": f"a folder, {library.workers} threads",
            "photos_per_s": library.rate,
            "ratio": 1.0,
            "core_s": library.cpu_s / library.photos,
        },
        {
            "way": f"the server, {load.clients} clients",
            "requests": number,
            "colored": colored,
            "refused": load.statuses[TOO_MANY],
            "requests_per_s": number / load.seconds,
            "photos_per_s": load.rate,
            "ratio": load.rate / library.rate,
            "core_s": load.cpu_s / colored,
            "median_s": median,
            "late_s": late,
            "healthz_s": load.pulse_s,
        },
    ]


def rows_of_memory(memory: dict[int, float]) -> list[Row]:
    """The second table; ratios are those to the first row."""
    first = next(iter(memory.values()))
    return [
        {"small_photos": number, "resident_mb": resident_mb, "ratio": resident_mb / first}
        for number, resident_mb in memory.items()
    ]


if __name__ == "__main__":
    raise SystemExit(main())
