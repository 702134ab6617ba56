"""Who is answered: by the name that a request calls the server, and the page that sent it."""

import socket
import subprocess
import sys

import pytest
from fastapi.testclient import TestClient

from basics.errors import ConfigError
from pipeline.engine.bundle import PRETRAINED_DIR
from pipeline.engine.bundle_file import read_bundle
from pipeline.web.app import build_app
from pipeline.web.guard import own_hosts
from pipeline.web.problems import MEDIA_TYPE
from tests.pipeline.web.conftest import PROJECT_DIR

OWN = ["localhost", "127.0.0.1", "[::1]"]
REBOUND = ["photos.example", "localhost.photos.example", "127.0.0.1.photos.example", "[::2]", "",
           "localhost@photos.example", "127.0.0.1:8000:9", "0.0.0.0"]  # fmt: skip
FOREIGN = ["http://photos.example", "null", "http://localhost", "http://localhost:8001",
           "http://localhost.photos.example:8000", "nonsense", "", "http://[photos",
           "//localhost:8000", "file://localhost:8000", "http://localhost:8000/page"]  # fmt: skip


@pytest.fixture(scope="module")
def local():
    """The server as it is on this computer alone."""
    app = build_app(read_bundle(PRETRAINED_DIR), hosts=own_hosts("127.0.0.1", []))
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize("host", [*OWN, *(f"{one}:8000" for one in OWN), "LOCALHOST:80"])
def test_the_computers_own_names_are_answered(local: TestClient, host: str):
    assert local.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", [*REBOUND, "photos.example:8000"])
@pytest.mark.parametrize("path", ["/healthz", "/v1/categories", "/docs", "/nothing"])
def test_no_other_name_is_answered(local: TestClient, host: str, path: str):
    answer = local.get(path, headers={"Host": host})
    assert answer.status_code == 403
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert "option allow-host" in answer.json()["fix"]


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_page_of_another_server_may_not_post(local: TestClient, origin: str):
    headers = {"Host": "localhost:8000", "Origin": origin}
    answer = local.post("/v1/colorize", files={"file": ("a.jpg", b"x")}, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["what"] == "sent by a page of another server"
    assert "access-control-allow-origin" not in answer.headers


CROSS = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},  # another port of this computer
    {"Sec-Fetch-Site": "unheard-of"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    {"Origin": "http://photos.example"},
    {"Origin": "null"},
]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("headers", CROSS, ids=str)
def test_another_site_may_not_even_read(local: TestClient, method, headers):
    preflight = {"Access-Control-Request-Method": "POST"} if method == "OPTIONS" else {}
    for path in ("/v1/categories", "/docs", "/healthz", "/metrics", "/v1/colorize"):
        own = {"Host": "localhost:8000", **headers, **preflight}
        answer = local.request(method, path, headers=own)
        assert answer.status_code == 403
        assert not [one for one in answer.headers if one.startswith("access-control-")]
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_who_follows_a_link_of_another_site_is_asked_to_come_again(local: TestClient):
    """Without its cookies, which come only with what our own page asks for."""
    headers = {
        "Host": "localhost", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
    }  # fmt: skip
    answer = local.get("/v1/categories", headers=headers)
    assert answer.status_code == 200
    assert 'http-equiv="refresh" content="0"' in answer.text
    assert "beach" not in answer.text
    assert "set-cookie" not in answer.headers
    assert local.post("/v1/colorize", headers=headers).status_code == 403


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_our_page_and_the_address_bar_may_ask(local: TestClient, site: str):
    headers = {"Host": "localhost", "Sec-Fetch-Site": site}
    assert local.get("/v1/categories", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/v1/%00", {}, 400),
        ("/v1/a%0ab", {}, 400),
        ("/%2e%2e/etc/passwd", {}, 400),
        ("/v1/%ff%fe", {}, 400),
        ("//v1/categories", {}, 404),
        ("/v1//categories", {}, 404),
        ("/v1/categories", {"Upgrade": "websocket", "Connection": "Upgrade"}, 400),
        ("/v1/categories", {f"X-{n}": "a" for n in range(120)}, 431),
    ],
)
def test_an_odd_request_is_a_problem(local: TestClient, path, headers, status):
    answer = local.get(path, headers={"Host": "localhost", **headers})
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE)


def test_of_two_origins_none_may_be_foreign(local: TestClient):
    own, foreign = (b"Origin", b"http://localhost:8000"), (b"Origin", b"http://photos.example")
    for origins in ([own, foreign], [foreign, own]):
        headers = [(b"Host", b"localhost:8000"), *origins]
        assert local.post("/v1/colorize", headers=headers).status_code == 403


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://localhost:8000"}])
def test_its_own_page_and_programs_may_post(local: TestClient, headers: dict[str, str]):
    headers = {"Host": "localhost:8000", **headers}
    answer = local.post("/v1/colorize", files={"file": ("a.jpg", b"no photo")}, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["what"] == "not a photo that can be read"


def test_a_name_that_is_allowed_is_answered_and_its_page_may_post():
    hosts = own_hosts("127.0.0.1", ["Photos.Example"])
    app = build_app(read_bundle(PRETRAINED_DIR), hosts=hosts, own_names={"photos.example"})
    with TestClient(app) as client:
        for host in ("photos.example", "localhost:8000"):  # the latter behind a proxy
            headers = {"Host": host, "Origin": "https://photos.example"}
            files = {"file": ("a.jpg", b"no photo")}
            assert client.post("/v1/colorize", files=files, headers=headers).status_code == 422
        assert client.get("/healthz", headers={"Host": "other.example"}).status_code == 403


@pytest.mark.parametrize(
    ("host", "allowed", "names"),
    [
        ("127.0.0.1", [], OWN),
        ("127.8.0.1", [], OWN),
        ("::1", [], OWN),
        ("localhost", ["A"], [*OWN, "a"]),
    ],
)
def test_a_server_for_this_computer_alone_has_no_other_name(host, allowed, names):
    hosts = own_hosts(host, allowed)
    assert all(one in hosts for one in names)
    assert not any(one in hosts for one in [*REBOUND, "192.0.2.1", "[2001:db8::1]"])


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_a_server_for_others_is_answered_by_its_addresses_and_names_alone(host):
    hosts = own_hosts(host, ["b"])
    own = socket.gethostname().lower()
    assert all(one in hosts for one in [*OWN, "b", own, "192.0.2.1", "[2001:db8::1]"])
    rebound = ["photos.example", "192.0.2.1.photos.example", "", "[192.0.2.1]", "2001:db8::1",
               "[::", "0x7f000001", "192.0.2.1@photos.example", "1.2.3"]  # fmt: skip
    assert not any(one in hosts for one in rebound)


@pytest.mark.parametrize("token", [" "])
def test_an_empty_token_is_refused_at_the_start(token: str):
    command = [sys.executable, "-m", "pipeline.web", "--port", "0", "--token", token]
    done = subprocess.run(
        command, cwd=PROJECT_DIR, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1
    assert "error: an empty token would let everybody in\n  where: --token\n  fix: " in done.stderr
    with pytest.raises(ConfigError, match="an empty token would let everybody in"):
        build_app(read_bundle(PRETRAINED_DIR), token=token)
