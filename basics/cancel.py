"""A job that another thread may end: handed down with the job, checked and obeyed on the way."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from basics.errors import Cancelled


class CancelToken:
    """Ends a job: once cancelled it stays so, and what has begun with it is stopped.

    Safe to use from several threads.
    """

    def __init__(self) -> None:
        """Nothing is cancelled yet."""
        self._lock = threading.Lock()
        self._stops: dict[int, Callable[[], object]] = {}
        self._is_cancelled = False

    @property
    def is_cancelled(self) -> bool:
        """Whether the job is to end."""
        return self._is_cancelled

    def cancel(self) -> None:
        """End the job; does nothing the second time."""
        with self._lock:
            self._is_cancelled = True
            stops = list(self._stops.values())
            self._stops.clear()
        for stop in stops:
            stop()

    def require(self) -> None:
        """Raise `Cancelled` if the job is to end."""
        if self._is_cancelled:
            raise Cancelled("the job was cancelled", "the photo in work", "start it again")

    @contextmanager
    def stopping(self, stop: Callable[[], object]) -> Iterator[None]:
        """While the block runs, `stop` is called if the job is cancelled: at once if it is already.

        Raises:
            Cancelled: it was cancelled before the block began.
        """
        with self._lock:
            self.require()
            key = id(stop)
            self._stops[key] = stop
        try:
            yield
        finally:
            with self._lock:
                self._stops.pop(key, None)

    @contextmanager
    def linked(self) -> Iterator["CancelToken"]:
        """A token of a part of the job, which is cancelled with it, or alone."""
        part = CancelToken()
        with self.stopping(part.cancel):
            yield part
