"""What a worker is asked for, and the one who waits for the answer."""

import itertools
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from basics.errors import Cancelled
from pipeline.web.workers.messages import Message

Reply = TypeVar("Reply", bound=Message)
_numbers = itertools.count()


@dataclass(frozen=True, kw_only=True)
class Ask(Generic[Reply]):
    """A task for a worker.

    Attributes:
        task: one of `pipeline.web.workers.tasks.TASKS`.
        how: its arguments, plain JSON.
        reply: what is to be answered.
        folder: of the files that it reads and writes; None if they are no visitor's.
        visitor: who is to stay with one worker; None lets any do it.
        session: the page for which it is done; None if it is for none.
        is_timed: whether it may only take as long as a photo may.
    """

    task: str
    how: Mapping[str, Any]
    reply: type[Reply]
    folder: Path | None = None
    visitor: str | None = None
    session: str | None = None
    is_timed: bool = True


@dataclass(eq=False)
class Job(Generic[Reply]):
    """An ask that waits, is in work, or is done.

    Attributes:
        ask: what is asked for.
        id: no other job of this process has it.
        done: the answer, or the error; never cancelled by itself: see `Pool.cancel`.
        since: when it came, on this machine's clock of seconds.
        began: when a worker took it; None while it waits.
        is_cancelled: nobody wants the answer any more.
        ends_at: when its worker is killed if it has not obeyed until then.
    """

    ask: Ask[Reply]
    id: int = field(default_factory=lambda: next(_numbers))
    done: "Future[Reply]" = field(default_factory=Future)
    since: float = field(default_factory=time.monotonic)
    began: float | None = None
    is_cancelled: bool = False
    ends_at: float | None = None

    def fail(self, error: BaseException) -> None:
        """Tell who waits that there is no answer."""
        self.done.set_exception(error)

    def drop(self) -> None:
        """Tell who waits that nobody wanted it any more."""
        self.fail(Cancelled("the photo was dropped", "the photo", "send it again"))
