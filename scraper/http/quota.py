"""The hourly limit of an access key, as X-Ratelimit-Limit and X-Ratelimit-Remaining tell of it.

Source: https://unsplash.com/documentation#rate-limiting. It does not say when the hour begins: one
hour after the first request of ours is late enough for any beginning.
"""

import logging
import math
import threading
from collections.abc import Callable, Mapping

from scraper.http.errors import FetchError

log = logging.getLogger(__name__)

HOUR_S = 3600.0


class Budget:
    """The requests that a key may still make in this hour; shared by many threads.

    Attributes:
        limit: requests an hour; None before the API has told it.
        left: requests still allowed in this hour, likewise.
    """

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], object]) -> None:
        """Begin without knowing anything; `clock` and `sleep` are in seconds."""
        self.limit: int | None = None
        self.left: int | None = None
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._hour_ends = -math.inf  # by the clock
        self._told = -math.inf  # the end of the hour whose wait is logged already

    def take(self) -> None:
        """Count one request; where none is left, wait for the next hour first."""
        while (wait_s := self._take_now()) > 0:
            self._sleep(wait_s)

    def note(self, headers: Mapping[str, str]) -> None:
        """Learn from an answer's headers; those that are missing or no numbers teach nothing."""
        limit = headers.get("x-ratelimit-limit", "")
        left = headers.get("x-ratelimit-remaining", "")
        with self._lock:
            if limit.isdecimal():
                self.limit = int(limit)
            if left.isdecimal():  # what we counted is lower while requests are on their way
                counted = int(left) if self.left is None else self.left
                self.left = min(counted, int(left))

    def use_up(self) -> None:
        """Let nobody ask any more in this hour."""
        with self._lock:
            self.left = 0

    def _take_now(self) -> float:
        """Count one request and return 0, or the seconds until that can be tried again."""
        with self._lock:
            now = self._clock()
            if now >= self._hour_ends:
                self._hour_ends, self.left = now + HOUR_S, None
            if self.left is None or self.left > 0:
                self.left = None if self.left is None else self.left - 1
                return 0.0
            wait_s = self._hour_ends - now
            if self._told != self._hour_ends:
                self._told = self._hour_ends
                minutes = math.ceil(wait_s / 60)
                log.info("hourly limit of the key reached: waiting %d minutes", minutes)
            return wait_s


def is_used_up(error: FetchError) -> bool:
    """Whether a failure means that the key's limit is reached: 403 with none left, or any 429."""
    if error.status == 429:
        return error.may_pass  # no, if it asks for more than an hour
    return error.status == 403 and error.headers.get("x-ratelimit-remaining") == "0"
