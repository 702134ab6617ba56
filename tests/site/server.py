"""A photo site on loopback: robots.txt, search pages, photos, and their failures."""

import contextlib
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.drawing import draw_photo, jpeg

PAGES_DIR = Path(__file__).parent / "pages"
PER_PAGE = 20  # photos per request of the search pages


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as the server saw it."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    at: float  # time.monotonic()


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A response; `length` and `endless` violate HTTP on purpose."""

    status: int = 200
    content: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    length: int | None = None  # a wrong Content-Length
    endless: bool = False  # repeat the content until the client disconnects
    raw: bytes | None = None  # the whole response, in place of all else
    trickle_s: float = 0.0  # between two bytes of `raw`; then the connection stays open


def json_reply(value: Any, **headers: str) -> Reply:
    """A JSON response."""
    return Reply(
        content=json.dumps(value).encode(), content_type="application/json", headers=headers
    )


Route = Callable[[Request], Reply]


class Site:
    """The server; its attributes may be changed while it runs.

    Attributes:
        robots: text of robots.txt; None for 404.
        pages: search word -> file in tests/site/pages; other words get endless.html.
        n_photos: how many photos a search finds.
        latency_s: before each photo is sent.
        faults: path -> replies for its next requests, one each; then the usual ones.
        lasting: path -> reply for all its requests.
        requests: all so far.
    """

    def __init__(self, n_photos: int = 60) -> None:
        """Start on a free port."""
        self.robots: str | None = None
        self.pages: dict[str, str] = {}
        self.n_photos = n_photos
        self.latency_s = 0.0
        self.faults: dict[str, deque[Reply]] = {}
        self.lasting: dict[str, Reply] = {}
        self.requests: list[Request] = []
        self.routes: dict[str, Route] = {  # by prefix of the path
            "/robots.txt": self._robots,
            "/s/photos/": self._search_page,
            "/pages/": self._script,
            "/napi/search": self._search,
            "/images/": self._image,
        }
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def requested(self, prefix: str) -> list[Request]:
        """The requests whose path begins with `prefix`."""
        return [one for one in self.requests if one.path.startswith(prefix)]

    def reply_to(self, request: Request) -> Reply:
        self.requests.append(request)
        if self.faults.get(request.path):
            return self.faults[request.path].popleft()
        if request.path in self.lasting:
            return self.lasting[request.path]
        for prefix, route in self.routes.items():
            if request.path.startswith(prefix):
                return route(request)
        return Reply(status=404, content=b"<h1>Not found</h1>")

    def _robots(self, request: Request) -> Reply:
        if self.robots is None:
            return Reply(status=404)
        return Reply(content=self.robots.encode(), content_type="text/plain")

    def _search_page(self, request: Request) -> Reply:
        name = self.pages.get(request.path.removeprefix("/s/photos/"), "endless.html")
        return Reply(content=(PAGES_DIR / name).read_bytes())

    def _script(self, request: Request) -> Reply:
        """The pages' shared script."""
        name = request.path.removeprefix("/pages/")
        return Reply(content=(PAGES_DIR / name).read_bytes(), content_type="text/javascript")

    def _search(self, request: Request) -> Reply:
        """The search endpoint of the pages' scripts."""
        first = (int(request.query.get("page", "1")) - 1) * PER_PAGE
        numbers = range(first, min(first + PER_PAGE, self.n_photos))
        return json_reply({"results": [photo_facts(n) for n in numbers], "total": self.n_photos})

    def _image(self, request: Request) -> Reply:
        number = int(request.path.rsplit("-", 1)[1])
        width, height = (int(request.query.get(key, "300")) for key in "wh")
        return Reply(
            content=photo_jpeg(number, width, height),
            content_type="image/jpeg",
            delay_s=self.latency_s,
        )


def photo_id(number: int) -> str:
    """Eleven characters, as the site's; "-" and "_" among them."""
    return f"Ph-{number:06d}_x"


def image_path(number: int) -> str:
    """The path of a photo's image."""
    return f"/images/photo-{number}"


def photo_facts(number: int) -> dict[str, str]:
    """The facts of a photo on a search page; paths are relative to the site."""
    return {
        "id": photo_id(number),
        "slug": f"a-drawn-photo-{number}",
        "image": image_path(number),
        "alt": f"a drawn photo, number {number}",
        "name": f"Painter {number % 7}",
        "username": f"painter{number % 7}",
    }


@cache
def photo_jpeg(number: int, width: int = 300, height: int = 300) -> bytes:
    """The JPEG of a photo; photos of different numbers look different."""
    return jpeg(draw_photo("beach", number, height, width))


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing: clients that disconnect are part of the tests."""


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    """A request handler that replies by `site`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # it delays small responses by 40 ms

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            reply = site.reply_to(
                Request(
                    path=parts.path,
                    query={key: values[0] for key, values in parse_qs(parts.query).items()},
                    headers={key.lower(): value for key, value in self.headers.items()},
                    at=time.monotonic(),
                )
            )
            time.sleep(reply.delay_s)
            with contextlib.suppress(ConnectionError):  # the client has disconnected
                self._send(reply)

        def _send(self, reply: Reply) -> None:
            if reply.raw is not None:
                self._send_raw(reply.raw, reply.trickle_s)
                return
            length = len(reply.content) if reply.length is None else reply.length
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if not reply.endless:
                self.send_header("Content-Length", str(length))
            if reply.endless or length != len(reply.content):
                self.send_header("Connection", "close")
                self.close_connection = True
            self.end_headers()
            self.wfile.write(reply.content)
            while reply.endless:
                self.wfile.write(reply.content)

        def _send_raw(self, raw: bytes, trickle_s: float) -> None:
            self.close_connection = True
            if not trickle_s:
                self.wfile.write(raw)
            for byte in raw if trickle_s else b"":
                self.wfile.write(bytes([byte]))
                time.sleep(trickle_s)

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    return Handler
