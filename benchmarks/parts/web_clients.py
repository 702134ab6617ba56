"""A server in a process of its own, on this computer, and clients that load it with photos."""

import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import httpx
import psutil

COLORED, TOO_MANY = "200", "429"  # the answers that are expected, by HTTP's status
START_S, STOP_S = 120.0, 60.0
ANSWER_S = 120.0  # the longest that a client waits for one answer
ALL_S = 1800.0  # and for all of them
LOOK_S = 0.05


class Answer(NamedTuple):
    """What became of a request: HTTP's status, else the name of the error; wall seconds."""

    status: str
    seconds: float


class Server(NamedTuple):
    """A server that runs."""

    url: str
    pid: int

    @property
    def resident_mb(self) -> float:
        """Its resident memory and that of its workers, in MB of 2**20 bytes."""
        return sum(one.memory_info().rss for one in self._processes()) / 2**20

    @property
    def cpu_s(self) -> float:
        """What it and its workers have taken of the processors so far."""
        times = [one.cpu_times() for one in self._processes()]
        return sum(one.user + one.system for one in times)

    def _processes(self) -> list[psutil.Process]:
        own = psutil.Process(self.pid)
        return [own, *own.children(recursive=True)]


class Pulse:
    """Asks a server how it fares, again and again, while the block runs.

    Attributes:
        seconds: how long each answer took.
    """

    def __init__(self, server: Server) -> None:
        """Ask nothing yet."""
        self.seconds: list[float] = []
        self._url = f"{server.url}healthz"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> "Pulse":
        """Begin to ask."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Ask no more."""
        self._stop.set()
        self._thread.join()

    def _ask(self) -> None:
        with httpx.Client(timeout=ANSWER_S, trust_env=False) as client:
            while not self._stop.wait(LOOK_S):
                started = time.perf_counter()
                client.get(self._url).raise_for_status()
                self.seconds.append(time.perf_counter() - started)


@contextmanager
def serving(*args: str) -> Iterator[Server]:
    """Run `python -m pipeline.web` on a free port of 127.0.0.1; stop it as control C does.

    Raises:
        SystemExit: it does not start, or does not stop; with the end of what it said.
    """
    with tempfile.TemporaryDirectory() as name:
        log, answers = Path(name, "log.txt"), Path(name, "answers.sqlite3")
        command = [sys.executable, "-m", "pipeline.web", "--port", "0", "--answers", str(answers)]
        with log.open("wb") as said:
            process = subprocess.Popen([*command, *args], stderr=said)
        try:
            yield Server(_url_of(process, log), process.pid)
        finally:
            process.send_signal(signal.SIGINT)
            _wait_for_end(process)


def ask_all(url: str, photos: Sequence[Path], clients: int) -> list[Answer]:
    """Have photos coloured by a server, so many at once as there are clients.

    Args:
        url: of the server.
        photos: one request each.
        clients: threads; each goes on to the next photo when it has an answer, whichever it is. One
            that is told to come back does so then, as it should.

    Raises:
        SystemExit: it takes too long.
    """
    limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
    with (
        httpx.Client(base_url=url, timeout=ANSWER_S, limits=limits, trust_env=False) as client,
        ThreadPoolExecutor(clients) as pool,
    ):
        try:
            return list(pool.map(partial(_ask, client), photos, timeout=ALL_S))
        except TimeoutError as error:
            raise SystemExit(f"{len(photos)} photos took over {ALL_S:g} s") from error


def _ask(client: httpx.Client, photo: Path) -> Answer:
    """Upload a photo and read the answer to its end; wait on if told to."""
    files = {"file": (photo.name, photo.read_bytes(), "image/jpeg")}
    started = time.perf_counter()
    try:
        answer = client.post("/v1/colorize", files=files)
    except httpx.HTTPError as error:
        return Answer(type(error).__name__, time.perf_counter() - started)
    seconds = time.perf_counter() - started
    if str(answer.status_code) == TOO_MANY:
        time.sleep(float(answer.headers["Retry-After"]))
    return Answer(str(answer.status_code), seconds)


def _url_of(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where a server listens, once it answers."""
    until = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < until:
        if found := re.search(r"open (http://\S+)", log.read_text(errors="replace")):
            httpx.get(f"{found[1]}healthz", timeout=START_S, trust_env=False).raise_for_status()
            return found[1]
        time.sleep(LOOK_S)
    raise SystemExit(f"the server does not start:\n{log.read_text(errors='replace')[-1000:]}")


def _wait_for_end(process: subprocess.Popen[bytes]) -> None:
    """See that a server that was told to stop does so."""
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.wait()
        raise SystemExit(f"the server did not stop within {STOP_S:g} s") from error
