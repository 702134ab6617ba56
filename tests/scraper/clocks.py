"""Clocks for tests: no test sleeps."""

import threading

TIMEOUT_S = 10.0  # real time until a test that waits for a thread gives up


class QuickClock:
    """Time passes only in `sleep`, which returns at once.

    Attributes:
        now: seconds.
        slept: the argument of every `sleep`, in order.
    """

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        with self._lock:
            self.slept.append(seconds)
            self.now = max(self.now, until)


class ManualClock:
    """Time passes only in `move_to`; sleepers wait for it.

    Attributes:
        now: seconds.
        sleepers: wake-up time of each sleeping thread.
    """

    def __init__(self) -> None:
        self.now = 1000.0
        self.sleepers: list[float] = []
        self._changed = threading.Condition()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._changed:
            until = self.now + seconds
            self.sleepers.append(until)
            self._changed.notify_all()
            done = self._changed.wait_for(lambda: self.now >= until, TIMEOUT_S)
            self.sleepers.remove(until)
            self._changed.notify_all()
        assert done, "the clock was not moved"

    def wait_for_sleepers(self, *until: float) -> None:
        """Wait until threads sleep until exactly these times."""
        wanted = sorted(until)
        with self._changed:
            done = self._changed.wait_for(lambda: sorted(self.sleepers) == wanted, TIMEOUT_S)
            assert done, f"{self.sleepers} are slept for, not {wanted}"

    def move_to(self, now: float) -> None:
        """Wake every thread whose time has come."""
        with self._changed:
            self.now = now
            self._changed.notify_all()
