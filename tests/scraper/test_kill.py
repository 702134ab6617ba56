"""A run that is killed or interrupted at any moment can be resumed."""

import hashlib
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from scraper.manifest import MANIFEST, read_rows
from tests.site.server import Reply, Site, image_path

PROJECT_DIR = Path(__file__).parents[2]
N_PHOTOS, PARALLEL = 200, 4
LONGEST_S = 4.0  # until a kill; the browser is open after one or two
DELAY_S = 0.1  # so that the kills do not last until all photos are there


def start(site: Site, out_dir: Path) -> subprocess.Popen:
    command = [
        *(sys.executable, "-m", "scraper", "beach"),
        *("--base-url", site.url, "--out", str(out_dir), "--count", str(N_PHOTOS)),
        *("--delay", str(DELAY_S), "--parallel", str(PARALLEL), "--size", "256"),
    ]
    return subprocess.Popen(
        command, cwd=PROJECT_DIR, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("n_kills", [7, pytest.param(20, marks=pytest.mark.nightly)])
def test_kills_lose_no_photo_and_leave_no_partial_file(tmp_path: Path, n_kills: int):
    moments = random.Random(0)
    with Site(n_photos=N_PHOTOS + 20) as site:
        for _ in range(n_kills):
            with start(site, tmp_path) as running:
                try:
                    running.wait(moments.uniform(0.2, LONGEST_S))
                except subprocess.TimeoutExpired:
                    running.send_signal(signal.SIGKILL)
                running.communicate()
        with start(site, tmp_path) as running:
            table, log = running.communicate(timeout=120)
        assert running.returncode == 0, log
        requested = Counter(one.path for one in site.requested("/images/"))
    assert table.splitlines()[1].split()[2] == str(N_PHOTOS)  # kept

    rows = read_rows(tmp_path / "beach")
    files = {row.file: row.sha256 for row in rows}
    found = {path.name for path in (tmp_path / "beach").iterdir()}
    assert len(rows) == len(files) == len(set(files.values())) == N_PHOTOS
    assert found == {*files, MANIFEST}
    for name, sha256 in files.items():
        content = (tmp_path / "beach" / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == sha256
    kept = {image_path(int(row.photo_id[3:9])) for row in rows}
    assert set(requested) >= kept
    again = sum(requested.values()) - len(requested)
    assert again <= n_kills * PARALLEL  # only downloads in progress at a kill


@pytest.mark.browser
def test_ctrl_c_ends_even_a_long_wait_and_leaves_no_partial_file(tmp_path: Path):
    with Site(n_photos=N_PHOTOS) as site:
        site.lasting[image_path(5)] = Reply(status=429, headers={"Retry-After": "600"})
        with start(site, tmp_path) as running:
            while not site.requested(image_path(5)) and running.poll() is None:
                time.sleep(0.05)
            running.send_signal(signal.SIGINT)
            _, log = running.communicate(timeout=15)
    assert running.returncode == 130
    assert log.splitlines()[-1] == "stopped"
    assert "Traceback" not in log
    rows = read_rows(tmp_path / "beach")
    found = {path.name for path in (tmp_path / "beach").iterdir()}
    assert found == {*(row.file for row in rows), MANIFEST}
    assert not (tmp_path / ".scraper" / "profile").exists()
