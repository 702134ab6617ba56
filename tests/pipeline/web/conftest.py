"""The server as a process of its own, and a browser that visits it."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from pipeline.engine.bundle import PRETRAINED_DIR
from pipeline.engine.bundle_file import read_bundle
from pipeline.web.app import build_app
from pipeline.web.limits import ServerLimits
from scraper.page.browser import BROWSERS, DRIVER
from tests.pipeline.web.visitor import Visitor

PROJECT_DIR = Path(__file__).parents[3]
START_S = 120
DOWNLOADS = "downloads"
SHOTS_DIR = PROJECT_DIR / "runs" / "screenshots"
SWITCHES = (
    "--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--window-size=1280,1000", "--no-sandbox",
)  # fmt: skip


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    url: str
    answers: Path
    temporary: Path  # its TMPDIR


@contextmanager
def running(
    folder: Path,
    *args: str,
    stop: signal.Signals = signal.SIGINT,
    prepare: Callable[[], None] | None = None,
    cwd: Path = PROJECT_DIR,
) -> Iterator[Server]:
    """Run `python -m pipeline.web`; stop it by a signal, and see that it leaves nothing.

    `prepare` is called in the process before it runs, in the folder `cwd`.
    """
    answers, temporary = folder / "answers.sqlite3", folder / "tmp"
    temporary.mkdir()
    command = [
        sys.executable,
        "-m",
        "pipeline.web",
        "--port",
        "0",
        "--answers",
        str(answers),
        *args,
    ]
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(PROJECT_DIR)}
    log = folder / "log.txt"
    with log.open("w") as file:
        process = subprocess.Popen(
            command, cwd=cwd, env=environment, stderr=file, preexec_fn=prepare
        )
    try:
        yield Server(wait_for_url(process, log), answers, temporary)
    finally:
        process.send_signal(stop)
        process.wait(60)
    assert "Traceback" not in log.read_text()
    assert list(temporary.iterdir()) == []


def wait_for_url(process: subprocess.Popen, log: Path) -> str:
    from tests.pipeline.web.visitor import wait_for

    def url() -> str | None:
        assert process.poll() is None, log.read_text()
        found = re.search(r"open (http://\S+)", log.read_text())
        return found[1] if found else None

    return wait_for(url, seconds=START_S)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server")) as one:
        yield one


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """A headless browser that keeps what it downloads, and logs what it asks for."""
    path, driver = next(filter(None, map(shutil.which, BROWSERS)), None), shutil.which(DRIVER)
    assert path, "no Chrome or Chromium: apt install chromium chromium-driver"
    options = ChromeOptions()
    options.binary_location = path
    for switch in SWITCHES:
        options.add_argument(switch)
    downloads = tmp_path_factory.getbasetemp() / DOWNLOADS
    downloads.mkdir()
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    with Chrome(options, ChromeService(driver) if driver else None) as one:
        yield one


@pytest.fixture
def visitor(
    server: Server,
    browser: Chrome,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Visitor]:
    """Somebody who has just come to the page; what they see at the end is kept as a picture."""
    one = Visitor(browser, server.url, tmp_path_factory.getbasetemp() / DOWNLOADS)
    browser.get_log("performance")  # what it asked of another test's server is gone with it
    one.come()
    yield one
    SHOTS_DIR.mkdir(parents=True, exist_ok=True)
    browser.save_screenshot(str(SHOTS_DIR / f"{request.node.name}.png"))


@pytest.fixture(scope="session")
def app() -> FastAPI:
    """The API alone, in this process."""
    return build_app(read_bundle(PRETRAINED_DIR), ServerLimits(pixels=1_000_000))


@pytest.fixture(scope="session")
def api(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client
