"""What a request must pass before anything else reads it, and what every answer carries.

The name that it calls this server by (DNS rebinding), the page that sent it (cross-site request
forgery), and the token.
"""

import hmac
from collections.abc import Collection
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, quote, unquote

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.web.limits import FORBIDDEN, TOO_LARGE, UNAUTHORIZED, Refusal
from pipeline.web.problems import of_error

COOKIE = "colorize_token"
OPEN_PATHS = {"/healthz"}  # a health check has no token
READING = {"GET", "HEAD", "OPTIONS"}  # methods that change nothing
SAFE = {
    # nothing is fetched from elsewhere; Gradio writes scripts and styles into its page
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "connect-src 'self' blob: data:; worker-src 'self' blob:; frame-ancestors 'self'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    """ASGI middleware around the whole server."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        token: str | None = None,
        hosts: Collection[str] | None = None,
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
        self.app, self.token, self.hosts, self.own_names = app, token, hosts, own_names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        query = parse_qs(scope["query_string"].decode("latin-1"))
        asked = self._is_token(query.get("token", [""])[0])

        is_plain = False

        async def sent(message: Message) -> None:
            nonlocal is_plain
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                is_plain = message["status"] == TOO_LARGE and _is_text(headers)
                if is_plain:  # the framework's own words on a body that is too long
                    what, where = "the upload is too long", scope["path"]
                    await of_error(Refusal(TOO_LARGE, what, where, "shrink it"))(
                        scope, receive, send
                    )
                headers.update(SAFE)
                if asked:  # a browser asks on by itself
                    value = f"{COOKIE}={quote(str(self.token))}; Path=/; HttpOnly; SameSite=Strict"
                    headers.append("Set-Cookie", value)
            if not is_plain:
                await send(message)

        refusal = self._foreign(scope)
        if refusal is not None:
            asked = False
        elif not (asked or self._may_enter(scope)):
            message = "give Authorization: Bearer TOKEN, or open /?token=TOKEN once"
            what = "no token, or a wrong one"
            refusal = Refusal(UNAUTHORIZED, what, scope["path"], message)
        await (of_error(refusal) if refusal else self.app)(scope, receive, sent)

    def _foreign(self, scope: Scope) -> Refusal | None:
        """Why a request is none of this server's own: its Host, or the page that posts."""
        headers = Headers(scope=scope)
        host, origins = headers.get("host", "").lower(), headers.getlist("origin")
        if self.hosts is not None and _hostname(host) not in self.hosts:
            fix = "open it by a name of its own, or start it with the option allow-host"
            return Refusal(FORBIDDEN, "not a name of this server", f"Host: {host}", fix)
        if scope["method"] in READING or all(self._is_own(one, host) for one in origins):
            return None
        where = f"Origin: {', '.join(origins)}"
        fix = "post from its own page, or start it with the option allow-host"
        return Refusal(FORBIDDEN, "sent by a page of another server", where, fix)

    def _is_own(self, origin: str, host: str) -> bool:
        """Whether an Origin is that of this server's page."""
        scheme, _, netloc = origin.lower().partition("://")
        return scheme in ("http", "https") and (
            netloc == host or _hostname(netloc) in self.own_names
        )

    def _may_enter(self, scope: Scope) -> bool:
        if self.token is None or scope["path"] in OPEN_PATHS:
            return True
        headers = Headers(scope=scope)
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        return self._is_token(bearer) or self._is_token(_cookie(headers))

    def _is_token(self, given: str) -> bool:
        return self.token is not None and hmac.compare_digest(given.encode(), self.token.encode())


def _hostname(netloc: str) -> str:
    """What stands before the port: "[::1]:8000" -> "[::1]"."""
    name, _, port = netloc.lower().rpartition(":")
    return name if name and (port.isdigit() or not port) else netloc.lower()


def _is_text(headers: MutableHeaders) -> bool:
    return headers.get("content-type", "").startswith("text/plain")


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return unquote(found.value) if found else ""
