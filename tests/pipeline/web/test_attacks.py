"""Requests that no page and no client of ours sends: a problem each, and no word in the log."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from pipeline.web.gate.page_routes import MOST_OF_VISITOR
from pipeline.web.gate.values import META
from pipeline.web.problems import MEDIA_TYPE
from tests.corpus import corpus
from tests.pipeline.web.conftest import Server
from tests.pipeline.web.events import SESSIONS, events, run, taking_a_photo

GRAY = corpus()["gray.png"]
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "multipart/form-data; boundary=x"}
CALL: dict[str, Any] = {"fn_index": 0, "data": [], "session_hash": "abc"}


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=30) as one:
        yield one


def part(name: str, content: str = "x", filename: str | None = None) -> str:
    file = "" if filename is None else f'; filename="{filename}"'
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n{content}\r\n'


FILE = part("file", filename="a.jpg")
END = "--x--\r\n"
FORMS = {
    "two files": (FILE + FILE + END, 422),
    "twenty files": (FILE * 20 + END, 400),
    "a field twice": (FILE + part("top", "1") + part("top", "2") + END, 422),
    "an unknown field": (FILE + part("unheard") + END, 422),
    "a thousand fields": ("".join(part(f"f{n}") for n in range(1000)) + END, 400),
    "a field that is a file": (FILE + part("category", filename="a.txt") + END, 422),
    "a file that is a field": (part("file") + END, 422),
    "a long field": (FILE + part("category", "x" * 20_000) + END, 400),
    "no end": (FILE, 422),
    "no header": ("--x\r\n\r\nx\r\n" + END, 400),
    "no name": ("--x\r\nContent-Disposition: form-data\r\n\r\nx\r\n" + END, 400),
    "a long header": (f"--x\r\nX: {'a' * 100_000}\r\n\r\nx\r\n" + END, 400),
    "many headers": ("--x\r\n" + "X: a\r\n" * 10_000 + "\r\nx\r\n" + END, 400),
    "another boundary": ("--y\r\n\r\nx\r\n--y--\r\n", 400),
    "nothing": ("", 422),
    "zeros": ("\0" * 100, 400),
    "NUL in a name": (part("file", filename="a\0.jpg") + END, 422),
    "NUL in a field": (FILE + part("category", "a\0b") + END, 400),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_that_makes_no_sense_is_a_problem(client: httpx.Client, name):
    content, status = FORMS[name]
    answer = client.post("v1/colorize", content=content.encode(), headers=FORM)
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE)
    uploaded = client.post("gradio_api/upload", content=content.encode(), headers=FORM)
    assert (uploaded.status_code, uploaded.headers["content-type"]) in (
        (400, MEDIA_TYPE),
        (422, MEDIA_TYPE),
    )


def test_text_in_the_place_of_the_photo_is_told_in_plain_words(client: httpx.Client):
    answer = client.post("v1/colorize", content=(part("file") + END).encode(), headers=FORM)
    found = answer.json()
    assert (found["what"], found["where"]) == ("text, not a file", "file")


@pytest.mark.parametrize("path", ["v1/colorize", "gradio_api/upload"])
@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("", 415),
        ("text/plain", 415),
        ("application/json", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/mixed; boundary=x", 415),
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        ("multipart/form-data; boundary=" + "x" * 5000, 400),
        ("multipart/form-data; boundary=x; charset=utf-16", 422),
        ("multipart/form-data; boundary=x; charset=undefined", 400),
        ("multipart/form-data; boundary=x; charset=base64", 422),
    ],
)
def test_a_body_of_another_kind_is_a_problem(client: httpx.Client, path, kind, status):
    content = (part("\u00fc" * 70, "\u00fc") + END).encode()
    answer = client.post(path, content=content, headers={"Content-Type": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE)


def deep(n: int) -> str:
    return "[" * n + "]" * n


CALLS = {
    "nothing": ("", 400),
    "no JSON": ("{", 400),
    "no UTF-8": (b"\xff\xfe", 400),
    "a list": ("[]", 422),
    "NaN": ('{"fn_index": NaN}', 400),
    "a huge number": (f'{{"fn_index": {"9" * 10_000}}}', 400),
    "too deep to read": (f'{{"data": {deep(100_000)}}}', 400),
    "too deep": (json.dumps({**CALL, "data": json.loads(deep(50))}), 422),
    "too many": (json.dumps({**CALL, "data": [0] * 50_000}), 422),
    "too long": (json.dumps({**CALL, "data": ["x" * 1_100_000]}), 413),
    "no function": (json.dumps({"data": [], "session_hash": "abc"}), 422),
    "no data": (json.dumps({**CALL, "data": None}), 422),
    "more data": (json.dumps({**CALL, "data": [None] * 40}), 422),
    "no session": (json.dumps({**CALL, "session_hash": None}), 422),
    "a session of another kind": (json.dumps({**CALL, "session_hash": ["a"]}), 422),
    "a session with a path": (json.dumps({**CALL, "session_hash": "../a"}), 422),
    "a trigger of another kind": (json.dumps({**CALL, "trigger_id": "a"}), 422),
    **{
        f"function {index!r}": (json.dumps({**CALL, "fn_index": index}), 422)
        for index in (-1, 10**6, 10**30, 1.5, "0", "__class__", True, [0], {"a": 0})
    },
}


@pytest.mark.parametrize("path", ["queue/join", "run/predict", "cancel"])
@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_makes_no_sense_is_a_problem(client: httpx.Client, path, name):
    content, status = CALLS[name]
    answer = client.post(f"gradio_api/{path}", content=content, headers=JSON)
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.status_code == status
    as_text = client.post(f"gradio_api/{path}", content=content)
    assert (as_text.status_code, as_text.headers["content-type"]) == (415, MEDIA_TYPE)


@pytest.mark.parametrize("value", [None, "abc", 10**400, {}], ids=lambda value: repr(value)[:20])
def test_an_event_that_is_given_something_else_fails_politely(client: httpx.Client, value):
    """The log is watched by the server's fixture: not one traceback."""
    told = [
        run(client, event, [value] * len(event["inputs"]), {"index": value, "value": value})
        for event in events(client)
    ]
    assert told
    assert "Traceback" not in "".join(told)


PATHS = [
    "", "config", "theme.css", "gradio_api/upload", "gradio_api/queue/join", "gradio_api/file=a",
    "gradio_api/queue/data", "gradio_api/heartbeat/a", "assets/a.js", "login", "logout", "docs",
    "openapi.json", "monitoring", "monitoring/summary", "pwa_icon", "gradio_api/login_check",
    "gradio_api/token", "gradio_api/user", "gradio_api/runs", "nothing", "a/b/c", "v1/colorize",
    "gradio_api/stream/a/b/1/playlist-file", "gradio_api/dev/reload", "gradio_api/deep_link",
]  # fmt: skip
USED = {
    ("GET", ""), ("HEAD", ""), ("GET", "config"), ("GET", "theme.css"), ("GET", "docs"),
    ("GET", "openapi.json"), ("HEAD", "docs"), ("HEAD", "openapi.json"),
    ("GET", "gradio_api/heartbeat/a"),
}  # fmt: skip


@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "FOO"]
)
def test_a_path_or_method_that_nobody_uses_is_a_problem(client: httpx.Client, method):
    for path in PATHS:
        if (method, path) in USED:
            continue
        answer = client.request(method, path)
        assert 400 <= answer.status_code < 500, path
        assert answer.headers["content-type"] == MEDIA_TYPE
        assert ("allow" in answer.headers) == (answer.status_code == 405), path


@pytest.mark.parametrize(
    "path",
    [
        "/?page=nothing", "/?deep_link=../../x", "/config?page=nothing&deep_link=" + "a" * 64,
        "/gradio_api/info?page=nothing", "/?__theme=dark", "/?" + "a=b&" * 2000,
    ],
)  # fmt: skip
def test_what_stands_behind_a_question_mark_changes_nothing(client: httpx.Client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.text == client.get(path.partition("?")[0]).text


@pytest.mark.parametrize(
    "path",
    [
        "/assets/%2e%2e/%2e%2e/app.py", "/assets/..%2f..%2fapp.py", "/assets//etc/passwd",
        "/static/%00", "/%00", "/assets/a%00.js", "/gradio_api/file=%00", "//", "//v1/categories",
        "/gradio_api//upload", "/assets/%ff", "/svelte/" + "a" * 3000, "/static-offline-docs/../x",
        "/static-offline-docs/%2e%2e/%2e%2e/x", "/assets/C:%5cwindows%5cwin.ini",
    ],
)  # fmt: skip
def test_a_path_that_leads_elsewhere_leads_nowhere(server: Server, path):
    answer = httpx.get(httpx.URL(server.url).copy_with(raw_path=path.encode()))
    assert answer.status_code in (400, 403, 404)
    assert answer.headers["content-type"] == MEDIA_TYPE


def test_no_answer_lets_another_origin_in(client: httpx.Client):
    own = str(client.base_url).rstrip("/")
    for origin in (own, "null", "http://photos.example", "http://localhost:1"):
        for method in ("GET", "OPTIONS", "POST"):
            for path in ("", "config", "gradio_api/queue/join", "v1/categories", "assets/a.js"):
                asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
                answer = client.request(method, path, headers=asked)
                assert not re.search("access-control-", str(answer.headers), re.IGNORECASE)
                assert origin == own or answer.status_code == 403


def test_a_header_of_a_proxy_that_is_not_ours_makes_no_link(client: httpx.Client):
    said = {"X-Forwarded-Host": "photos.example", "X-Gradio-Server": "http://photos.example"}
    assert "photos.example" not in client.get("", headers=said).text


@pytest.mark.parametrize(
    "content",
    [b'{"a":[' + b"1," * 2_000_000 + b"1]}", b'{"a": 1e999}', b'{"a": "\\ud800"}', b"[" * 100_000],
    ids=["many values", "infinite", "half a letter", "deep"],
)
def test_a_reset_reads_nothing_of_what_is_sent(client: httpx.Client, content):
    """Gradio would parse it, megabytes of it, while nobody else is answered."""
    answer = client.post("gradio_api/reset", content=content, headers=JSON)
    assert answer.json() == {"success": True}
    assert answer.elapsed.total_seconds() < 5


def test_one_visitor_cannot_fill_the_line_of_all(server: Server, client: httpx.Client):
    path = client.post("gradio_api/upload", files={"files": ("gray.png", GRAY)}).json()[0]
    opening = taking_a_photo(client)[0]
    run(client, opening, [{"path": path, "meta": META}, None])
    kinds = {
        one["id"]: one["props"].get("elem_id") for one in client.get("config").json()["components"]
    }
    sheet = next(one for one in events(client) if [kinds[id] for id in one["outputs"]] == ["sheet"])
    body = {"fn_index": sheet["id"], "data": [None], "session_hash": SESSIONS[client]}
    answers = [client.post("gradio_api/queue/join", json=body) for _ in range(3 * MOST_OF_VISITOR)]
    refused = [one for one in answers if one.status_code == 429]
    assert refused
    assert refused[0].json()["what"] == f"{MOST_OF_VISITOR} events wait already"
    assert int(refused[0].headers["retry-after"]) >= 1
    with httpx.Client(base_url=server.url, timeout=30) as other:
        assert other.post(
            "gradio_api/queue/join", json={**body, "session_hash": "other"}
        ).is_success
    for one in answers:
        told = {**body, "event_id": one.json().get("event_id", "")}
        client.post("gradio_api/cancel", json=told)
