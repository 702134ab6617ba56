"""Clocks for tests: no test sleeps."""

import threading

PATIENCE_S = 10.0  # real time until a test that waits for a thread gives up


class QuickClock:
    """Time passes only when somebody sleeps, and then at once.

    Attributes:
        now: seconds.
        slept: what every `sleep` was asked for, in order.
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


class HandClock:
    """Time passes only when the test says so; sleepers wait for it.

    Attributes:
        now: seconds.
        sleepers: until when each thread sleeps that does.
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
            done = self._changed.wait_for(lambda: self.now >= until, PATIENCE_S)
            self.sleepers.remove(until)
            self._changed.notify_all()
        assert done, "nobody moved the clock"

    def wait_for_sleepers(self, *until: float) -> None:
        """Wait until exactly these times are slept for."""
        wanted = sorted(until)
        with self._changed:
            done = self._changed.wait_for(lambda: sorted(self.sleepers) == wanted, PATIENCE_S)
            assert done, f"{self.sleepers} are slept for, not {wanted}"

    def move_to(self, now: float) -> None:
        """Let everybody wake whose time has come."""
        with self._changed:
            self.now = now
            self._changed.notify_all()
