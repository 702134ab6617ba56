"""Whatever is put where a file is wanted: nothing is served, copied, fetched or waited for."""

import errno
import os
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi.testclient import TestClient

from pipeline.web.api import ColorForm
from pipeline.web.gate.values import META
from tests.corpus import corpus
from tests.pipeline.web.conftest import Server
from tests.pipeline.web.decoys import data_values, decoys, values
from tests.pipeline.web.events import events, run, taking_a_photo

SECRET = corpus()["gray.png"] + secrets.token_bytes(16)
FIELDS = sorted(ColorForm.model_fields)


@pytest.fixture
def canary() -> Iterator[socket.socket]:
    """A server of this computer, which nobody may ask."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        one.setblocking(False)
        yield one
        with pytest.raises(BlockingIOError):
            one.accept()


@pytest.fixture
def found(tmp_path: Path, canary: socket.socket) -> Iterator[list[str]]:
    """Decoys; none has been opened at the end."""
    yield decoys(tmp_path, SECRET, f"http://127.0.0.1:{canary.getsockname()[1]}/a.png")
    with pytest.raises(OSError, match=os.strerror(errno.ENXIO)):  # nobody reads it
        os.open(tmp_path / "fifo.png", os.O_WRONLY | os.O_NONBLOCK)


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as one:
        yield one


def uploaded(client: httpx.Client) -> str:
    files = {"files": ("gray.png", corpus()["gray.png"])}
    return client.post("gradio_api/upload", files=files).json()[0]


def assert_nothing_came(server: Server, told: list[str]) -> None:
    assert told
    assert not [one for one in told if "file=" in one or "root:" in one or '"success":true' in one]
    stored = [one for one in server.temporary.rglob("*") if one.is_file()]
    assert all(one.read_bytes() != SECRET for one in stored)


def test_no_input_of_any_event_takes_what_was_not_uploaded(server, client, found):
    """A new component is among them by itself: they are the page's own description."""
    with httpx.Client(base_url=server.url, timeout=60) as other:
        foreign = uploaded(other)
        ways = [way for path in (*found, foreign) for way in values(path)]
        told = []
        for event in events(client):
            for position in range(len(event["inputs"])):
                data: list[Any] = [None] * len(event["inputs"])
                data[position] = [*ways, *data_values(SECRET)]
                told.append(run(client, event, data))
    assert len(told) > 20
    assert_nothing_came(server, told)


def test_no_photo_is_taken_from_where_it_was_not_uploaded(server, client, found):
    """One at a time, where a photo is wanted, so that none hides another."""
    gone = uploaded(client)
    Path(gone).unlink()
    event = taking_a_photo(client)[0]
    wanted = [{"path": path, "orig_name": "a.png", "meta": META} for path in (*found, gone)]
    told = [
        run(client, event, [value, *[None] * (len(event["inputs"]) - 1)])
        for value in (*wanted, *data_values(SECRET), gone)
    ]
    assert_nothing_came(server, told)


def test_what_was_selected_names_no_file(server, client, found):
    told = [
        run(client, event, [None] * len(event["inputs"]), happened=happened)
        for event in events(client)
        if any(name == "select" for _, name in event["targets"])
        for happened in (None, values(found[0])[1], {"index": 0, "value": values(found[0])[1]})
    ]
    assert_nothing_came(server, [one for one in told if "passwd" not in one])


def test_no_file_is_served_but_a_visitors_own(server, client, found):
    uploaded(client)
    own = Path(uploaded(client))
    (own.parent / "link.png").symlink_to(found[0])
    (own.parent / "folder").symlink_to(Path(found[0]).parent)
    os.mkfifo(own.parent / "fifo.png")
    inside = [own.parent / one for one in ("link.png", "folder/secret.png", "fifo.png", ".")]
    for path in (*found, *map(str, inside), f"{own}/../../../../x", str(own.parent.parent), ""):
        for answer in (
            client.get(f"gradio_api/file={quote(path)}"),
            client.request("HEAD", f"gradio_api/file={quote(path)}"),
        ):
            assert answer.status_code in (400, 403, 404)
            assert SECRET not in answer.content
    assert client.get(f"gradio_api/file={own}").content == corpus()["gray.png"]


@pytest.mark.parametrize("field", FIELDS)
def test_no_field_of_the_api_takes_a_file_of_the_computer(api: TestClient, found, field):
    for path in found:
        form = {"file": ("a.png", corpus()["gray.png"])}
        as_text = api.post("/v1/colorize", files={**form, field: (None, path)})
        as_name = api.post("/v1/colorize", files={"file": (path, b"no photo")})
        assert (as_text.status_code, as_name.status_code) in ((400, 422), (422, 422))
        assert not [one for one in (as_text, as_name) if SECRET in one.content]
