"""A pool of workers before which jobs wait in one line; each worker has a thread that serves it.

A visitor stays with one worker as long as it is free within a second, for it keeps the visitor's
photo open. A second thread kind, one for all, ends workers that go beyond time or memory.
"""

import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from basics.errors import ProjectError
from pipeline.web.limits import TOO_MANY, Refusal
from pipeline.web.workers.jobs import Ask, Job
from pipeline.web.workers.messages import Message
from pipeline.web.workers.outcome import Bounds, closed
from pipeline.web.workers.slot import Slot
from pipeline.web.workers.tasks import Settings

PATIENCE_S = 1.0  # after which any worker takes a visitor's job
LOOK_S = 0.03  # between two looks at time and memory
CANCEL_S = 0.5  # in which a job that is cancelled may end by itself
CLOSE_S = 1.5  # for all workers to end, together
MOST_VISITORS = 1000  # whose workers are remembered

log = logging.getLogger(__name__)
Reply = TypeVar("Reply", bound=Message)


@dataclass(frozen=True, kw_only=True)
class Size:
    """How many jobs are in work, and how many may wait."""

    at_once: int
    waiting: int


class Pool:
    """Workers, and the line before them. A worker is started when it is first wanted.

    Attributes:
        on_end: told why a worker was ended or ended by itself.
    """

    def __init__(self, settings: Settings, bounds: Bounds, size: Size, folder: Path) -> None:
        """Start nothing yet.

        Args:
            settings: of all workers.
            bounds: of one job.
            size: of the pool and of its line.
            folder: for the workers' temporary files.
        """
        self.bounds, self.size = bounds, size
        self.on_end: Callable[[str], None] = lambda _: None
        self._changed = threading.Condition()
        self._line: deque[Job[Any]] = deque()
        self._homes: OrderedDict[str, int] = OrderedDict()  # visitor -> worker
        self._is_closed = threading.Event()
        self._slots = [Slot(index, settings, folder / str(index)) for index in range(size.at_once)]
        self._threads: list[threading.Thread] = []

    @property
    def n_open(self) -> int:
        """How many jobs are in work or wait."""
        with self._changed:
            return self._n_open()

    def require_room(self) -> None:
        """Raise `Refusal` if all is full."""
        with self._changed:
            self._require_room()

    def submit(self, ask: Ask[Reply]) -> Job[Reply]:
        """Have a job done in its turn.

        Raises:
            Refusal: all is full.
            Cancelled: the pool is closed.
        """
        job = Job(ask)
        with self._changed:
            self._require_room()
            self._start()
            self._line.append(job)
            self._changed.notify_all()
        return job

    def warm_up(self) -> None:
        """Start one worker, so that the first photo need not wait for it."""
        with self._changed:
            self._slots[0].is_wanted = True
            self._start()
            self._changed.notify_all()

    def cancel(self, job: Job[Any]) -> None:
        """End a job that nobody wants any more: at once if it waits, else soon."""
        with self._changed:
            if job in self._line:
                self._line.remove(job)
                is_over = True
            else:
                job.is_cancelled, is_over = True, False
                job.ends_at = time.monotonic() + CANCEL_S
        if is_over:
            job.drop()
        else:
            for slot in self._slots:
                slot.cancel(job)

    def jobs(self, wanted: Callable[[Ask[Any]], bool]) -> list[Job[Any]]:
        """The jobs in work or waiting whose ask is such a one."""
        with self._changed:
            in_work = [one.job for one in self._slots if one.job is not None]
            return [one for one in (*self._line, *in_work) if wanted(one.ask)]

    def close(self) -> None:
        """End all jobs and all workers; nothing of them is left."""
        self._is_closed.set()
        with self._changed:
            left = list(self._line)
            self._line.clear()
            self._changed.notify_all()
        for job in left:
            job.drop()
        for slot in self._slots:
            slot.close()
        until = time.monotonic() + CLOSE_S
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        for slot in self._slots:
            slot.end(max(0.0, until - time.monotonic()))

    def _start(self) -> None:
        """Start the threads, once."""
        if self._is_closed.is_set():
            raise closed()
        if self._threads:
            return
        targets = [(self._serve, (one,)) for one in self._slots]
        self._threads = [
            threading.Thread(target=target, args=args, daemon=True, name="colorize")
            for target, args in (*targets, (self._watch, ()))
        ]
        for thread in self._threads:
            thread.start()

    def _n_open(self) -> int:
        return len(self._line) + sum(one.job is not None for one in self._slots)

    def _require_room(self) -> None:
        n_open = self._n_open()
        if n_open >= self.size.at_once + self.size.waiting:
            what = f"{n_open} photos are being coloured or wait already"
            raise Refusal(TOO_MANY, what, "the queue", "try again in a second")

    def _serve(self, slot: Slot) -> None:
        """Do what one worker can do, until the pool is closed."""
        while self._wait_for_work(slot):
            try:
                slot.make_ready()
            except ProjectError as error:
                if not self._is_closed.is_set():
                    log.error("%s", error)
                if (job := self._take(slot)) is not None:
                    slot.job = None
                    job.fail(error)
                continue
            if (job := self._take(slot)) is not None:
                if (why := slot.do(job, self.bounds)) is not None:
                    self.on_end(why)
                with self._changed:
                    self._changed.notify_all()

    def _wait_for_work(self, slot: Slot) -> bool:
        """Wait until there is something for a worker; False when the pool is closed."""
        with self._changed:
            while not self._is_closed.is_set():
                if slot.is_wanted or self._find(slot) is not None:
                    slot.is_wanted = False
                    return True
                self._changed.wait(PATIENCE_S if self._line else None)
            return False

    def _find(self, slot: Slot) -> Job[Any] | None:
        """The first job that a worker may take now.

        A worker that has yet to start leaves to those at rest what they can take.
        """
        late = time.monotonic() - PATIENCE_S
        at_rest = sum(one.is_ready and one.job is None for one in self._slots)
        left = 0 if slot.is_ready else at_rest
        for job in self._line:
            home = self._homes.get(job.ask.visitor or "")
            if home == slot.index:
                return job
            if home is None or job.since < late:
                if left == 0:
                    return job
                left -= 1
        return None

    def _take(self, slot: Slot) -> Job[Any] | None:
        """Take a job out of the line, unless another worker was faster."""
        with self._changed:
            job = self._find(slot)
            if job is None:
                return None
            self._line.remove(job)
            slot.job = job
            if job.ask.visitor is not None:
                self._homes[job.ask.visitor] = slot.index
                self._homes.move_to_end(job.ask.visitor)
                while len(self._homes) > MOST_VISITORS:
                    self._homes.popitem(last=False)
            self._changed.notify_all()  # the watch begins
            return job

    def _watch(self) -> None:
        """Look at time and memory of what is in work, until the pool is closed."""
        while not self._is_closed.wait(LOOK_S):
            with self._changed:
                if all(one.job is None for one in self._slots):
                    self._changed.wait(PATIENCE_S)
            for slot in self._slots:
                slot.look(self.bounds)
