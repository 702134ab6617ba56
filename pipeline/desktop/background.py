"""Work beside the window, which never waits for it."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from basics.cancel import CancelToken
from basics.errors import ProjectError

Result = TypeVar("Result")
POLL_MS = 30
OPEN, PAINT, SAVE = "open", "paint", "save"  # kinds of tasks


@dataclass(frozen=True, eq=False)
class _Task:
    """What is being done, and who is told of it."""

    kind: str
    future: Future[Any]
    tell: Callable[[Any], None]


class Background:
    """A thread for what is seen, where a newer request replaces older ones, and one that saves.

    Tk is touched in its own thread only: that one looks now and then for what is done.

    Attributes:
        cancel: for the jobs, which ends them when the window is closed.
    """

    def __init__(
        self,
        after: Callable[[int, Callable[[], None]], object],
        fail: Callable[[ProjectError], None],
        changed: Callable[[], None],
    ) -> None:
        """Nothing is being done.

        Args:
            after: Tk's, of the window in whose thread results are told.
            fail: is told of errors.
            changed: is called whenever a task begins or ends.
        """
        self._after, self._fail, self._changed = after, fail, changed
        self.cancel = CancelToken()
        self._tasks: list[_Task] = []
        self._painter = ThreadPoolExecutor(1, thread_name_prefix="paint")
        self._saver = ThreadPoolExecutor(1, thread_name_prefix="save")
        self._poll()

    def open(self, job: Callable[[], Result], tell: Callable[[Result], None]) -> None:
        """Do a job instead of all that was to be seen before it."""
        for task in [one for one in self._tasks if one.kind != SAVE]:
            task.future.cancel()
            self._tasks.remove(task)  # one that runs ends unheard
        self._start(OPEN, self._painter, job, tell)

    def paint(self, job: Callable[[], Result], tell: Callable[[Result], None]) -> None:
        """Do a job instead of those of its kind that have not begun."""
        for task in [one for one in self._tasks if one.kind == PAINT]:
            if task.future.cancel():
                self._tasks.remove(task)
        self._start(PAINT, self._painter, job, tell)

    def save(self, job: Callable[[], Result], tell: Callable[[Result], None]) -> None:
        """Do a job after those of its kind."""
        self._start(SAVE, self._saver, job, tell)

    def has(self, *kinds: str) -> bool:
        """Whether there are tasks of these kinds."""
        return any(task.kind in kinds for task in self._tasks)

    @property
    def is_busy(self) -> bool:
        """Whether there are tasks of any kind."""
        return bool(self._tasks)

    def close(self) -> None:
        """Stop what is being written and drop all else."""
        self.cancel.cancel()
        for pool in (self._painter, self._saver):
            pool.shutdown(cancel_futures=True)

    def _start(
        self,
        kind: str,
        pool: ThreadPoolExecutor,
        job: Callable[[], Result],
        tell: Callable[[Result], None],
    ) -> None:
        self._tasks.append(_Task(kind, pool.submit(job), tell))
        self._changed()

    def _poll(self) -> None:
        """Tell of what is done; while a message box waits for its answer this runs, too."""
        self._after(POLL_MS, self._poll)
        for task in [one for one in self._tasks if one.future.done()]:
            if task in self._tasks:
                self._tasks.remove(task)
                self._changed()
                self._tell(task)

    def _tell(self, task: _Task) -> None:
        try:
            result = task.future.result()
        except ProjectError as error:
            self._fail(error)
        else:
            task.tell(result)
