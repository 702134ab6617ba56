"""Many photos at once: decoded, coloured and encoded side by side on all processors.

Photos whose network inputs have one size pass the router together, and each colorizer once for all
of them that it serves. Each step of each batch runs on one thread, so that steps of different
photos overlap and no processor waits for another.
"""

import logging
import os
import time
from collections import defaultdict, deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from basics.errors import Cancelled, CheckpointError, ConfigError, DataError, InColorError
from basics.signals import WORKERS
from imaging.photo import set_threads
from imaging.signature import is_ours
from pipeline.colorizer import Colorizer
from pipeline.engine.request import ColorRequest, Limits, Rendering
from pipeline.engine.results import Prediction
from pipeline.engine.views import views_of
from pipeline.job import Job
from pipeline.media.colored import Colored
from pipeline.media.pages import PagesSink
from pipeline.media.photo_files import PhotoSource
from pipeline.media.pictures import write_pictures
from pipeline.media.plan import Task
from pipeline.media.sources import Sources

BATCH = 2  # photos that pass the networks together; more leave a processor's cache
AHEAD = 8  # batches per worker that are opened before they are wanted

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Order:
    """How all photos of a run are coloured and saved.

    Attributes:
        request: what colours they get.
        rendering: how they are saved.
        limits: what each may cost; its `cancel` ends the whole run.
        force: overwrite what exists.
        sources: photos that no result takes the place of; None takes those of the tasks.
        patience_s: for what cannot be stopped when the run is interrupted; None is endless.
    """

    request: ColorRequest
    rendering: Rendering
    limits: Limits
    force: bool = False
    sources: Sources | None = None
    patience_s: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Predicted:
    """A photo between the networks and the writer; `seconds` is its share of the time so far."""

    job: Job
    prediction: Prediction
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a task.

    Attributes:
        task: the photo, and where its result should go.
        colored: the result; None if there is none.
        error: why there is none, or not a picture of it; None if nothing failed.
        n_pages: how many pages the file has, of which one was coloured.
        pictures: of the result, that were written.
        is_ours: the photo is a result of this program, and was left alone.
    """

    task: Task
    colored: Colored | None = None
    error: DataError | None = None
    n_pages: int = 1
    pictures: tuple[Path, ...] = ()
    is_ours: bool = False


def colorize_all(
    colorizer: Colorizer, tasks: Sequence[Task], order: Order, *, workers: int = 0
) -> Generator[Outcome, None, None]:
    """Colour photos and write them; what went wrong with one does not stop the others.

    Args:
        colorizer: opened with `threads=1` if there are several workers.
        tasks: photos, and where their results go.
        order: how they are coloured and saved.
        workers: threads; 0 takes one per processor.

    Raises:
        ConfigError: the bundle cannot do what is asked for.
        CheckpointError: a network of the bundle cannot be used.

    Yields:
        one outcome per task, in the order in which they come about.
    """
    workers = workers or os.cpu_count() or 1
    sources = order.sources or Sources(task.photo for task in tasks)
    order = replace(order, request=colorizer.over_defaults(order.request), sources=sources)
    colorizer.engine.require(order.request)
    set_threads(1 if len(tasks) > 1 else workers)
    pool = ThreadPoolExecutor(workers, thread_name_prefix=WORKERS)
    run = _Run(colorizer, order, pool, workers)
    try:
        pool.submit(colorizer.engine.warm_up)  # while photos are decoded
        yield from run.outcomes(tasks)
    except BaseException:  # control C above all: a large photo takes half a minute
        order.limits.cancel.cancel()
        pool.shutdown(wait=False, cancel_futures=True)
        begun = [future for future in run.running if not future.cancelled()]
        wait(begun, timeout=order.patience_s)
        raise
    else:
        pool.shutdown()


class _Run:
    """One call of `colorize_all`: jobs that run, and photos that wait for their batch."""

    def __init__(
        self, colorizer: Colorizer, order: Order, pool: ThreadPoolExecutor, workers: int
    ) -> None:
        """Nothing runs yet."""
        self.colorizer, self.order = colorizer, order
        self.pool, self.workers = pool, workers
        self.running: dict[Future[Any], Sequence[Task]] = {}
        self.waiting: dict[tuple[int, ...], list[tuple[Task, Job]]] = defaultdict(list)
        self.n_open = 0  # tasks begun and not yet told

    def outcomes(self, tasks: Sequence[Task]) -> Iterator[Outcome]:
        """Begin as many as there is room for, and tell what became of them."""
        left = deque(tasks)
        while left or self.n_open:
            while left and self.n_open < BATCH * AHEAD * self.workers:
                task = left.popleft()
                self.n_open += 1
                self._start([task], self._open, task)
            self._flush()
            done, _ = wait(self.running, return_when=FIRST_COMPLETED)
            for future in done:
                for outcome in self._take(self.running.pop(future), future):
                    self.n_open -= 1
                    yield outcome

    def _start(self, tasks: Sequence[Task], step: Any, *args: Any) -> None:
        self.running[self.pool.submit(step, *args)] = tasks

    def _flush(self) -> None:
        """Predict a batch that is not full where a worker would be idle otherwise."""
        while self.waiting and len(self.running) < self.workers:
            size = max(self.waiting, key=lambda one: len(self.waiting[one]))
            self._predict_batch(self.waiting.pop(size))

    def _predict_batch(self, batch: Sequence[tuple[Task, Job]]) -> None:
        tasks, jobs = zip(*batch, strict=True)
        self._start(tasks, self._predict, jobs)

    def _open(self, task: Task) -> Job | Outcome:
        """The first step, and the last one for what needs no batch."""
        if task.has_result:
            return self._only_pictures(task)
        if not task.is_asked and is_ours(task.photo):
            return Outcome(task=task, is_ours=True)
        try:
            job = self._opened(task)
        except InColorError:
            return Outcome(task=task)
        if isinstance(job.sink, PagesSink):
            colored = self.colorizer.finish(job, self.order.request)
            return self._with_pictures(Outcome(task=task, colored=colored), colored)
        return job

    def _predict(self, jobs: Sequence[Job]) -> list[Predicted]:
        """The second step, of a batch; each photo takes its share of the time."""
        started, frames = time.perf_counter(), [job.frame for job in jobs]
        predictions = self.colorizer.predict_frames(frames, self.order.request)
        share = (time.perf_counter() - started) / len(jobs)
        return [
            Predicted(
                job=job,
                prediction=replace(one, encoded=one.encoded.without_features()),
                seconds=job.seconds + share,
            )
            for job, one in zip(jobs, predictions, strict=True)
        ]

    def _write(self, task: Task, one: Predicted) -> Outcome:
        """The last step."""
        colored = self.colorizer.write(one.job, one.prediction, self.order.request, one.seconds)
        outcome = Outcome(task=task, colored=colored, n_pages=one.job.source.n_pages)
        return self._with_pictures(outcome, colored)

    def _with_pictures(
        self, outcome: Outcome, colored: Colored, *, missing: bool = False
    ) -> Outcome:
        """The same once the pictures are there that are wanted; the result stays if they fail."""
        order, pictures = self.order, []
        commit = (order.sources or Sources()).commit(force=order.force)
        try:
            for path in write_pictures(colored, order.rendering, commit, missing=missing):
                pictures.append(path)
        except DataError as error:
            outcome = replace(outcome, error=error)
        return replace(outcome, pictures=tuple(pictures))

    def _only_pictures(self, task: Task) -> Outcome:
        """What an earlier run, stopped in between, has not made of a photo with a result."""
        order = self.order
        px = self.colorizer.bundle.router.inference_px
        frame = PhotoSource(task.photo, order.limits, reduced_px=px).first()
        (encoded,) = self.colorizer.engine.encode([frame], views_of(order.request))
        ranking = encoded.ranking
        category, confidence = ranking[0]
        width, height = frame.size
        colored = Colored(
            input=task.photo, output=task.output, category=category, confidence=confidence,
            ranking=ranking, width=width, height=height, seconds=0.0, colorizer="",
        )  # fmt: skip
        return self._with_pictures(Outcome(task=task), colored, missing=True)

    def _take(self, tasks: Sequence[Task], future: Future[Any]) -> Iterator[Outcome]:
        """Go on with what a step gave: the next step, or outcomes."""
        error = future.exception()
        if isinstance(error, ConfigError | CheckpointError | Cancelled | KeyboardInterrupt):
            raise error  # no photo can be coloured any more
        if error:  # one photo must never end the others' run
            if not isinstance(error, DataError):
                log.debug("not foreseen", exc_info=error)
            _forget_frames(error)
            yield from self._fail(tasks, error)
            return
        result = future.result()
        if isinstance(result, Outcome):
            yield result
        elif isinstance(result, Job):
            size = result.frame.lightness(self.colorizer.bundle.router.inference_px).shape
            batch = self.waiting[size]
            batch.append((tasks[0], result))
            if len(batch) == BATCH:
                self._predict_batch(self.waiting.pop(size))
        else:
            for task, one in zip(tasks, result, strict=True):
                self._start([task], self._write, task, one)

    def _fail(self, tasks: Sequence[Task], error: BaseException) -> Iterator[Outcome]:
        """Tell of a failure; photos that met it together are tried alone, for one is to blame."""
        if len(tasks) > 1:
            for task in tasks:
                self._start([task], self._alone, task)
            return
        (task,) = tasks
        yield Outcome(task=task, error=_of_photo(error, task))

    def _alone(self, task: Task) -> Outcome:
        """All of a photo's steps, one after another."""
        (one,) = self._predict([self._opened(task)])
        return self._write(task, one)

    def _opened(self, task: Task) -> Job:
        order = self.order
        return self.colorizer.open(
            task.photo, task.output, order.request, order.rendering, order.limits,
            force=order.force, sources=order.sources,
        )  # fmt: skip


def _of_photo(error: BaseException, task: Task) -> DataError:
    """An error about a photo, whatever was raised."""
    if isinstance(error, DataError):
        return error
    if isinstance(error, MemoryError):
        what = "the photo cannot be coloured: MemoryError: there is not enough for it"
        fix = "close other programs, or shrink it; if there is enough, report this as a bug"
        return DataError(what, task.photo, fix)
    what = f"the photo cannot be coloured: {type(error).__name__}: {error}"
    message = DataError(
        what, task.photo, "copy or download it again; if it is sound, report this as a bug"
    )
    message.__cause__ = error
    return message


def _forget_frames(error: BaseException) -> None:
    """Drop the frames that an error came through, which hold its photo open."""
    link: BaseException | None = error
    while link is not None:
        link.__traceback__ = None
        link = link.__cause__ or link.__context__
