"""What a request must pass before anything else reads it, and what every answer carries."""

import hmac
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, quote, unquote

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.web.limits import TOO_LARGE, UNAUTHORIZED, Refusal
from pipeline.web.problems import of_error

COOKIE = "colorize_token"
OPEN_PATHS = {"/healthz"}  # a health check has no token
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
    """ASGI middleware around the whole server: asks for the token, if there is one."""

    def __init__(self, app: ASGIApp, *, token: str | None) -> None:
        """Guard an app; None lets everybody in."""
        self.app, self.token = app, token

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
                    told = Refusal(TOO_LARGE, "the upload is too long", scope["path"], "shrink it")
                    await of_error(told)(scope, receive, send)
                headers.update(SAFE)
                if asked:  # a browser asks on by itself
                    value = f"{COOKIE}={quote(str(self.token))}; Path=/; HttpOnly; SameSite=Strict"
                    headers.append("Set-Cookie", value)
            if not is_plain:
                await send(message)

        app = self.app
        if not (asked or self._may_enter(scope)):
            told = "give Authorization: Bearer TOKEN, or open /?token=TOKEN once"
            what = "no token, or a wrong one"
            app = of_error(Refusal(UNAUTHORIZED, what, scope["path"], told))
        await app(scope, receive, sent)

    def _may_enter(self, scope: Scope) -> bool:
        if self.token is None or scope["path"] in OPEN_PATHS:
            return True
        headers = Headers(scope=scope)
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        return self._is_token(bearer) or self._is_token(_cookie(headers))

    def _is_token(self, given: str) -> bool:
        return self.token is not None and hmac.compare_digest(given.encode(), self.token.encode())


def _is_text(headers: MutableHeaders) -> bool:
    return headers.get("content-type", "").startswith("text/plain")


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return unquote(found.value) if found else ""
