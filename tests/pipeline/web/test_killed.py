"""A server and its workers, killed and stopped at work: others are served, and nothing is left."""

import os
import random
import signal
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from pipeline.web.folder import PREFIX, remove_abandoned
from pipeline.web.problems import MEDIA_TYPE
from tests.corpus import corpus
from tests.pipeline.web.conftest import PROJECT_DIR, wait_for_url
from tests.pipeline.web.heavy import large, slow
from tests.pipeline.web.visitor import wait_for

SECONDS, MEGABYTES = 3, 100
GRACE_S, MORE_S = 1, 2  # --grace, and what may come on top of it


class Running:
    """A server whose process is at hand."""

    def __init__(self, folder: Path, *args: str) -> None:
        self.temporary, log = folder / "tmp", folder / "log.txt"
        self.temporary.mkdir(parents=True)
        command = [
            sys.executable, "-m", "pipeline.web", "--port", "0", "--answers",
            str(folder / "answers.sqlite3"), "--at-once", "2", "--grace", str(GRACE_S), *args,
        ]  # fmt: skip
        environment = {
            **os.environ, "TMPDIR": str(self.temporary), "PYTHONPATH": str(PROJECT_DIR),
        }  # fmt: skip
        self.log = log
        with log.open("w") as file:
            self.process: Any = psutil.Popen(
                command, cwd=PROJECT_DIR, env=environment, stderr=file, preexec_fn=heed_signals
            )

    def wait(self) -> "Running":
        self.url = wait_for_url(self.process, self.log)
        return self

    def workers(self) -> list[psutil.Process]:
        """Its workers that run."""
        return [one for one in self.process.children() if is_worker(one)]

    def busy(self) -> psutil.Process:
        """A worker that is at work now."""

        def found() -> psutil.Process | None:
            before = {one: one.cpu_times().user for one in self.workers()}
            time.sleep(0.15)
            later = {one: one.cpu_times().user for one in self.workers()}
            took = {one: later[one] - before[one] for one in before if one in later}
            return max(took, key=lambda one: took[one]) if any(took.values()) else None

        return wait_for(found)

    def post(self, content: bytes, name: str = "photo.jpg") -> httpx.Response:
        files = {"file": (name, content)}
        return httpx.post(f"{self.url}v1/colorize", files=files, timeout=60)

    def metrics(self) -> str:
        return httpx.get(f"{self.url}metrics").text


def heed_signals() -> None:
    """A shell's job in the background would ignore control C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def is_worker(process: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.Error:
        return False


def ended(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE  # its parent has yet to hear of it
    except psutil.NoSuchProcess:
        return True


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("bounded")
    args = ("--max-seconds", str(SECONDS), "--max-memory", str(MEGABYTES))
    one = Running(folder, *args).wait()
    try:
        yield one
    finally:
        one.process.terminate()
        one.process.wait(60)
    assert "Traceback" not in one.log.read_text()
    assert list(one.temporary.iterdir()) == []


@pytest.fixture
def clients() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def begin(server: Running, clients: ThreadPoolExecutor, content: bytes) -> "Future[httpx.Response]":
    """Send a photo; come back when it is in work."""
    sent = clients.submit(server.post, content)
    wait_for(lambda: "colorize_open 1.0" in server.metrics())
    server.busy()
    return sent


@pytest.mark.parametrize(
    ("heavy", "told", "why"),
    [
        (slow, f"not done within {SECONDS} seconds", "time"),
        (large, f"more than {MEGABYTES} MB of memory", "memory"),
    ],
    ids=["time", "memory"],
)
def test_a_photo_beyond_a_bound_is_refused_while_others_are_served(
    server, clients, heavy, told, why
):
    sent = begin(server, clients, heavy())
    assert server.post(corpus()["gray.jpg"]).status_code == 200
    assert httpx.get(f"{server.url}healthz").elapsed.total_seconds() < 0.5
    answer = sent.result()
    assert answer.status_code == 413
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert told in answer.json()["what"]
    assert answer.json()["fix"].startswith("shrink it")
    assert f'colorize_workers_total{{why="{why}"}} 1.0' in server.metrics()
    assert server.post(corpus()["gray.jpg"]).status_code == 200


def test_a_worker_that_is_killed_at_work_is_replaced(server, clients):
    sent = begin(server, clients, slow())
    for one in server.workers():
        one.kill()
    assert sent.result().status_code == 422
    assert "ended the process" in sent.result().json()["what"]
    assert server.post(corpus()["gray.jpg"]).status_code == 200
    assert 'colorize_workers_total{why="itself"}' in server.metrics()


def test_the_photo_of_a_client_that_has_gone_is_dropped(server):
    request = httpx.Request("POST", server.url, files={"file": ("a.jpg", slow())})
    url = httpx.URL(server.url)
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    with socket.create_connection((url.host, url.port or 0)) as client:
        client.sendall(f"POST /v1/colorize HTTP/1.1\r\n{head}\r\n".encode() + request.read())
        wait_for(lambda: "colorize_open 1.0" in server.metrics())
        server.busy()
    wait_for(lambda: "colorize_open 0.0" in server.metrics(), seconds=SECONDS)
    assert 'colorize_photos_total{status="499"} 1.0' in server.metrics()
    photos = next(server.temporary.glob(f"{PREFIX}*")) / "photos"
    wait_for(lambda: not [one for one in photos.iterdir() if one.name.startswith("tmp")])


def test_a_server_stopped_at_work_ends_within_its_grace(tmp_path, clients):
    server = Running(tmp_path).wait()
    sent = begin(server, clients, slow())
    workers = server.workers()
    started = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(60)
    assert time.monotonic() - started < GRACE_S + MORE_S
    assert workers
    assert all(ended(one) for one in workers)
    assert list(server.temporary.iterdir()) == []
    assert "Traceback" not in server.log.read_text()
    with pytest.raises(httpx.HTTPError, match=r".*"):
        sent.result().raise_for_status()


def test_a_server_that_is_killed_leaves_no_worker_and_no_folder_for_long(tmp_path, clients):
    server = Running(tmp_path).wait()
    sent = begin(server, clients, slow())
    workers = server.workers()
    server.process.kill()
    server.process.wait(60)
    wait_for(lambda: all(ended(one) for one in workers), seconds=5)
    with pytest.raises(httpx.HTTPError, match=r".*"):
        sent.result()
    assert list(server.temporary.glob(f"{PREFIX}*"))
    remove_abandoned(server.temporary)  # as the next server does at its start
    assert list(server.temporary.iterdir()) == []


def test_the_folder_of_a_server_that_runs_stays(server):
    before = sorted(server.temporary.rglob("*"))
    remove_abandoned(server.temporary)
    assert sorted(server.temporary.rglob("*")) == before
    assert server.post(corpus()["gray.jpg"]).status_code == 200


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(20))
def test_a_signal_at_any_moment_ends_all(tmp_path: Path, seed: int):
    """SIGTERM, SIGINT and SIGKILL in turn, from its start to its work."""
    number = (signal.SIGTERM, signal.SIGINT, signal.SIGKILL)[seed % 3]
    chance = random.Random(seed)
    server = Running(tmp_path)
    if seed % 2:
        server.wait()
        with ThreadPoolExecutor(2) as clients:
            sent = [clients.submit(server.post, slow()) for _ in range(2)]
            time.sleep(chance.uniform(0, 3))
            workers = server.workers()
            server.process.send_signal(number)
            server.process.wait(60)
            assert all(one.exception() or one.result().status_code >= 400 for one in sent)
    else:
        time.sleep(chance.uniform(0.5, 8))  # importing, or about to serve, or serving
        workers = server.workers()
        server.process.send_signal(number)
        server.process.wait(60)
    wait_for(lambda: all(ended(one) for one in workers), seconds=5)
    remove_abandoned(server.temporary)
    assert list(server.temporary.iterdir()) == []
    assert "Traceback" not in server.log.read_text()
