"""A page of another origin, in a real browser: it sends, starts and reads nothing."""

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.corpus import corpus
from tests.pipeline.web.conftest import Server
from tests.pipeline.web.visitor import wait_for

pytestmark = pytest.mark.browser
PAGE = """<!doctype html><title>foreign</title><a id="link" href="%(url)s">link</a>
<form id="form" method="post" action="%(url)sv1/colorize" enctype="multipart/form-data"
 target="inside"><input name="file"></form><iframe name="inside"></iframe>"""
TRY_ALL = """
const [url, path, photo, done] = arguments;
const bytes = Uint8Array.from(atob(photo), one => one.charCodeAt(0));
const form = field => {
    const made = new FormData();
    made.append(field, new Blob([bytes], {type: "image/png"}), "a.png");
    return made;
};
const call = JSON.stringify({fn_index: 0, data: [], session_hash: "foreign"});
const asked = (address, options) => fetch(url + address, options).then(
    async answer => answer.type === "opaque" ? "opaque" : "READ " + (await answer.text()),
    () => "refused");
const loaded = (kind, attribute, address) => new Promise(say => {
    const element = document.createElement(kind);
    element.onload = () => say("LOADED " + address);
    element.onerror = () => say("refused");
    element[attribute] = url + address;
    document.body.append(element);
});
const streamed = address => new Promise(say => {
    const source = new EventSource(url + address, {withCredentials: true});
    source.onopen = source.onmessage = () => say("OPENED");
    source.onerror = () => { source.close(); say("refused"); };
});
const socket = () => new Promise(say => {
    const one = new WebSocket(url.replace("http", "ws") + "gradio_api/queue/join");
    one.onopen = () => say("OPENED");
    one.onerror = () => say("refused");
});
const with_all = {mode: "cors", credentials: "include"};
document.getElementById("form").submit();
Promise.all([
    asked("v1/colorize", {...with_all, method: "POST", body: form("file")}),
    asked("v1/colorize", {mode: "no-cors", method: "POST", body: form("file")}),
    asked("gradio_api/upload", {...with_all, method: "POST", body: form("files")}),
    asked("gradio_api/upload", {mode: "no-cors", credentials: "include", method: "POST",
                                body: form("files")}),
    asked("gradio_api/queue/join", {...with_all, method: "POST", body: call,
                                    headers: {"Content-Type": "application/json"}}),
    asked("gradio_api/queue/join", {mode: "no-cors", method: "POST", body: call}),
    asked("v1/categories", with_all), asked("config", with_all), asked("", with_all),
    asked("v1/categories", {mode: "no-cors"}), asked("gradio_api/file=" + path, with_all),
    loaded("img", "src", "gradio_api/file=" + path), loaded("img", "src", "favicon.ico"),
    loaded("script", "src", "config"), loaded("script", "src", "openapi.json"),
    streamed("gradio_api/heartbeat/foreign"), streamed("gradio_api/queue/data?session_hash=a"),
    socket(),
]).then(done);
"""


class Foreign(BaseHTTPRequestHandler):
    """Answers with one page."""

    page = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def foreign(server: Server) -> Iterator[str]:
    """Where a page of another origin is."""
    Foreign.page = (PAGE % {"url": server.url}).encode()
    with ThreadingHTTPServer(("127.0.0.1", 0), Foreign) as one:
        thread = threading.Thread(target=one.serve_forever)
        thread.start()
        yield f":{one.server_address[1]}/"
        one.shutdown()
        thread.join()


def counted(server: Server) -> str:
    """How many photos the API has answered, in whatever way."""
    text = httpx.get(f"{server.url}metrics").text
    return "\n".join(line for line in text.splitlines() if line.startswith("colorize_photos_total"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])  # of the same site, and of another
def test_a_foreign_page_sends_starts_and_reads_nothing(server, foreign, browser: Chrome, host):
    browser.get(server.url)  # a visitor, with a file of its own
    wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, "#photo input[type=file]"))
    upload = (
        "const [photo, done] = arguments, form = new FormData();"
        "form.append('files', new Blob([Uint8Array.from(atob(photo), c => c.charCodeAt(0))]),"
        " 'a.png'); fetch('/gradio_api/upload', {method: 'POST', body: form})"
        ".then(one => one.json()).then(done)"
    )
    photo = base64.b64encode(corpus()["gray.png"]).decode()
    (path,) = browser.execute_async_script(upload, photo)
    before, stored = counted(server), list(server.temporary.rglob("uploads/*"))
    browser.get(f"http://{host}{foreign}")
    told = browser.execute_async_script(TRY_ALL, server.url, path, photo)
    assert len(told) == 18
    assert set(told) <= {"refused", "opaque"}  # opaque: nothing of it is told
    browser.switch_to.frame("inside")
    assert "beach" not in browser.page_source
    browser.switch_to.default_content()
    assert counted(server) == before
    assert list(server.temporary.rglob("uploads/*")) == stored


def test_a_link_of_another_site_leads_to_the_page(server, foreign, browser: Chrome):
    """With the cookies that the visitor has: they come with the second request."""
    browser.get(server.url)
    wait_for(lambda: browser.get_cookies())
    cookie = browser.get_cookies()[0]["value"]
    browser.get(f"http://localhost{foreign}")
    browser.find_element(By.ID, "link").click()
    wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, "#photo input[type=file]"))
    assert browser.current_url == server.url
    assert browser.get_cookies()[0]["value"] == cookie
