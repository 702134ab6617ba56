"""What a browser may ask of the page: all that the page itself asks, of its own visitor.

Gradio has many more routes: they fetch addresses, convert films, write files, log in and out. Here
nothing is open but what is named, by the methods that it is named with.
"""

import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.web.gate.calls import Call, read_call, read_json
from pipeline.web.gate.protocol import is_own
from pipeline.web.limits import (
    FORBIDDEN,
    NOT_ALLOWED,
    NOT_FOUND,
    SERVER_ERROR,
    TOO_MANY,
    UNPROCESSABLE,
    Refusal,
)
from pipeline.web.problems import of_error
from pipeline.web.uploads import Page, serve, take_uploads
from pipeline.web.visitors import COOKIE, KEY, Asking, Visitors

PREFIX = "/gradio_api/"
ADDRESS = re.compile(r"\s*[a-z][a-z0-9+.-]+:", re.IGNORECASE)  # a drive has one letter
SESSION = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOST_OF_VISITOR, MOST_OF_ADDRESS, MOST_OF_ALL = 16, 64, 500  # events in work or waiting
GET, POST = ("GET",), ("POST",)
PLAIN = {  # as Gradio has them, without what may stand behind a "?"
    "/": ("GET", "HEAD"), "/config": GET, "/config/": GET, "/theme.css": GET, "/favicon.ico": GET,
    "/manifest.json": GET, "/robots.txt": GET, f"{PREFIX}theme.css": GET, f"{PREFIX}app_id": GET,
    f"{PREFIX}app_id/": GET, f"{PREFIX}info": GET, f"{PREFIX}startup-events": GET,
}  # fmt: skip
FOLDERS = ("/assets/", "/static/", "/svelte/")  # of scripts, styles and fonts
Answering = Callable[[Request], Awaitable[ASGIApp]]


class PageRoutes:
    """ASGI app before Gradio's: hands on what the page asks, and answers all else itself."""

    def __init__(self, app: ASGIApp, page: Page, visitors: Visitors) -> None:
        """Stand before an app that shows a page."""
        self.app, self.page, self.visitors = app, page, visitors
        self.own: dict[str, tuple[tuple[str, ...], Answering]] = {
            f"{PREFIX}upload": (POST, self._upload),
            f"{PREFIX}upload_progress": (GET, _nothing),
            f"{PREFIX}queue/join": (POST, self._join),
            f"{PREFIX}queue/data": (GET, self._data),
            f"{PREFIX}cancel": (POST, self._cancel),
            f"{PREFIX}reset": (POST, _reset),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        id, client = self.visitors.known_id(request.headers), scope.get("client")
        is_new, id = id is None, id or secrets.token_hex(16)
        address = client[0] if client else ""
        scope = {**scope, KEY: Asking(id=id, address=address, visitors=self.visitors)}

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start" and is_new:
                secure = "; Secure" if scope["scheme"] == "https" else ""
                value = f"{COOKIE}={self.visitors.cookie(id)}; Path=/; HttpOnly; SameSite=Strict"
                MutableHeaders(scope=message).append("Set-Cookie", value + secure)
            await send(message)

        try:
            app = await self._find(Request(scope, receive))
        except Refusal as refusal:
            app = of_error(refusal)
        await app(scope, receive, sent)

    async def _find(self, request: Request) -> ASGIApp:
        """What answers a request.

        Raises:
            Refusal: nothing does, or not so.
        """
        path, method = request.scope["path"], request.method
        if path in self.own:
            methods, answering = self.own[path]
            _require(method, methods, path)
            return await answering(request)
        if path in PLAIN:
            _require(method, PLAIN[path], path)
            return _without_query(self.app)
        if path.startswith(FOLDERS):
            _require(method, GET, path)
            return _without_query(self.app)
        if path.startswith(f"{PREFIX}file=") and not ADDRESS.match(path, len(f"{PREFIX}file=")):
            _require(method, ("GET", "HEAD"), path)
            return await serve(request, path.removeprefix(f"{PREFIX}file="), self.page)
        if path.startswith(f"{PREFIX}heartbeat/"):
            _require(method, GET, path)
            self._require_session(request, path.removeprefix(f"{PREFIX}heartbeat/"), bind=True)
            return _without_query(self.app)
        if path.rstrip("/") in (f"{PREFIX}run/predict", f"{PREFIX}api/predict"):
            _require(method, POST, path)
            return await self._run(request)
        what = "the page has no use for this"
        raise Refusal(NOT_FOUND, what, path, "use the page, or the API at /docs")

    async def _upload(self, request: Request) -> ASGIApp:
        return await take_uploads(request, self.visitors)

    async def _join(self, request: Request) -> ASGIApp:
        call = await read_call(request, self.page, queued=True)
        self._require_session(request, call.session, bind=True)
        self._require_turn(request.scope[KEY])
        return _with_body(self.app, call)

    async def _run(self, request: Request) -> ASGIApp:
        call = await read_call(request, self.page, queued=False)
        self._require_session(request, call.session, bind=True)
        return _failing_politely(_with_body(self.app, call))

    async def _data(self, request: Request) -> ASGIApp:
        session = request.query_params.get("session_hash", "")
        self._require_session(request, session)
        query = f"session_hash={session}".encode()
        return _with_scope(self.app, query_string=query)

    async def _cancel(self, request: Request) -> ASGIApp:
        told = await read_json(request)
        session, event, index = (told.get(one) for one in ("session_hash", "event_id", "fn_index"))
        if not isinstance(event, str) or type(index) is not int:
            raise Refusal(UNPROCESSABLE, "not an event", "event_id, fn_index", "use the page")
        self._require_session(request, session)
        if not self.page.is_pending(str(session), event):
            raise Refusal(NOT_FOUND, "no such event", "event_id", "use the page")
        call = Call(session=str(session), body={
            "session_hash": session, "event_id": event, "fn_index": index,
        })  # fmt: skip
        return _with_body(self.app, call)

    def _require_turn(self, asking: Asking) -> None:
        """Refuse one more event of who has many in line: all visitors' wait in the same."""
        line = self.page.in_line()
        own = sum(one.id == asking.id for one in line)
        near = sum(one.address == asking.address for one in line)
        is_many = own >= MOST_OF_VISITOR or len(line) >= MOST_OF_ALL
        if is_many or (near >= MOST_OF_ADDRESS and not is_own((asking.address, 0))):
            what = f"{own if own >= MOST_OF_VISITOR else len(line)} events wait already"
            raise Refusal(TOO_MANY, what, "the queue", "try again in a second")

    def _require_session(self, request: Request, session: Any, *, bind: bool = False) -> None:
        """Refuse what is another visitor's, or has no name that a page would give itself."""
        if not isinstance(session, str) or not SESSION.fullmatch(session):
            raise Refusal(UNPROCESSABLE, "not a session", "session_hash", "use the page")
        asking: Asking = request.scope[KEY]
        asking.visitors.record(asking.id, asking.address)
        if not asking.visitors.owns(asking.id, session, bind=bind):
            raise Refusal(FORBIDDEN, "not your session", "session_hash", "open the page anew")


def _require(method: str, allowed: tuple[str, ...], path: str) -> None:
    if method not in allowed:
        fix = f"use {' or '.join(allowed)}"
        what = f"{method[:20]} is not done here"
        raise Refusal(NOT_ALLOWED, what, path, fix, methods=allowed)


async def _reset(_: Request) -> ASGIApp:
    """Nothing, as Gradio does by now; but Gradio would read the body, of any length."""
    return JSONResponse({"success": True})


async def _nothing(_: Request) -> ASGIApp:
    """No progress is told; a browser asks no more."""
    return Response(status_code=204)


def _with_scope(app: ASGIApp, **changed: Any) -> ASGIApp:
    """The app, asked something else."""

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, **changed}, receive, send)

    return asked


def _without_query(app: ASGIApp) -> ASGIApp:
    return _with_scope(app, query_string=b"")


def _with_body(app: ASGIApp, call: Call) -> ASGIApp:
    """The app, told what was read and found sound, and nothing else of what was sent."""
    content = call.content

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        pieces = [{"type": "http.request", "body": content, "more_body": False}]

        async def replayed() -> Message:
            return pieces.pop() if pieces else await receive()

        headers = [one for one in scope["headers"] if one[0] != b"content-length"]
        headers.append((b"content-length", str(len(content)).encode()))
        await app({**scope, "headers": headers, "query_string": b""}, replayed, send)

    return asked


def _failing_politely(app: ASGIApp) -> ASGIApp:
    """The app, whose refusal of an event is no failure of the server."""

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == SERVER_ERROR:
                message = {**message, "status": UNPROCESSABLE}
            await send(message)

        await app(scope, receive, sent)

    return asked
