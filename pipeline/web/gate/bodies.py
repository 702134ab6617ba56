"""Bounds of what a request sends: its bytes, its time, and all requests' bytes at once."""

import asyncio
import re
import time

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.web.limits import BAD_REQUEST, TIMED_OUT, TOO_LARGE, TOO_MANY, Refusal, ServerLimits
from pipeline.web.problems import of_error

SLOWEST = 4000  # bytes/s, in the mean; a body that comes more slowly is not waited for


def media_type(headers: Headers) -> str:
    """What a body says that it is, in lower case, without parameters; empty if nothing."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_body(request: Request, most_bytes: int, too_long: Refusal) -> bytes:
    """A body of at most so many bytes.

    Raises:
        Refusal: `too_long`: it has more, of which no more is read.
    """
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most_bytes:
            raise too_long
    return bytes(body)


class BodyBounds:
    """ASGI middleware: refuses a body that is too long, or comes too slowly.

    Attributes:
        n_open: bytes of all requests that have not been answered yet.
    """

    def __init__(self, app: ASGIApp, limits: ServerLimits) -> None:
        """Bound an app's requests."""
        self.app, self.limits, self.n_open = app, limits, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body, begun = _Body(self, scope["path"], receive), False

        async def sent(message: Message) -> None:
            nonlocal begun
            if body.refusal is not None and not begun:
                return  # what the app made of a body that was cut off
            begun = True
            await send(message)

        try:
            body.require_length(Headers(scope=scope))
            await self.app(scope, body.receive, sent)
        except Refusal as refusal:
            if refusal is not body.refusal:
                raise
        finally:
            self.n_open -= body.n_read
        if body.refusal is not None and not begun:
            await of_error(body.refusal)(scope, receive, send)


class _Body:
    """One request's."""

    def __init__(self, bounds: BodyBounds, where: str, receive: Receive) -> None:
        self.bounds, self.where, self._receive = bounds, where, receive
        self.n_read, self.waited, self.is_whole = 0, 0.0, False
        self.refusal: Refusal | None = None

    def require_length(self, headers: Headers) -> None:
        """Refuse a length that is none, or too long.

        Raises:
            Refusal: kept in `refusal`, too.
        """
        told = headers.get("content-length", "0")
        if not re.fullmatch("[0-9]{1,18}", told):
            self._refuse(BAD_REQUEST, "not a length", "send the body's length in bytes")
        if int(told) > self.bounds.limits.upload_bytes:
            self._too_long()

    async def receive(self) -> Message:
        """The next piece, in time.

        Raises:
            Refusal: it has not come, or is one too many; kept in `refusal`, too.
        """
        if self.refusal is not None:
            raise self.refusal
        if self.is_whole:
            return await self._receive()  # whether the client has gone
        limits = self.bounds.limits
        begun, rest = time.monotonic(), limits.pause_seconds + self.n_read / SLOWEST - self.waited
        try:
            async with asyncio.timeout(min(limits.pause_seconds, rest)):
                message = await self._receive()
        except TimeoutError:
            fix = "send it again, over a better connection"
            self._refuse(TIMED_OUT, "the request came too slowly", fix)
            raise
        self.waited += time.monotonic() - begun
        if message["type"] == "http.request":
            n = len(message.get("body", b""))
            self.n_read += n
            self.bounds.n_open += n
            self.is_whole = not message.get("more_body", False)
            if self.n_read > limits.upload_bytes:
                self._too_long()
            if self.bounds.n_open > limits.all_bytes:
                self._refuse(TOO_MANY, "too much is being sent at once", "try again in a second")
        return message

    def _too_long(self) -> None:
        bound = self.bounds.limits.upload_bytes
        self._refuse(TOO_LARGE, f"the upload is longer than {bound:,} bytes", "shrink it")

    def _refuse(self, status: int, what: str, fix: str) -> None:
        self.refusal = Refusal(status, what, self.where, fix)
        raise self.refusal
