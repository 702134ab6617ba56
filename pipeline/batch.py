"""Many photos at once: decoded, coloured and encoded side by side on all processors.

Photos whose miniatures have one size pass the router together, and each colorizer once for all of
them that it serves. Each step of each batch is one job on one thread, so that steps of different
photos overlap and no processor waits for another.
"""

import logging
import os
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from basics.errors import CheckpointError, ConfigError, DataError
from imaging.network_input import is_in_color
from imaging.photo import set_threads
from imaging.writer import stop_writing
from pipeline.colorizer import Colorizer
from pipeline.engine.request import Options
from pipeline.engine.results import Colored, Predicted, Seen
from pipeline.media.plan import Task

BATCH = 2  # photos that pass the networks together; more leave a processor's cache
AHEAD = 8  # batches per worker that are seen before they are wanted

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a task.

    Attributes:
        task: the photo, and where its result should go.
        colored: the result; None if there is none.
        error: why there is none; None if there is, or if the photo was left alone.
        n_pages: how many pages the file has, of which one was coloured.
    """

    task: Task
    colored: Colored | None = None
    error: DataError | None = None
    n_pages: int = 1


def colorize_all(
    colorizer: Colorizer,
    tasks: Sequence[Task],
    options: Options,
    *,
    workers: int = 0,
    keep_color: bool = False,
) -> Iterator[Outcome]:
    """Colour photos and write them; what went wrong with one does not stop the others.

    Args:
        colorizer: opened with `threads=1` if there are several workers.
        tasks: photos, and where their results go.
        options: how they are coloured and saved.
        workers: threads; 0 takes one per processor.
        keep_color: leave photos alone that are in colour already.

    Raises:
        ConfigError: unknown category.
        CheckpointError: a network of the bundle cannot be used.

    Yields:
        one outcome per task, in the order in which they come about.
    """
    workers = workers or os.cpu_count() or 1
    colorizer.require_category(options.category)
    set_threads(1 if len(tasks) > 1 else workers)
    with ThreadPoolExecutor(workers) as pool:
        pool.submit(colorizer.network, colorizer.bundle.router)  # opened while photos are decoded
        run = _Run(colorizer, options, keep_color, pool, workers)
        try:
            yield from run.outcomes(tasks)
        except BaseException:  # control C above all: a large photo takes half a minute
            stop_writing()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class _Run:
    """One call of `colorize_all`: jobs that run, and photos that wait for their batch."""

    def __init__(
        self,
        colorizer: Colorizer,
        options: Options,
        keep_color: bool,
        pool: ThreadPoolExecutor,
        workers: int,
    ) -> None:
        """Nothing runs yet."""
        self.colorizer, self.options, self.keep_color = colorizer, options, keep_color
        self.pool, self.workers = pool, workers
        self.running: dict[Future[Any], Sequence[Task]] = {}
        self.waiting: dict[tuple[int, ...], list[tuple[Task, Seen]]] = defaultdict(list)
        self.n_open = 0  # tasks begun and not yet told

    def outcomes(self, tasks: Sequence[Task]) -> Iterator[Outcome]:
        """Begin as many as there is room for, and tell what became of them."""
        left = deque(tasks)
        while left or self.n_open:
            while left and self.n_open < BATCH * AHEAD * self.workers:
                task = left.popleft()
                self.n_open += 1
                self._start([task], self._look, task)
            self._flush()
            done, _ = wait(self.running, return_when=FIRST_COMPLETED)
            for future in done:
                for outcome in self._take(self.running.pop(future), future):
                    self.n_open -= 1
                    yield outcome

    def _start(self, tasks: Sequence[Task], job: Any, *args: Any) -> None:
        self.running[self.pool.submit(job, *args)] = tasks

    def _flush(self) -> None:
        """Predict a batch that is not full where a worker would be idle otherwise."""
        while self.waiting and len(self.running) < self.workers:
            size = max(self.waiting, key=lambda one: len(self.waiting[one]))
            self._predict_batch(self.waiting.pop(size))

    def _predict_batch(self, batch: Sequence[tuple[Task, Seen]]) -> None:
        tasks, seen = zip(*batch, strict=True)
        self._start(tasks, self.colorizer.predict, seen, self.options)

    def _look(self, task: Task) -> Seen | Outcome:
        """The first job, and the last one for what needs no batch."""
        seen = self.colorizer.look(task.photo, task.output, self.options)
        if self.keep_color and is_in_color(seen.photo):
            return Outcome(task=task)
        if self.options.all_pages and seen.photo.is_paged:
            colored = self.colorizer.colorize_pages(seen.photo, task.output, self.options)
            return Outcome(task=task, colored=colored)
        return seen

    def _write(self, task: Task, predicted: Predicted) -> Outcome:
        """The last job."""
        colored = self.colorizer.write(predicted, task.output, self.options)
        return Outcome(
            task=task,
            colored=colored,
            n_pages=predicted.seen.photo.n_pages if predicted.seen.photo.is_paged else 1,
        )

    def _take(self, tasks: Sequence[Task], future: Future[Any]) -> Iterator[Outcome]:
        """Go on with what a job gave: the next job, or outcomes."""
        try:
            result = future.result()
        except (ConfigError, CheckpointError):  # of the bundle: no photo can be coloured
            raise
        except Exception as error:  # one photo must never end the others' run
            if not isinstance(error, DataError):
                log.debug("not foreseen", exc_info=error)
            _forget_frames(error)
            yield from self._fail(tasks, error)
            return
        if isinstance(result, Outcome):
            yield result
        elif isinstance(result, list):
            for task, predicted in zip(tasks, result, strict=True):
                self._start([task], self._write, task, predicted)
        else:
            batch = self.waiting[result.lum.shape]
            batch.append((tasks[0], result))
            if len(batch) == BATCH:
                self._predict_batch(self.waiting.pop(result.lum.shape))

    def _fail(self, tasks: Sequence[Task], error: Exception) -> Iterator[Outcome]:
        """Tell of a failure; photos that met it together are tried alone, for one is to blame."""
        if len(tasks) > 1:
            for task in tasks:
                self._start([task], self._alone, task)
            return
        (task,) = tasks
        yield Outcome(task=task, error=_of_photo(error, task))

    def _alone(self, task: Task) -> Outcome:
        """All of a photo's jobs, one after another."""
        seen = self.colorizer.look(task.photo, task.output, self.options)
        (predicted,) = self.colorizer.predict([seen], self.options)
        return self._write(task, predicted)


def _of_photo(error: Exception, task: Task) -> DataError:
    """An error about a photo, whatever was raised."""
    if isinstance(error, DataError):
        return error
    what = f"the photo cannot be coloured: {type(error).__name__}: {error}"
    told = DataError(what, task.photo, "get it anew; if it is sound, report this as a bug")
    told.__cause__ = error
    return told


def _forget_frames(error: BaseException) -> None:
    """Drop the frames that an error came through, which hold its photo open."""
    link: BaseException | None = error
    while link is not None:
        link.__traceback__ = None
        link = link.__cause__ or link.__context__
