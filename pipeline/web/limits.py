"""What a client may ask of the server, and how it is told that it asked for too much."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from basics.errors import ProjectError

MEGABYTE = 1_000_000
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")  # what a computer is called by itself
KEPT_SECONDS = 3600  # how long a visitor's files stay
# HTTP, RFC 9110 and 6585
BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, NOT_ALLOWED = 400, 401, 403, 404, 405
TIMED_OUT, TOO_LARGE, WRONG_TYPE, UNPROCESSABLE, TOO_MANY = 408, 413, 415, 422, 429
SERVER_ERROR, UNAVAILABLE = 500, 503


@dataclass(frozen=True, kw_only=True)
class ServerLimits:
    """Bounds of the server; the defaults fit a small computer.

    Attributes:
        upload_bytes: of one request.
        pixels: of one photo.
        seconds: that one photo may take, its waiting left out.
        at_once: photos in work.
        waiting: photos that wait for their turn; one more is told to come back.
        memory_bytes: resident, that one photo may take on top of the networks.
        grace: seconds that what is in work has when the server is stopped.
        connections: that are open; who comes on top is told to come back, but for a health check.
        address_connections: of one address; those of this computer itself, as of a proxy, are not
            counted.
        header_seconds: from the first byte of a request, or the connection, to its header's end.
        pause_seconds: in which nothing of a body comes, or nothing of an answer is taken.
        visitor_bytes: of the files that are kept for one visitor of the page.
        visitor_photos: of one visitor, that are kept.
        all_bytes: of all visitors' files, and also of all requests that are being received.
    """

    upload_bytes: int = 64 * MEGABYTE
    pixels: int = 120 * MEGABYTE
    seconds: float = 60.0
    at_once: int = field(default_factory=lambda: os.cpu_count() or 1)
    waiting: int = 16
    memory_bytes: int = 1200 * MEGABYTE
    grace: float = 3.0
    connections: int = 256
    address_connections: int = 64
    header_seconds: float = 10.0
    pause_seconds: float = 20.0
    visitor_bytes: int = 1000 * MEGABYTE
    visitor_photos: int = 200
    all_bytes: int = 4000 * MEGABYTE


class Refusal(ProjectError):
    """A request goes beyond what the server gives.

    Attributes:
        status: HTTP's, 400 to 499, 503 or 507.
        methods: that are allowed instead, where the method is what was wrong.
        retry: seconds after which it may be tried again, where that is what is wrong.
    """

    def __init__(
        self,
        status: int,
        what: str,
        where: object,
        fix: str,
        *,
        methods: Sequence[str] = (),
        retry: int = 1,
    ) -> None:
        """Keep the status beside what, where and fix."""
        super().__init__(what, where, fix)
        self.status, self.methods, self.retry = status, methods, retry
