"""A real headless browser: found, started, and ended, even if we are killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from basics.errors import ScrapeError
from scraper.page.browser import BROWSERS, DRIVER, open_browser
from tests.scraper.fetching import MakeConfig
from tests.scraper.processes import are_gone, pids_with

pytestmark = pytest.mark.browser
PROJECT_DIR = Path(__file__).parents[3]
PAGE = "data:text/html,<title>A page</title>"
DRIVER_PATH = shutil.which(DRIVER)
BROWSER_PATH = next(filter(None, map(shutil.which, BROWSERS)), None)

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def empty_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH; Selenium Manager stays offline."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("SE_OFFLINE", "true")
    monkeypatch.setenv("SE_CACHE_PATH", str(tmp_path / "cache"))
    monkeypatch.delenv("SE_CHROMEDRIVER", raising=False)
    return folder


def program(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@on_linux
def test_a_browser_prints_nothing_and_leaves_no_process_or_file(
    settings: MakeConfig, capfd: pytest.CaptureFixture
):
    config = settings()
    with open_browser(config) as browser:
        browser.get(PAGE)
        profile = browser.capabilities["chrome"]["userDataDir"]
        assert Path(profile).is_relative_to(config.out_dir)
        assert pids_with(profile)
    assert are_gone(profile)
    assert [path.name for path in config.out_dir.rglob("*")] == [".scraper"]
    assert capfd.readouterr() == ("", "")


@on_linux
@pytest.mark.parametrize("after_s", [0.2, 0.5, 0.8, None])
def test_a_killed_program_leaves_no_browser(
    settings: MakeConfig, tmp_path: Path, after_s: float | None
):
    code = (
        "import sys, time; from pathlib import Path\n"
        "from scraper.page.browser import open_browser; from scraper.config import ScrapeConfig\n"
        "with open_browser(ScrapeConfig(out_dir=Path(sys.argv[1]))):\n"
        "    print('open', flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, cwd=PROJECT_DIR, stdout=subprocess.PIPE, text=True) as running:
        if after_s is None:
            assert running.stdout
            assert running.stdout.readline() == "open\n"
            assert pids_with(str(tmp_path), "--headless")
        else:
            time.sleep(after_s)  # into the middle of the start
        running.send_signal(signal.SIGKILL)
    assert are_gone(str(tmp_path))
    assert not list(tmp_path.glob(".scraper/profile/*"))
    with open_browser(settings(out_dir=tmp_path)) as browser:
        assert browser.session_id


@on_linux
def test_a_killed_browser_is_closed_without_output(
    settings: MakeConfig, capfd: pytest.CaptureFixture
):
    config = settings()
    with open_browser(config) as browser:
        for pid in pids_with(str(config.out_dir), "--headless"):
            os.kill(pid, signal.SIGKILL)
        assert browser.session_id
    assert are_gone(str(config.out_dir))
    assert not list(config.out_dir.glob(".scraper/*"))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("option", ["browser", "driver"])
def test_a_given_program_must_exist(settings: MakeConfig, option: str):
    config = settings(**{option: Path("no/such/program")})
    with (
        pytest.raises(ScrapeError, match=rf"no such program\n.*--{option} no/such/program"),
        open_browser(config),
    ):
        pass


def test_without_a_browser_the_error_says_what_to_install(settings: MakeConfig, empty_path: Path):
    with (
        pytest.raises(
            ScrapeError,
            match=r"cannot start Chrome or Chromium: .*\n.*PATH\n.*apt install chromium",
        ),
        open_browser(settings()),
    ):
        pass
    assert not list(empty_path.iterdir())


def test_a_given_driver_that_fails_is_not_replaced(settings: MakeConfig, tmp_path: Path):
    driver = program(tmp_path / "driver", "exit 1")
    with (
        pytest.raises(ScrapeError, match=f"cannot start Chrome or Chromium: .*\n.*{driver}"),
        open_browser(settings(driver=driver)),
    ):
        pass


@on_linux
@pytest.mark.skipif(not (DRIVER_PATH and BROWSER_PATH), reason="no driver or browser on PATH")
def test_selenium_manager_replaces_an_installed_driver_that_fails(
    settings: MakeConfig, empty_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    program(empty_path / DRIVER, "exit 1")
    paths = {"driver_path": DRIVER_PATH, "browser_path": BROWSER_PATH}
    output = json.dumps({"logs": [], "result": paths})
    manager = program(tmp_path / "manager", f"echo '{output}'")
    monkeypatch.setenv("SE_MANAGER_PATH", str(manager))
    with open_browser(settings()) as browser:
        browser.get(PAGE)
        assert browser.session_id
