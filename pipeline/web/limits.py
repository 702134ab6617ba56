"""What a client may ask of the server, and how it is told that it asked for too much."""

import os
from dataclasses import dataclass, field

from basics.errors import ProjectError

MEGABYTE = 1_000_000
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")  # what a computer is called by itself
KEPT_SECONDS = 3600  # how long a visitor's files stay
# HTTP, RFC 9110 and 6585
UNAUTHORIZED, FORBIDDEN, TOO_LARGE, UNPROCESSABLE, TOO_MANY = 401, 403, 413, 422, 429


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
    """

    upload_bytes: int = 64 * MEGABYTE
    pixels: int = 120 * MEGABYTE
    seconds: float = 60.0
    at_once: int = field(default_factory=lambda: os.cpu_count() or 1)
    waiting: int = 16
    memory_bytes: int = 1200 * MEGABYTE
    grace: float = 3.0


class Refusal(ProjectError):
    """A request goes beyond what the server gives.

    Attributes:
        status: HTTP's, 400 to 499.
    """

    def __init__(self, status: int, what: str, where: object, fix: str) -> None:
        """Keep the status beside what, where and fix."""
        super().__init__(what, where, fix)
        self.status = status
