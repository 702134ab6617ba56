"""What a request must pass before anything else reads it, and what every answer carries.

The name that it calls this server by (DNS rebinding), the page that sent it (cross-site requests),
and the token.
"""

import ipaddress
import re
import socket
from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.web.gate import login
from pipeline.web.gate.tokens import Token
from pipeline.web.limits import BAD_REQUEST, FORBIDDEN, LOOPBACK, UNAUTHORIZED, Refusal
from pipeline.web.problems import MEDIA_TYPE, of_error, problem

OPEN_PATHS = {"/healthz"}  # a health check has no token
OWN_SITES = {"same-origin", "none"}  # Sec-Fetch-Site of our own page, and of the address bar
MOST_HEADERS, MOST_BYTES = 100, 16_000  # of one request
SAFE = {
    # nothing is fetched from elsewhere; Gradio writes scripts and styles into its page
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "connect-src 'self' blob: data:; worker-src 'self' blob:; object-src 'none'; "
        "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True)
class Hosts:
    """The names that a server is answered by.

    Attributes:
        names: lower case, an IPv6 address in brackets.
        addresses: whether any IP address is one, too: rebinding needs a name.
    """

    names: frozenset[str]
    addresses: bool = False

    def __contains__(self, name: object) -> bool:
        """Whether a request may call the server so."""
        return name in self.names or (self.addresses and _is_address(str(name)))


def own_hosts(host: str, allowed: Sequence[str]) -> Hosts:
    """The names of a server that listens on `host`, with those that were allowed."""
    names = {*LOOPBACK, *(one.lower() for one in allowed)}
    try:
        is_local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_local = host.lower() == "localhost"
    if is_local:
        return Hosts(frozenset(names))
    own = socket.gethostname().lower()
    short = own.partition(".")[0]
    found = {host.lower(), own, short, f"{short}.local"} - {"", ".local"}
    return Hosts(frozenset(names | found), addresses=True)


class Guard:
    """ASGI middleware around the whole server."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        token: str | None = None,
        hosts: Container[str] | None = None,
        own_names: Collection[str] = (),
    ) -> None:
        """Guard an app.

        Args:
            app: what is guarded.
            token: that a client must give; None asks for none.
            hosts: the names under which it is answered at all, lower case, an IPv6 address in
                brackets; None answers under any.
            own_names: names whose pages may post although the server is addressed by another, as
                behind a proxy.
        """
        self.app, self.hosts, self.own_names = app, hosts, own_names
        self.token = Token(token) if token is not None else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sent, scope = _Answer(scope, receive, send), self._without_hearsay(scope)
        try:
            app = await self._admit(Request(scope, receive))
            await (app or self.app)(scope, receive, sent)
        except Refusal as refusal:
            await of_error(refusal)(scope, receive, sent)
        except ClientDisconnect:
            return  # nobody is left to be answered

    async def _admit(self, request: Request) -> ASGIApp | None:
        """Another answer than the app's, where there is one.

        Raises:
            Refusal: the request is none of this server's own, or bears no token.
        """
        path, headers = request.scope["path"], request.headers
        _require_sound(request.scope)
        self._require_name(headers)
        if not self._is_own(headers):
            if request.method == "GET" and _is_visit(headers):
                return login.reload()
            where = f"Origin: {', '.join(headers.getlist('origin')) or 'another site'}"
            fix = "post from its own page, or start it with the option allow-host"
            raise Refusal(FORBIDDEN, "sent by a page of another server", where, fix)
        if self.token is None or path in OPEN_PATHS:
            return None
        address = request.client.host if request.client else ""
        if path == login.PATH and request.method == "POST":
            return await login.log_in(request, self.token, address)
        if self.token.admits(headers, address):
            return None
        if path == login.PATH and request.method in ("GET", "HEAD"):
            return login.form()
        return self._ask(request)

    def _ask(self, request: Request) -> ASGIApp:
        """Ask for the token: a browser by the form, which an address with a token leads to."""
        is_browser = "text/html" in request.headers.get("accept", "")
        if request.method == "GET" and is_browser:
            if "token" in request.query_params:
                return RedirectResponse(login.PATH, HTTPStatus.SEE_OTHER)
            return login.form(UNAUTHORIZED)
        fix = "give Authorization: Bearer TOKEN, or open /login in a browser"
        raise Refusal(UNAUTHORIZED, "no token, or a wrong one", request.scope["path"], fix)

    def _without_hearsay(self, scope: Scope) -> Scope:
        """Leave out what a client says of the server's address, from which Gradio makes links."""

        def is_kept(name: bytes, value: bytes) -> bool:
            if name == b"x-forwarded-host":
                return _hostname(value.decode("latin-1")) in self.own_names
            return name != b"x-gradio-server"

        return {**scope, "headers": [one for one in scope["headers"] if is_kept(*one)]}

    def _require_name(self, headers: Headers) -> None:
        host = headers.get("host", "").lower()
        if self.hosts is not None and _hostname(host) not in self.hosts:
            fix = "open it by a name of its own, or start it with the option allow-host"
            raise Refusal(FORBIDDEN, "not a name of this server", f"Host: {host}", fix)

    def _is_own(self, headers: Headers) -> bool:
        """Whether no page of another origin has sent a request, a preflight included."""
        host = headers.get("host", "").lower()
        sites, origins = headers.getlist("sec-fetch-site"), headers.getlist("origin")
        return all(one in OWN_SITES for one in sites) and all(
            self._is_own_origin(one, host) for one in origins
        )

    def _is_own_origin(self, origin: str, host: str) -> bool:
        """Whether an Origin is that of this server's page."""
        scheme, _, netloc = origin.lower().partition("://")
        return scheme in ("http", "https") and (
            netloc == host or _hostname(netloc) in self.own_names
        )


class _Answer:
    """Sends an answer on: with what makes it safe, without CORS; an error as a problem."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope, self.receive, self.send = scope, receive, send
        self.is_replaced = False

    async def __call__(self, message: Message) -> None:
        if self.is_replaced:
            return
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if message["status"] >= BAD_REQUEST and not _is_told(headers):
                self.is_replaced = True
                status, path = HTTPStatus(message["status"]), self.scope["path"]
                kept = {"Allow": headers["allow"]} if "allow" in headers else {}
                answer = problem(status, status.phrase.lower(), path, "see /docs", headers=kept)
                await answer(self.scope, self.receive, _Answer(self.scope, self.receive, self.send))
                return
            for name in [one for one in headers if one.startswith("access-control-")]:
                del headers[name]
            for name, value in SAFE.items():
                headers.setdefault(name, value)
        await self.send(message)


def _require_sound(scope: Scope) -> None:
    """Refuse a path that is written in another way than any link of ours, and an upgrade."""
    path, headers = scope["path"], Headers(scope=scope)
    if re.search(r"[\x00-\x1f\x7f\ufffd]|/\.{1,2}(/|$)", path) or not path.startswith("/"):
        where = path.encode("unicode_escape").decode()[:200]
        raise Refusal(BAD_REQUEST, "not an address of this server", where, "see /docs")
    n_bytes = sum(len(name) + len(value) for name, value in scope["headers"])
    if len(scope["headers"]) > MOST_HEADERS or n_bytes > MOST_BYTES:
        what = f"more than {MOST_HEADERS} headers, or {MOST_BYTES:,} bytes of them"
        raise Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, what, "the request", "send fewer")
    if "websocket" in headers.get("upgrade", "").lower():
        raise Refusal(BAD_REQUEST, "no WebSocket is spoken here", path, "see /docs")


def _is_visit(headers: Headers) -> bool:
    """Whether somebody follows a link to this server, in a window of its own."""
    mode, goal = headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")
    return (mode, goal) == ("navigate", "document") and "origin" not in headers


def _is_told(headers: Headers) -> bool:
    """Whether an error says what, where and fix: a problem, or the form that asks for the token."""
    kind = headers.get("content-type", "")
    return kind.startswith(MEDIA_TYPE) or headers.get("cache-control") == "no-store"


def _is_address(name: str) -> bool:
    """Whether a name is an IPv4 address, or an IPv6 one in brackets."""
    found = re.fullmatch(r"\[(?P<six>[0-9a-f:.]+)\]|(?P<four>[0-9.]+)", name)
    try:
        if found and found["six"]:
            ipaddress.IPv6Address(found["six"])
        else:
            ipaddress.IPv4Address(found["four"] if found else name)
    except ValueError:
        return False
    return True


def _hostname(netloc: str) -> str:
    """What stands before the port: "[::1]:8000" -> "[::1]"."""
    name, _, port = netloc.lower().rpartition(":")
    return name if name and (port.isdigit() or not port) else netloc.lower()
