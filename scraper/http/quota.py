"""The hourly quota of an access key: the headers X-Ratelimit-Limit and X-Ratelimit-Remaining.

Source: https://unsplash.com/documentation#rate-limiting. It does not say when the hour begins: one
hour after the first request of ours is late enough for any beginning.
"""

import logging
import math
import threading
from collections.abc import Callable, Mapping

from scraper.http.errors import FetchError
from scraper.texts import count_of

log = logging.getLogger(__name__)

HOUR_S = 3600.0


class Quota:
    """The requests that a key may still make in this hour; thread-safe.

    Attributes:
        limit: requests per hour; None before the first response.
        remaining: requests left in this hour, likewise.
    """

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], object]) -> None:
        """Begin with an unknown limit; `clock` and `sleep` are in seconds."""
        self.limit: int | None = None
        self.remaining: int | None = None
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._hour_ends = -math.inf  # by the clock
        self._logged_end = -math.inf  # of the last hour whose wait was logged

    def acquire(self) -> None:
        """Count one request; where none is left, wait for the next hour first."""
        while (wait_s := self._try_acquire()) > 0:
            self._sleep(wait_s)

    def update(self, headers: Mapping[str, str]) -> None:
        """Read a response's headers; missing and malformed ones are ignored."""
        limit = count_of(headers.get("x-ratelimit-limit", ""))
        remaining = count_of(headers.get("x-ratelimit-remaining", ""))
        with self._lock:
            if limit is not None:
                self.limit = limit
            if remaining is not None:  # our count is lower while requests are in flight
                counted = remaining if self.remaining is None else self.remaining
                self.remaining = min(counted, remaining)

    def exhaust(self) -> None:
        """Let nobody make another request in this hour."""
        with self._lock:
            self.remaining = 0

    def _try_acquire(self) -> float:
        """Count one request and return 0, or the seconds until the next try."""
        with self._lock:
            now = self._clock()
            if now >= self._hour_ends:
                self._hour_ends, self.remaining = now + HOUR_S, None
            if self.remaining is None or self.remaining > 0:
                self.remaining = None if self.remaining is None else self.remaining - 1
                return 0.0
            wait_s = self._hour_ends - now
            if self._logged_end != self._hour_ends:
                self._logged_end = self._hour_ends
                minutes = math.ceil(wait_s / 60)
                log.info("hourly quota of the key exhausted: waiting %d minutes", minutes)
            return wait_s


def is_exhausted(error: FetchError) -> bool:
    """Whether a failure means that the quota is exhausted: 403 with none remaining, or any 429."""
    if error.status == 429:
        return error.is_transient  # no, if Retry-After is over an hour
    return error.status == 403 and error.headers.get("x-ratelimit-remaining") == "0"
