"""A worker's place in the pool: it is filled anew when its worker has gone."""

import logging
import threading
import time
from pathlib import Path
from typing import Any

from basics.errors import ProjectError
from pipeline.web.workers.jobs import Job
from pipeline.web.workers.messages import NoSenseError, read
from pipeline.web.workers.outcome import AT_REST, NEAR, Bounds, closed, lost, no_worker
from pipeline.web.workers.process import DeadError, Why, WorkerProcess
from pipeline.web.workers.tasks import Settings

TRIES = 2  # to start a worker, for one job

log = logging.getLogger(__name__)


class Slot:
    """One worker at a time, and the job that it does; served by one thread.

    Attributes:
        index: of the slot in its pool.
        job: in work; None if there is none.
        is_wanted: a worker is to be started even if there is no job for it.
    """

    def __init__(self, index: int, settings: Settings, folder: Path) -> None:
        """Start no worker yet."""
        self.index, self.settings, self.folder = index, settings, folder
        self.job: Job[Any] | None = None
        self.is_wanted = False
        self._worker: WorkerProcess | None = None
        self._n_started = 0
        self._is_closed = False
        self._lock = threading.Lock()  # between this slot's thread and those that kill

    @property
    def is_ready(self) -> bool:
        """Whether a worker could begin now."""
        worker = self._worker
        return worker is not None and worker.is_ready

    def make_ready(self) -> None:
        """See that there is a worker that could begin now.

        Raises:
            ProjectError: there is none, nor can one be started.
        """
        for _ in range(TRIES):
            worker = self._started()
            try:
                worker.wait_until_ready()
                return
            except (DeadError, NoSenseError):
                self._let_go(worker)
            except ProjectError:
                self._let_go(worker)
                raise
        raise closed() if self._is_closed else no_worker()

    def do(self, job: Job[Any], bounds: Bounds) -> Why | None:
        """Have the worker do a job; tell who waits for it, and why the worker has ended if it has.

        A worker that has ended while it was at rest is no reason for a job to fail.
        """
        answer: Any = None
        error: BaseException | None = None
        worker = self._worker
        try:
            worker = self._begin(job)
            content = worker.hear()
            with self._lock:
                self.job = None  # from here on nobody kills it for this job
            answer = read(content, job.ask.reply)
        except ProjectError as one:
            error = one
        except MemoryError:
            error = self._killed("memory", worker, job, bounds)
        except NoSenseError:
            error = self._killed("no sense", worker, job, bounds)
        except DeadError:
            error = lost(self._why_of(worker, bounds), job, bounds)
        with self._lock:
            self.job = None
        why = self._look_after(worker, bounds)
        if error is not None:
            job.fail(error)
        else:
            job.done.set_result(answer)
        return why

    def cancel(self, job: Job[Any]) -> None:
        """Ask the worker to end a job, if that is the one that it does."""
        with self._lock:
            if self.job is job and self._worker is not None and job.began is not None:
                try:
                    self._worker.ask({"cancel": job.id})
                except DeadError:
                    return

    def look(self, bounds: Bounds) -> None:
        """Kill the worker if its job goes beyond time or memory, or is cancelled and goes on."""
        self._bury()
        with self._lock:
            job, worker, now = self.job, self._worker, time.monotonic()
            if job is None or worker is None or job.began is None:
                return
            if worker.look() > bounds.most_bytes(worker.rest):
                worker.kill("memory")
            elif job.ask.is_timed and now > job.began + bounds.seconds:
                worker.kill("time")
            elif job.ends_at is not None and now > job.ends_at:
                worker.kill("cancelled")

    def close(self) -> None:
        """Kill what is in work, and start no worker any more."""
        with self._lock:
            self._is_closed = True
            worker = self._worker
            if worker is None:
                return
            if self.job is not None or not worker.is_ready:
                worker.kill("closed")
            else:
                worker.hang_up()

    def end(self, within: float) -> None:
        """End the worker; nothing of it is left.

        Args:
            within: seconds that it has.
        """
        if (worker := self._worker) is not None:
            worker.end(within)

    def _bury(self) -> None:
        """See to the end of a worker that has died at rest."""
        with self._lock:
            worker = self._worker
            if self.job is not None or worker is None or not worker.is_ready or worker.is_alive:
                return
            self._worker = None
        worker.end()

    def _started(self) -> WorkerProcess:
        """The worker, or a new one that starts."""
        with self._lock:
            if self._is_closed:
                raise closed()
            if self._worker is None:
                self._n_started += 1
                self._worker = WorkerProcess(self.settings, self.folder / str(self._n_started))
            return self._worker

    def _begin(self, job: Job[Any]) -> WorkerProcess:
        """Hand a job to the worker, or to a new one if that one has ended at rest.

        Raises:
            ProjectError: there is none, or the job was cancelled.
            DeadError: the new one has ended, too.
        """
        message = {"id": job.id, "task": job.ask.task, "how": dict(job.ask.how)}
        for is_last in (False, True):
            self.make_ready()
            with self._lock:
                worker = self._worker
                if job.is_cancelled or self._is_closed:
                    raise closed()
                if worker is None:  # it died just now
                    continue
                try:
                    if not worker.is_alive:
                        raise DeadError
                    worker.rest = worker.look()
                    worker.ask(message)
                    job.began = time.monotonic()
                    return worker
                except DeadError:
                    if is_last:
                        raise
            self._let_go(worker)
        raise closed()

    def _killed(
        self, why: Why, worker: WorkerProcess | None, job: Job[Any], bounds: Bounds
    ) -> ProjectError:
        """Kill a worker that is not to be trusted with another job; the error of this one."""
        if worker is not None:
            worker.kill(why)
        return lost(why, job, bounds)

    def _why_of(self, worker: WorkerProcess | None, bounds: Bounds) -> Why:
        """Why a worker has ended; one that ends by itself near its bound was refused memory."""
        why = (worker.why if worker else None) or "itself"
        is_near = worker is not None and worker.resident > bounds.most_bytes(worker.rest, NEAR)
        return "memory" if why == "itself" and is_near else why

    def _look_after(self, worker: WorkerProcess | None, bounds: Bounds) -> Why | None:
        """After a job: replace a worker that has ended, or that has grown large."""
        if worker is None or worker is not self._worker:
            return None
        if worker.why is None and worker.look() > bounds.most_bytes(worker.first_rest, AT_REST):
            self._let_go(worker)
            return None
        if worker.why is None:
            return None
        why = self._why_of(worker, bounds)
        self._let_go(worker)
        if not self._is_closed:
            try:
                self._started()  # now, so that it is ready when it is wanted
            except ProjectError:
                log.debug("closed meanwhile")
        return why

    def _let_go(self, worker: WorkerProcess) -> None:
        worker.end()
        with self._lock:
            if self._worker is worker:
                self._worker = None
