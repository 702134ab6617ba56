"""How a browser hands in the token: a form that works without scripts, and a cookie for it."""

from html import escape
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from pipeline.web.gate.bodies import media_type, read_body
from pipeline.web.gate.tokens import COOKIE, MOST_BYTES, Token
from pipeline.web.limits import TOO_LARGE, UNAUTHORIZED, WRONG_TYPE, Refusal

PATH = "/login"
FORM_TYPE = "application/x-www-form-urlencoded"
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",  # under no-referrer the form would come from "null"
}
STYLE = """
:root {color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif}
body {margin: 0; min-height: 100vh; display: grid; place-items: center}
main {width: min(22rem, 90vw)}
h1 {font-size: 1.4rem; margin: 0 0 .5rem}
label, input, button {display: block; width: 100%; box-sizing: border-box}
input, button {font: inherit; padding: .6rem .8rem; border-radius: .5rem; margin: .5rem 0 1rem}
input {border: 1px solid #8888}
button {border: 0; background: #ea580c; color: #fff; cursor: pointer}
[role=alert] {color: #dc2626}
"""
FORM = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Image colorizer</title><style>{style}</style>
<main><h1>Image colorizer</h1>{told}
<form method="post" action="/login">
<label for="token">The token of this server</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button>Open</button></form></main></html>
"""
AGAIN = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0">
<title>Image colorizer</title><p>One moment; or <a href="">go on</a>.</p></html>
"""


def form(status: int = HTTPStatus.OK, told: str = "") -> HTMLResponse:
    """The form, with what went wrong before."""
    alert = f'<p role="alert">{escape(told)}</p>' if told else ""
    return HTMLResponse(FORM.format(style=STYLE, told=alert), status, HEADERS)


def reload() -> HTMLResponse:
    """A page that asks for the same address once more, now as a page of this server.

    A browser leaves strict cookies out of what another site's link leads to.
    """
    return HTMLResponse(AGAIN, headers=HEADERS)


async def log_in(request: Request, token: Token, address: str) -> Response:
    """Take the form: the cookie and the page for the right token, the form for a wrong one.

    Raises:
        Refusal: it is no such form, or the address has guessed too often.
    """
    if media_type(request.headers) != FORM_TYPE:
        raise Refusal(WRONG_TYPE, "not a form", PATH, f"send it as {FORM_TYPE}")
    too_long = Refusal(TOO_LARGE, "the form is too long", PATH, "give the token alone")
    # percent-encoding takes three bytes for one
    given = _field(await read_body(request, 4 * MOST_BYTES, too_long))
    if not token.is_right(given, address):
        return form(UNAUTHORIZED, "That is not the token.")
    answer = RedirectResponse("/", HTTPStatus.SEE_OTHER, HEADERS)
    answer.set_cookie(
        COOKIE, token.cookie, httponly=True, samesite="strict", path="/",
        secure=request.url.scheme == "https",
    )  # fmt: skip
    return answer


def _field(body: bytes) -> str:
    """The token in a form; empty if there is none, or more than one."""
    try:
        fields = parse_qs(body.decode("latin-1"), keep_blank_values=True, max_num_fields=4)
    except ValueError:
        return ""
    found = fields.get("token", [])
    return found[0] if len(found) == 1 else ""
