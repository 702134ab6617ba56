"""Each visitor has its own files and sessions, and nobody else's."""

import os
from pathlib import Path

import httpx
import pytest
from starlette.datastructures import Headers

from pipeline.web.gate.values import META, safe_name
from pipeline.web.limits import KEPT_SECONDS, Refusal, ServerLimits
from pipeline.web.problems import MEDIA_TYPE
from pipeline.web.visitors import COOKIE, MOST_OF_ADDRESS, MOST_SESSIONS, Visitors
from tests.corpus import corpus
from tests.pipeline.web.conftest import Server
from tests.pipeline.web.events import run, taking_a_photo

NOW = 1_000_000.0


@pytest.fixture
def visitors(tmp_path: Path) -> Visitors:
    limits = ServerLimits(visitor_bytes=100, visitor_photos=3, all_bytes=150)
    return Visitors(tmp_path / "page", limits, clock=lambda: NOW)


def headers(cookie: str) -> Headers:
    return Headers({"Cookie": cookie})


def test_only_a_cookie_that_this_server_made_says_who_asks(visitors: Visitors, tmp_path):
    made = visitors.cookie("a")
    other = Visitors(tmp_path / "other", ServerLimits())
    assert visitors.known_id(headers(f"b=c; {COOKIE}={made}; d=e")) == "a"
    for wrong in (
        "",
        "a",
        "a.",
        f"b{made[1:]}",
        made[:-1],
        other.cookie("a"),
        ".",
        "../a",
        "\u00fc",
    ):
        assert visitors.known_id(headers(f"{COOKIE}={wrong}")) is None
    assert visitors.known_id(Headers({})) is None
    assert list(visitors.folder.iterdir()) == []


def test_files_are_kept_for_a_while(visitors: Visitors):
    folder = visitors.record("a").visitor.folder
    for name, age in (("old.jpg", KEPT_SECONDS + 1), ("new.jpg", KEPT_SECONDS - 1)):
        (folder / name).write_bytes(b"x" * 60)
        os.utime(folder / name, (NOW - age, NOW - age))
    visitors.sweep()
    assert [one.name for one in folder.iterdir()] == ["new.jpg"]
    assert visitors.keep("a", [40]).n_bytes == 100


def test_copies_that_gradio_makes_go_too_but_for_what_all_see(visitors: Visitors):
    for name in ("example", "copy"):
        path = visitors.folder / name / "a.jpg"
        path.parent.mkdir()
        path.write_bytes(b"x")
        os.utime(path, (0, 0))
    visitors.sweep({str(visitors.folder / "example" / "a.jpg")})
    assert [one.parent.name for one in visitors.folder.rglob("*.jpg")] == ["example"]


def test_a_visitor_that_is_gone_leaves_nothing(visitors: Visitors):
    record = visitors.record("a")
    assert visitors.owns("a", "page", bind=True)
    record.used = NOW - KEPT_SECONDS - 1
    visitors.sweep()
    assert not record.visitor.folder.exists()
    assert visitors.peek("a") is None
    assert visitors.owns("b", "page", bind=True)


@pytest.mark.parametrize(
    ("sizes", "what"),
    [([1, 1, 1, 1], "3 photos"), ([101], "100 bytes"), ([50, 51], "100 bytes")],
)
def test_what_is_kept_of_one_visitor_is_bounded(visitors: Visitors, sizes, what):
    with pytest.raises(Refusal, match=f"{what} of one visitor are kept, no more"):
        visitors.keep("a", sizes)
    assert visitors.keep("a", [100]).n_bytes == 100


def test_results_count_as_kept(visitors: Visitors):
    visitor = visitors.record("a").visitor
    visitor.require_room()
    (visitor.folder / "result.tif").write_bytes(b"x" * 101)
    with pytest.raises(Refusal, match="100 bytes of one visitor are kept, no more"):
        visitor.require_room()


def test_what_is_kept_of_all_is_bounded(visitors: Visitors):
    visitors.keep("a", [100])
    with pytest.raises(Refusal, match="the server keeps all that it can"):
        visitors.keep("b", [51])
    visitors.keep("b", [50])


def test_a_session_is_its_first_visitors(visitors: Visitors):
    assert not visitors.owns("a", "page")
    assert visitors.owns("a", "page", bind=True)
    assert not visitors.owns("b", "page", bind=True)
    assert visitors.owns("a", "page")
    for n in range(MOST_SESSIONS):
        assert visitors.owns("a", f"page {n}", bind=True)
    assert not visitors.owns("a", "page")


def test_visitors_of_one_address_push_each_other_out_first(visitors: Visitors):
    visitors.record("far", "192.0.2.1")
    for n in range(MOST_OF_ADDRESS + 5):
        visitors.record(str(n), "192.0.2.2")
    assert len(list(visitors.folder.iterdir())) == MOST_OF_ADDRESS + 1
    assert visitors.peek("far")
    assert visitors.peek("0") is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("at the sea.jpg", "at the sea.jpg"),
        ("Stra\u00dfe \u6d77 (2).JPEG", "Stra\u00dfe \u6d77 (2).JPEG"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\a.png", "a.png"),
        ("a.html", "a_html"),
        ("a.jpg.exe", "a_jpg_exe"),
        ("a\0b\n<c>.jpg", "a_b__c_.jpg"),
        ("...", "photo"),
        ("", "photo"),
        (".jpg", "jpg"),
        ("con.jpg", "_con.jpg"),
        ("x" * 500 + ".png", "x" * 120 + ".png"),
        ("\U0001f600.jpg", "_.jpg"),
    ],
)
def test_a_name_is_kept_but_for_what_a_path_is_made_of(given, kept):
    assert safe_name(given) == kept


def test_nobody_reads_or_uses_what_another_sent(server: Server):
    files = {"files": ("gray.png", corpus()["gray.png"])}
    with httpx.Client(base_url=server.url, timeout=60) as one, httpx.Client(
        base_url=server.url, timeout=60
    ) as other:  # fmt: skip
        (path,) = one.post("gradio_api/upload", files=files).json()
        other.post("gradio_api/upload", files=files)
        value, before = {"path": path, "orig_name": "gray.png", "meta": META}, ""
        for event in taking_a_photo(one):
            data = [value, *[None] * (len(event["inputs"]) - 1)]
            assert '"success":false' in run(other, event, data)
            shown = run(one, event, data)
            assert '"success":true' in shown
            before = next(word for word in shown.split('"') if word.endswith("before.jpg"))
        for mine in (path, before.partition("file=")[2] or before):
            assert one.get(f"gradio_api/file={mine}").status_code == 200
            address = f"{server.url}gradio_api/file={mine}"
            for answer in (other.get(address), httpx.get(address)):
                assert (answer.status_code, answer.headers["content-type"]) == (403, MEDIA_TYPE)


def test_nobody_listens_to_another_page(server: Server):
    with httpx.Client(base_url=server.url, timeout=60) as one, httpx.Client(
        base_url=server.url, timeout=60
    ) as other:  # fmt: skip
        event = taking_a_photo(one)[0]
        body = {
            "fn_index": event["id"],
            "data": [None] * len(event["inputs"]),
            "session_hash": "s1",
        }
        joined = one.post("gradio_api/queue/join", json=body)
        assert joined.status_code == 200
        cancel = {
            "session_hash": "s1",
            "fn_index": event["id"],
            "event_id": joined.json()["event_id"],
        }
        asked = [
            other.get("gradio_api/queue/data", params={"session_hash": "s1"}),
            other.get("gradio_api/heartbeat/s1"),
            other.post("gradio_api/queue/join", json=body),
            other.post("gradio_api/cancel", json=cancel),
            other.get("gradio_api/queue/data", params={"session_hash": "nobody's"}),
            other.get("gradio_api/queue/data", params={"session_hash": "nobodys"}),
        ]
        assert [answer.status_code for answer in asked] == [403, 403, 403, 403, 422, 403]
        assert all(answer.headers["content-type"] == MEDIA_TYPE for answer in asked)
