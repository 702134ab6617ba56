"""No file of the computer comes out of the page, whichever component it is put into."""

import asyncio
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest

from pipeline.engine.bundle import PRETRAINED_DIR
from pipeline.engine.bundle_file import read_bundle
from pipeline.web.gate.values import META
from pipeline.web.page import build_page
from pipeline.web.service import ColorService
from pipeline.web.tabs.turing_settings import TuringTest
from pipeline.web.uploads import is_upload, named_files
from tests.corpus import corpus
from tests.pipeline.web.conftest import Server, running
from tests.pipeline.web.decoys import decoys, values
from tests.pipeline.web.events import run, taking_a_photo


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as one:
        yield one


@pytest.fixture
def service() -> Iterator[ColorService]:
    one = ColorService(read_bundle(PRETRAINED_DIR))
    yield one
    one.close()


def test_no_input_of_any_event_takes_a_file_of_the_computer(service, tmp_path):
    paths = [*decoys(tmp_path, b"secret"), "", 3, None]

    async def try_all() -> int:
        page, n_tried = build_page(service, TuringTest()), 0  # here, for it wants a loop
        for event in page.fns.values():
            for position, path in itertools.product(range(len(event.inputs)), paths):
                for value in values(path):
                    data: list[Any] = [None] * len(event.inputs)
                    data[position] = value
                    with pytest.raises(gr.Error, match="uploaded to this page"):
                        await page.preprocess_data(event, data, None)
                    n_tried += 1
        return n_tried

    assert asyncio.run(try_all()) > 1000


ODD = [None, "", "abc", -1, 10**400, 1e300, float("nan"), True, [], {}, [[1]], "x" * 200_000]


def test_every_component_takes_or_refuses_any_value(service):
    """By an error that is shown on the page, and is no traceback in the log."""

    async def try_all() -> list[gr.Error]:
        page, errors = build_page(service, TuringTest()), []
        for event in page.fns.values():
            for position, value in itertools.product(range(len(event.inputs)), ODD):
                data: list[Any] = [None] * len(event.inputs)
                data[position] = value
                try:
                    await page.preprocess_data(event, data, None)
                except gr.Error as error:
                    errors.append(error)
        return errors

    errors = asyncio.run(try_all())
    assert len(errors) > 100
    assert not any(error.print_exception for error in errors)


def test_what_was_uploaded_is_taken(client):
    """The check of the check: the same road with an upload leads to a picture."""
    files = {"files": ("gray.png", corpus()["gray.png"])}
    (path,) = client.post("gradio_api/upload", files=files).json()
    takes = taking_a_photo(client)
    value = {"path": path, "orig_name": "gray.png", "size": 9, "meta": META}
    told = [run(client, event, [value, *[None] * (len(event["inputs"]) - 1)]) for event in takes]
    assert told
    assert all('"success":true' in one and "before.jpg" in one for one in told)


@pytest.mark.parametrize(
    "address",
    [
        "process_recording", "component_server", "component_server/", "deep_link?session_hash=a",
        "proxy=http://127.0.0.1:1/a", "file=http://127.0.0.1:1/a", "file=HTTPS://127.0.0.1:1/a",
        "file=file:///etc/passwd", "stream/a", "call/receive", "vibe-code",
    ],
)  # fmt: skip
def test_what_the_page_does_not_use_of_gradio_is_not_there(client, address):
    for method in ("GET", "POST"):
        answer = client.request(method, f"gradio_api/{address}")
        assert answer.status_code == 404
        assert answer.json()["what"] == "the page has no use for this"


def test_the_page_works_wherever_the_server_was_started(tmp_path):
    """Even in the folder that has its temporary files."""
    with (
        running(tmp_path, cwd=tmp_path) as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        files = {"files": ("gray.png", corpus()["gray.png"])}
        (path,) = client.post("gradio_api/upload", files=files).json()
        assert client.get(f"gradio_api/file={path}").content == corpus()["gray.png"]


@pytest.mark.parametrize("sent", ["../../etc/passwd", "/etc/passwd", "a/../../b.png"])
def test_an_upload_stays_in_its_folder_whatever_it_is_called(server, client, sent):
    (path,) = client.post("gradio_api/upload", files={"files": (sent, b"x")}).json()
    assert Path(path).is_relative_to(server.temporary)


def test_files_are_found_however_deep_they_are_named():
    value = json.loads('[{"a": [{"path": "x"}, [{"path": null}]]}, {"path": {"path": 3}}]')
    assert sorted(map(str, named_files(value))) == ["3", "None", "x", "{'path': 3}"]


def test_a_deep_value_is_no_trouble():
    value: Any = {"path": "x"}
    for _ in range(100_000):
        value = [value]
    assert list(named_files(value)) == ["x"]


def test_an_upload_that_became_something_else_is_none(tmp_path):
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "file").write_bytes(b"x")
    uploads = {str(tmp_path / name) for name in ("link", "file", "gone")}
    found = [name for name in ("link", "file", "gone") if is_upload(f"{tmp_path}/{name}", uploads)]
    assert found == ["file"]
    assert not is_upload(f"{tmp_path}/./file", uploads)
