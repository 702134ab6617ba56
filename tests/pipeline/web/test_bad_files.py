"""Damaged files from strangers: refused, or coloured as the command line colours them."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from basics.errors import DataError
from pipeline.colorizer import Colorizer
from tests.corpus import corpus, flipped, truncated

N_FLIPPED = 40
ODD = {
    "zero.jpg": b"",
    "text.png": b"hello",
    "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    "table.csv": b"1,2\n3,4\n",
    "wrong.webp": corpus()["gray.jpg"],
    "nameless": corpus()["deep.png"],
}


@pytest.fixture(scope="module")
def colorizer() -> Colorizer:
    return Colorizer()


def expected(colorizer: Colorizer, folder: Path, name: str, content: bytes) -> bytes | None:
    """What the command makes of a file; None if it refuses it."""
    path = folder / name
    path.write_bytes(content)
    try:
        return colorizer.colorize(path, force=True).output.read_bytes()
    except DataError:
        return None


def answers_agree(
    api: TestClient, app: FastAPI, colorizer: Colorizer, folder: Path, name: str, content: bytes
) -> int:
    """Whether the API and the command agree on a file; the API's status."""
    answer = api.post("/v1/colorize", files={"file": (name, content)})
    made = expected(colorizer, folder, name, content)
    if made is None:
        assert answer.status_code == 422, (name, answer.text)
        assert answer.json()["where"] == name
    else:
        assert answer.status_code == 200, (name, answer.text)
        assert answer.content == made, name
    assert list(app.state.service.folder.iterdir()) == []
    return answer.status_code


def test_every_format_is_coloured_as_by_the_command(api, app, colorizer, tmp_path):
    for name, content in corpus().items():
        assert answers_agree(api, app, colorizer, tmp_path, name, content) == 200


@pytest.mark.slow
def test_a_file_that_ends_early_is_refused_or_coloured(api, app, colorizer, tmp_path):
    statuses = [
        answers_agree(api, app, colorizer, tmp_path, name, content) for name, content in truncated()
    ]
    assert statuses.count(422) > len(statuses) / 2


@pytest.mark.slow
def test_flipped_bits_are_refused_or_coloured(api, app, colorizer, tmp_path):
    statuses = {
        answers_agree(api, app, colorizer, tmp_path, name, content)
        for name, content in flipped(N_FLIPPED, seed=6)
    }
    assert statuses == {200, 422}


def test_odd_files_are_refused_or_coloured(api, app, colorizer, tmp_path):
    for name, content in ODD.items():
        answer = api.post("/v1/colorize", files={"file": (name, content)})
        is_photo = content in (ODD["wrong.webp"], ODD["nameless"])
        assert answer.status_code == (200 if is_photo else 422), name
    assert list(app.state.service.folder.iterdir()) == []
