"""Killed at any moment of a run: what has its name is whole, and the same command goes on."""

import os
import random
import signal
import subprocess
import sys
import time
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from basics.temporaries import TEMPORARY
from tests.drawing import CATEGORIES, draw_photo

N_KILLS = 60
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)  # in turn
SUFFIXES = (".jpg", ".png", ".webp", ".tif", ".gif", ".avif", "", ".jfif")
FORMATS = {"": "JPEG", ".jfif": "JPEG", ".jpg": "JPEG", ".tif": "TIFF"}  # else as the suffix says
N_PHOTOS = 16
START = 0.4  # share of a run in which no result is written yet, roughly


def fill(album):
    """Photos of all formats, some in a folder below, and scans of three pages."""
    (album / "below").mkdir(parents=True)
    for i in range(N_PHOTOS):
        suffix = SUFFIXES[i % len(SUFFIXES)]
        gray = np.ascontiguousarray(draw_photo(CATEGORIES[i % 3], i, 200, 300)[..., 1])
        pages = [Image.fromarray(gray[: 200 - 40 * page]) for page in range(3)]
        more = {"save_all": True, "append_images": pages[1:]} if suffix == ".tif" else {}
        content = BytesIO()
        pages[0].save(content, FORMATS.get(suffix, suffix[1:].upper()), **more)
        (album / ("below" if i % 5 == 0 else ".") / f"{i:02}{suffix}").write_bytes(
            content.getvalue()
        )


def contents(folder):
    """What lies below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def colorize(tiny_bundle, tmp_path):
    """Starts the command for a folder, in a process of its own with a TMPDIR of its own."""
    (tmp_path / "tmp").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    options = ["--models", str(tiny_bundle), "--compare", "--ranking", "--pages", "all"]

    def start(album):
        return subprocess.Popen(
            [sys.executable, "-m", "pipeline.colorize", str(album), *options],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    return start


@pytest.mark.nightly
@pytest.mark.slow
def test_whatever_moment_a_run_is_killed_at_the_next_one_ends_with_equal_results(
    colorize, tmp_path
):
    """Half of the moments fall anywhere, half where results are being written."""
    moments = random.Random(0)
    fill(tmp_path / "undisturbed")
    started = time.monotonic()
    with colorize(tmp_path / "undisturbed") as process:
        _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    length_s = time.monotonic() - started
    right = contents(tmp_path / "undisturbed")
    assert len(right) == N_PHOTOS * 4  # each with a result and two pictures

    n_kills, n_albums, where = 0, 0, []
    while n_kills < N_KILLS:
        album = tmp_path / f"album {n_albums}"
        n_albums += 1
        fill(album)
        is_done = False
        while n_kills < N_KILLS and not is_done:
            left = 1 - len(contents(album)) / len(right)
            expected_s = length_s * (START + (1 - START) * left)
            how = SIGNALS[n_kills % len(SIGNALS)]
            share = moments.random() if n_kills % 2 else moments.uniform(START, 1)
            with colorize(album) as process:
                try:
                    process.communicate(timeout=share * expected_s)
                except subprocess.TimeoutExpired:
                    process.send_signal(how)
                    _, err = process.communicate(timeout=30)
                    n_kills += 1
                    where.append(len(contents(album)))
                else:
                    is_done = process.returncode == 0
            assert process.returncode in (0, -how, 128 + how), err
            there = contents(album)
            parts = {name for name in there if TEMPORARY in name}
            assert {name: there[name] for name in there.keys() - parts}.items() <= right.items()
            assert not parts or how == signal.SIGKILL, (how, parts)
        if not is_done:
            with colorize(album) as process:
                _, err = process.communicate(timeout=300)
            assert process.returncode == 0, err
        assert contents(album) == right
        assert not list(album.rglob(f"{TEMPORARY}*"))
        assert not list((tmp_path / "tmp").iterdir())
    assert len({number for number in where if N_PHOTOS < number < len(right)}) > 10
