"""Signals that ask a command to end: all of them end it as control C does."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

WORKERS = "worker-"  # what the names of threads begin with that a stopped command leaves behind
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
    received: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        received.append(number)
        raise Stopped(number)

    try:
        if threading.current_thread() is threading.main_thread():
            for number in filter(None, (getattr(signal, name, None) for name in ENDING)):
                if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                    before[number] = signal.signal(number, stop)
        yield
    except BaseException as error:  # an import that was interrupted raises what it likes
        if not received and not isinstance(error, KeyboardInterrupt):
            raise
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        clean_up()
        if not received or isinstance(error, Stopped):
            raise
        raise Stopped(received[0]) from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def has_workers() -> bool:
    """Whether a thread is left that hears no signal, such as the decoder of a large photo."""
    return any(thread.name.startswith(WORKERS) for thread in threading.enumerate())
