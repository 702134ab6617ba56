"""HTTP as uvicorn speaks it, with bounds that it lacks.

Connections in all and of one address, the time for a header, for a client that takes no answer, and
for what follows a request that has been answered already.
"""

import asyncio
import ipaddress
import logging
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from pipeline.web.guard import OPEN_PATHS
from pipeline.web.limits import BAD_REQUEST, TIMED_OUT, UNAVAILABLE, Refusal, ServerLimits
from pipeline.web.problems import MEDIA_TYPE, of_error, problem

SPARE = 160  # connections beyond the bound, for health checks and to tell others to come back
KEEP_ALIVE_SECONDS = 5
HEADER_BYTES = 16_384  # of one request
FIX = {
    BAD_REQUEST: "send HTTP/1.1, with a Host and a header of at most 16 kB",
    TIMED_OUT: "send the request at once",
}


def server_config(app: ASGIApp, limits: ServerLimits, **more: Any) -> uvicorn.Config:
    """What uvicorn needs to serve an app within limits; `more` are settings of its own."""

    class Bounded(BoundedProtocol):
        bounds = limits

    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # not a stranger's to fill
    return uvicorn.Config(
        app, http=Bounded, ws="none", log_level="error", server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS, h11_max_incomplete_event_size=HEADER_BYTES, **more,
    )  # fmt: skip


class BoundedProtocol(H11Protocol):
    """One connection."""

    bounds: ServerLimits

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is connected yet."""
        super().__init__(*args, **kwargs)
        self.begun = self.loop.time()
        self._header_timer: asyncio.TimerHandle | None = None
        self._stall_timer: asyncio.TimerHandle | None = None

    @property
    def is_answering(self) -> bool:
        """Whether a request is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection on, or one that is only told to come back."""
        super().connection_made(transport)
        others = [
            one for one in self.connections
            if isinstance(one, BoundedProtocol)
            and one is not self and not one.transport.is_closing()
        ]  # fmt: skip
        near = [one for one in others if _is_near(one, self.client)]
        has_room = _make_room(others, self.bounds.connections)
        if not is_own(self.client):
            has_room &= _make_room(near, self.bounds.address_connections)
        if not has_room:
            self.app = _busy(self.app)
            _make_room(others, self.bounds.connections + SPARE)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the timers go."""
        self._disarm()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, and see that a header comes to its end."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Wait for what comes next, but not for ever."""
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        """Wait for a client that takes no answer, but not for ever."""
        super().pause_writing()
        if self._stall_timer is None:
            seconds = self.bounds.pause_seconds
            self._stall_timer = self.loop.call_later(seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on."""
        super().resume_writing()
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None

    def give_up(self) -> None:
        """End a connection that has not sent a whole request in time."""
        self._disarm()
        if self.transport.is_closing():
            return
        if self.conn.our_state is h11.IDLE and self.conn.trailing_data[0]:
            self._refuse(TIMED_OUT, "the request came too slowly")
        else:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Tell what is wrong with a request, unless an answer has begun."""
        self._refuse(BAD_REQUEST, msg.rstrip(".").lower())

    def _unsupported_upgrade_warning(self) -> None:
        """The guard answers it; the log is not a stranger's to fill."""

    def _refuse(self, status: int, what: str) -> None:
        """Answer with a problem where nothing has been answered yet, and close."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            body = bytes(problem(status, what, "the request", FIX[status]).body)
            headers = [("Content-Type", MEDIA_TYPE), ("Content-Length", str(len(body))),
                       ("Connection", "close")]  # fmt: skip
            reason = STATUS_PHRASES[status]
            events = (
                h11.Response(status_code=status, headers=headers, reason=reason),
                h11.Data(data=body),
                h11.EndOfMessage(),
            )
            self.transport.write(b"".join(self.conn.send(one) or b"" for one in events))
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    def _watch(self) -> None:
        """Have a timer exactly while no request is being answered."""
        if self.is_answering or self.transport.is_closing():
            self._disarm()
        elif self._header_timer is None:
            seconds = self.bounds.header_seconds
            self._header_timer = self.loop.call_later(seconds, self.give_up)

    def _disarm(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None


def _make_room(connections: list[BoundedProtocol], bound: int) -> bool:
    """Let those go that have no request, the oldest first; whether there is room for one more."""
    idle = sorted((one for one in connections if not one.is_answering), key=lambda one: one.begun)
    n_more = len(connections) + 1 - bound
    for one in idle[: max(0, n_more)]:
        one.give_up()
    return n_more <= len(idle)


def _is_near(connection: BoundedProtocol, client: tuple[str, int] | None) -> bool:
    """Whether a connection is of the same address."""
    return bool(connection.client and client and connection.client[0] == client[0])


def is_own(client: tuple[str, int] | None) -> bool:
    """Whether a client is on this computer, as a proxy may be."""
    try:
        return client is not None and ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False


def _busy(app: Any) -> ASGIApp:
    """An app that answers health checks, and tells everybody else to come back."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] in OPEN_PATHS:
            await app(scope, receive, send)
            return
        what = "too many connections are open"
        refusal = Refusal(UNAVAILABLE, what, "the server", "try again in a second")
        response = of_error(refusal)
        response.headers["Connection"] = "close"
        await response(scope, receive, send)

    return answer
