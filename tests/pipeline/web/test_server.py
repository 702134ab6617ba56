"""The command itself: where it listens, who may enter, what it leaves."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from resource import RLIMIT_FSIZE, setrlimit

import httpx
import pytest
import pyvips

from pipeline.web.__main__ import build_parser
from pipeline.web.problems import MEDIA_TYPE
from tests.corpus import corpus
from tests.pipeline.web.conftest import PROJECT_DIR, running


def run(*args: str, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "pipeline.web", *args]
    env = {**os.environ, **environment}
    return subprocess.run(
        command, cwd=PROJECT_DIR, env=env, capture_output=True, text=True, timeout=120, check=False
    )


def test_it_listens_on_this_computer_alone_unless_told_otherwise():
    assert build_parser().parse_args([]).host == "127.0.0.1"


def test_a_port_that_is_taken_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "cannot listen" in done.stderr
    assert "fix: give another --port" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("args", [["--port", "-1"], ["--at-once", "0"], ["--max-seconds", "nan"]])
def test_limits_that_make_no_sense_are_refused(args: list[str]):
    assert run(*args).returncode == 2


def test_a_bundle_that_is_none_is_told(tmp_path: Path):
    done = run("--models", str(tmp_path), "--port", "0")
    assert done.returncode == 1
    assert "bundle.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_photos_for_the_turing_test_that_are_not_there_are_told(tmp_path: Path):
    nowhere = tmp_path / "nowhere"
    done = run("--turing-data", str(nowhere), "--port", "0")
    assert done.returncode == 1
    assert f"where: --turing-data {nowhere}" in done.stderr


def test_a_server_that_is_stopped_at_work_leaves_nothing(tmp_path: Path):
    with running(tmp_path) as server:
        files = {"file": ("gray.jpg", corpus()["gray.jpg"])}
        assert httpx.post(f"{server.url}v1/colorize", files=files).status_code == 200
        assert list(server.temporary.glob("colorize-web-*"))
    assert list(server.temporary.iterdir()) == []


def test_a_full_disk_is_told_as_such(tmp_path: Path):
    """No file may have more than 300 kB, which the page's examples have not."""
    small = 300_000
    with running(tmp_path, prepare=lambda: setrlimit(RLIMIT_FSIZE, (small, small))) as server:
        noise = pyvips.Image.gaussnoise(1000, 1000, mean=128).cast("uchar")
        files = {"file": ("noise.png", noise.write_to_buffer(".png"))}
        answer = httpx.post(f"{server.url}v1/colorize", files=files, timeout=60)
        fine = {"file": ("gray.jpg", corpus()["gray.jpg"])}
        assert httpx.post(f"{server.url}v1/colorize", files=fine).status_code == 200
    assert answer.status_code == 507
    assert answer.json()["what"].startswith("the server cannot keep the photo")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "v1/nothing", 404),
        ("GET", "v1/colorize", 405),
        ("DELETE", "v1/categories", 405),
        ("POST", "healthz", 405),
    ],
)
def test_what_the_api_does_not_have_is_a_problem_and_no_page(server, method, path, status):
    answer = httpx.request(method, server.url + path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert ("allow" in answer.headers) == (status == 405)


def test_it_ends_by_the_signal_that_stops_a_container(tmp_path: Path):
    with running(tmp_path, stop=signal.SIGTERM) as server:
        assert httpx.get(f"{server.url}healthz").json() == {"status": "ok"}
