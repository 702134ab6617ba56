"""What Dockerfile copies is enough to run what it runs; Docker itself is not needed for that."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from benchmarks.image_size import copied
from tests.corpus import corpus
from tests.pipeline.web.conftest import PROJECT_DIR, wait_for_url

DOCKERFILE = PROJECT_DIR / "Dockerfile"


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """The folder that the image's server runs in."""
    folder = tmp_path / "app"
    for name in copied(DOCKERFILE):
        shutil.copytree(
            PROJECT_DIR / name, folder / name,
            ignore=shutil.ignore_patterns("__pycache__", "training"),
        )  # fmt: skip
    return folder


def entrypoint() -> list[str]:
    found = re.search(r"^ENTRYPOINT (\[.*\])$", DOCKERFILE.read_text(), flags=re.MULTILINE)
    assert found
    return shlex.split(found[1].strip("[]").replace(",", " "))


def test_the_server_of_the_image_colours_a_photo(image: Path, tmp_path: Path):
    python, *args = entrypoint()
    assert python == "python"
    args = [
        arg.replace("/answers/", f"{tmp_path}/").replace("0.0.0.0", "127.0.0.1") for arg in args
    ]
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PYTHONPATH", None)
    before = sorted(image.rglob("*"))
    log = tmp_path / "log.txt"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, *args, "--port", "0"], cwd=image, env=environment, stderr=file
        )
    try:
        url = wait_for_url(process, log)
        files = {"file": ("gray.jpg", corpus()["gray.jpg"])}
        answer = httpx.post(f"{url}v1/colorize", files=files, timeout=60)
        page = httpx.get(url)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    assert (answer.status_code, page.status_code) == (200, 200)
    assert sorted(image.rglob("*")) == before  # so the file system may be read-only


def test_the_image_runs_as_nobody_in_particular_and_says_how_it_fares():
    text = DOCKERFILE.read_text()
    assert re.search(r"^USER [1-9]\d*", text, flags=re.MULTILINE)
    assert re.search(r"^HEALTHCHECK .*", text, flags=re.MULTILINE)
    assert "/healthz" in text


def test_only_what_is_copied_reaches_docker():
    kept = re.findall(r"^!(\S+)", (PROJECT_DIR / ".dockerignore").read_text(), flags=re.MULTILINE)
    assert kept == ["lock/web.txt", *copied(DOCKERFILE)]
