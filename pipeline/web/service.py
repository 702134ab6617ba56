"""Colours the photos of many clients, a few at once; who comes when all is full is told so.

No photo is opened in this process: workers do that, under bounds of time and memory.
"""

import atexit
import os
import shutil
import tempfile
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from basics.errors import DataError
from imaging.formats import READABLE
from pipeline.colorizer import Colorizer
from pipeline.engine.bundle import FAITHFUL, Bundle
from pipeline.web.folder import OwnFolder
from pipeline.web.limits import MEGABYTE, ServerLimits
from pipeline.web.workers.jobs import Ask, Job
from pipeline.web.workers.messages import Message
from pipeline.web.workers.outcome import NETWORKS_MB, Bounds
from pipeline.web.workers.pool import Pool, Size
from pipeline.web.workers.tasks import Settings

Reply = TypeVar("Reply", bound=Message)


class ColorService:
    """Workers with the networks of one bundle, and a bounded queue of photos before them.

    Attributes:
        colorizer: knows what can be asked for; it opens no network and no photo here.
        modes: that can be asked for.
        folder: of all files of photos.
        pool: of workers.
    """

    def __init__(
        self, bundle: Bundle, limits: ServerLimits | None = None, *, device: str = "cpu"
    ) -> None:
        """Start nothing yet; make a folder for what will be in work.

        Args:
            bundle: of models.
            limits: what a client may ask for.
            device: runs the networks; see `Colorizer`.
        """
        self.bundle, self.limits = bundle, limits or ServerLimits()
        self.colorizer = Colorizer(bundle, device=device)
        self.modes = sorted({FAITHFUL, *bundle.modes})
        self._own = OwnFolder()
        self.folder = self._own.path / "photos"
        self.folder.mkdir()
        self.pool = self._pool(device)
        atexit.register(self.close)  # for a process that ends before it serves

    @property
    def n_open(self) -> int:
        """Photos in work or waiting."""
        return self.pool.n_open

    def submit(self, ask: Ask[Reply]) -> Job[Reply]:
        """Have something done in its turn.

        Raises:
            Refusal: all is full.
            Cancelled: the service is being closed.
        """
        return self.pool.submit(ask)

    def own_folder(self, inside: Path | None = None) -> Path:
        """A new, empty folder for one photo; who asks for it has it removed by `drop`.

        Args:
            inside: a folder, made if it is not there; None takes the service's own.
        """
        if inside is not None:
            inside.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(dir=inside or self.folder))

    def drop(self, folder: Path) -> None:
        """Remove a folder of a photo; what is in work there is ended first, or never begun."""
        jobs = self.pool.jobs(lambda ask: ask.folder == folder)

        def remove(_: "Future[Any] | None") -> None:
            if all(job.done.done() for job in jobs):
                shutil.rmtree(folder, ignore_errors=True)

        for job in jobs:
            self.pool.cancel(job)
        for job in jobs:
            job.done.add_done_callback(remove)
        if not jobs:
            remove(None)

    def leave(self, session: str) -> None:
        """End what is in work, or waits, for a page that was closed."""
        for job in self.pool.jobs(lambda ask: ask.session == session):
            self.pool.cancel(job)

    def warm_up(self) -> None:
        """Start a worker, so that the first photo need not wait for it."""
        self.pool.warm_up()

    def close(self) -> None:
        """End all work at once, and remove every file; does nothing the second time."""
        atexit.unregister(self.close)
        self.pool.close()
        self._own.remove()

    def _pool(self, device: str) -> Pool:
        limits = self.limits
        settings = Settings(
            bundle=self.bundle,
            device=device,
            threads=max(1, (os.cpu_count() or 1) // limits.at_once),
            max_pixels=limits.pixels,
            max_bytes=limits.memory_bytes + NETWORKS_MB * MEGABYTE,
        )
        bounds = Bounds(seconds=limits.seconds, megabytes=limits.memory_bytes / MEGABYTE)
        size = Size(at_once=limits.at_once, waiting=limits.waiting)
        return Pool(settings, bounds, size, self._own.path / "workers")


def upload_name(name: str | None) -> str:
    """What a client's file is called here: nothing of its name but a suffix that we know."""
    suffix = Path(name or "").suffix.lower()
    return f"photo{suffix}" if suffix in READABLE else "photo"


def require_made(path: Path) -> Path:
    """A file that a worker says it has written.

    Raises:
        DataError: it is none.
    """
    if path.is_symlink() or not path.is_file():
        raise DataError("the photo was not written", path.name, "try again")
    return path
