"""Signals that ask a command to end: all of them end it as control C does."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

ENDING = ("SIGINT", "SIGTERM", "SIGHUP")  # SIGHUP: the terminal has gone; Windows has none


class Stopped(KeyboardInterrupt):
    """A signal has asked the command to end.

    Attributes:
        code: what the command exits with, as a shell counts: 130 for control C, 143 for SIGTERM.
    """

    def __init__(self, number: int) -> None:
        """Number of the signal."""
        super().__init__(number)
        self.code = 128 + number


@contextmanager
def stopping(clean_up: Callable[[], object]) -> Iterator[None]:
    """Raise `Stopped` in the main thread when a signal asks the process to end.

    What ignores a signal, as `nohup` does, goes on to ignore it.

    Args:
        clean_up: is called if the block was stopped; further signals do not disturb it.
    """
    before: dict[int, Any] = {}
    try:
        if threading.current_thread() is threading.main_thread():
            for number in filter(None, (getattr(signal, name, None) for name in ENDING)):
                if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                    before[number] = signal.signal(number, _stop)
        yield
    except KeyboardInterrupt:
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        clean_up()
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, _: FrameType | None) -> None:
    raise Stopped(number)
