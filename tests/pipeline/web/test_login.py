"""A server with a token: programs give it in a header, browsers by a form."""

import socket

import httpx
import pytest
from fastapi.testclient import TestClient
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from pipeline.engine.bundle import PRETRAINED_DIR
from pipeline.engine.bundle_file import read_bundle
from pipeline.web.app import build_app
from pipeline.web.gate.tokens import WRONG_TRIES
from pipeline.web.problems import MEDIA_TYPE
from tests.pipeline.web.conftest import running
from tests.pipeline.web.visitor import wait_for

TOKEN = "s\u00e9cret of 3 words"
BROWSER = {"Accept": "text/html,*/*;q=0.8"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def client():
    with TestClient(build_app(read_bundle(PRETRAINED_DIR), token=TOKEN)) as one:
        yield one


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_program_gives_the_token_in_a_header(client: TestClient, scheme):
    assert client.get("/healthz").status_code == 200
    refused = client.get("/v1/categories")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    for header, status in ((f"{scheme} {TOKEN}", 200), (f"{scheme} no", 401), (TOKEN, 401)):
        sent = [(b"Authorization", header.encode())]
        answer = client.get("/v1/categories", headers=sent)
        assert answer.status_code == status


def test_a_browser_hands_it_in_by_a_form_and_keeps_a_cookie(client: TestClient):
    asked = client.get("/docs", headers=BROWSER)
    assert asked.status_code == 401
    assert 'method="post" action="/login"' in asked.text
    assert "script" not in asked.text
    answer = client.post("/login", data={"token": TOKEN}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie
    assert "cret" not in cookie
    assert client.get("/docs", headers=BROWSER).status_code == 200


def test_the_cookie_is_for_https_alone_where_the_form_came_by_it():
    app = build_app(read_bundle(PRETRAINED_DIR), token=TOKEN)
    with TestClient(app, base_url="https://photos.example") as client:
        answer = client.post("/login", data={"token": TOKEN}, follow_redirects=False)
    assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize("how", ["GET", "POST"])
def test_a_token_in_an_address_is_not_looked_at(client: TestClient, how):
    path = f"/?token={TOKEN}"
    answer = client.request(how, path, headers=BROWSER, follow_redirects=False)
    assert answer.status_code == (303 if how == "GET" else 401)
    assert answer.headers.get("location", "/login") == "/login"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"token=wrong", FORM, 401),
        (b"", FORM, 401),
        (b"token=a&token=b", FORM, 401),
        (b"&".join([b"a=b"] * 1000), FORM, 401),
        (b"token=%ff%00\xff", FORM, 401),
        (b"token=" + b"a" * 20_000, FORM, 413),
        (b'{"token": "a"}', {"Content-Type": "application/json"}, 415),
        (b"token=a", {}, 415),
        (b"token=a", {**FORM, "Origin": "http://photos.example"}, 403),
        (b"token=a", {**FORM, "Sec-Fetch-Site": "cross-site"}, 403),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_form_without_the_token_lets_nobody_in(client: TestClient, content, headers, status):
    answer = client.post("/login", content=content, headers=headers)
    assert answer.status_code == status
    assert "set-cookie" not in answer.headers
    assert (status == 401) != (answer.headers["content-type"] == MEDIA_TYPE)


def test_who_guesses_too_often_is_told_to_wait(client: TestClient):
    statuses = [
        client.post("/login", data={"token": str(n)}).status_code for n in range(WRONG_TRIES + 1)
    ]
    assert statuses == [401] * WRONG_TRIES + [429]
    assert client.get("/healthz").status_code == 200


def test_without_a_token_there_is_nothing_to_log_in_to(server):
    for method in ("GET", "POST"):
        answer = httpx.request(method, f"{server.url}login")
        assert (answer.status_code, answer.headers["content-type"]) == (404, MEDIA_TYPE)


@pytest.mark.browser
def test_the_command_takes_a_token_from_a_file_and_checks_names(tmp_path, browser: Chrome):
    file = tmp_path / "token.txt"
    file.write_text(TOKEN + "\n", encoding="utf-8")
    args = ("--token-file", str(file), "--allow-host", "photos.example")
    with running(tmp_path, *args) as server:
        port = httpx.URL(server.url).port or 0
        health = f"http://127.0.0.1:{port}/healthz"
        answers = [
            httpx.get(health, headers={"Host": f"{name}:{port}"}).status_code
            for name in ("127.0.0.1", "localhost", "photos.example", "other.example")
        ]
        with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
            raw.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")  # no Host at all
            nameless = raw.recv(1000)
        browser.get(f"http://127.0.0.1:{port}/")
        browser.find_element(By.ID, "token").send_keys("wrong\ue007")
        wait_for(lambda: "That is not the token." in browser.page_source)
        browser.find_element(By.ID, "token").send_keys(f"{TOKEN}\ue007")
        wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, "#photo input[type=file]"))
        cookies = {one["name"]: one for one in browser.get_cookies()}
        seen = browser.current_url, browser.execute_script("return document.cookie")
        browser.delete_all_cookies()
        browser.get("about:blank")  # whose streams would be waited for
        assert TOKEN not in (tmp_path / "log.txt").read_text()
    assert answers == [200, 200, 200, 403]
    assert b" 403 " in nameless.splitlines()[0]
    assert seen == (f"http://127.0.0.1:{port}/", "")
    assert set(cookies) == {"colorize_token", "colorize_visitor"}
    assert all(one["httpOnly"] and one["sameSite"] == "Strict" for one in cookies.values())
