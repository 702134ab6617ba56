"""Colours the photos of many clients, a few at once; who comes when all is full is told so."""

import shutil
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from basics.cancel import CancelToken
from imaging.formats import READABLE, result_suffix
from pipeline.colorizer import Colorizer
from pipeline.engine.bundle import FAITHFUL, Bundle
from pipeline.engine.request import ColorRequest, Limits, Rendering
from pipeline.media.colored import Colored
from pipeline.web.limits import TOO_MANY, Refusal, ServerLimits

Result = TypeVar("Result")


class ColorService:
    """The networks of one bundle, and a bounded queue of photos before them.

    Attributes:
        cancel: ends everything that is in work.
    """

    def __init__(
        self, bundle: Bundle, limits: ServerLimits | None = None, *, device: str = "cpu"
    ) -> None:
        """Nothing is opened yet but a folder for what is in work.

        Args:
            bundle: of models.
            limits: what a client may ask for.
            device: runs the networks; see `Colorizer`.
        """
        self.bundle, self.limits = bundle, limits or ServerLimits()
        self.colorizer = Colorizer(bundle, device=device)
        self.modes = sorted({FAITHFUL, *bundle.modes})
        self.cancel = CancelToken()
        self.folder = Path(tempfile.mkdtemp(prefix="colorize-web-"))
        self.n_open = 0  # photos in work or waiting
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(self.limits.at_once, thread_name_prefix="colorize")

    def submit(self, job: Callable[[], Result]) -> Future[Result]:
        """Have a job done in its turn.

        Raises:
            Refusal: all is full.
        """
        with self._lock:
            if self.n_open >= self.limits.at_once + self.limits.waiting:
                what = f"{self.n_open} photos are being coloured or wait already"
                raise Refusal(TOO_MANY, what, "the queue", "try again in a second")
            self.n_open += 1
        try:
            future = self._pool.submit(job)
        except RuntimeError:  # it is being closed
            self._end(None)
            raise
        future.add_done_callback(self._end)
        return future

    def colorize(
        self, path: Path, request: ColorRequest, rendering: Rendering, limits: Limits
    ) -> Colored:
        """Colour a photo into its own folder.

        Raises:
            DataError: the photo cannot be read.
            InColorError: it is in colour already, and is to be left alone then.
            ConfigError: unknown category or mode.
            Cancelled: `limits.cancel` was used, or the service is being closed.
        """
        with self.cancel.stopping(limits.cancel.cancel):
            job = self.colorizer.open(
                path,
                lambda photo: path.with_name(
                    f"result{result_suffix(path, photo.loader, rendering.format)}"
                ),
                request,
                rendering,
                limits,
            )
            return self.colorizer.finish(job, request)

    def own_folder(self) -> Path:
        """A new, empty folder for one photo; who asks for it removes it."""
        return Path(tempfile.mkdtemp(dir=self.folder))

    def warm_up(self) -> None:
        """Open the router in its turn, so that the first photo need not wait for it."""
        self._pool.submit(self.colorizer.engine.warm_up)

    def close(self) -> None:
        """Stop what is being written, and remove every file."""
        self.cancel.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, _: Future[Result] | None) -> None:
        with self._lock:
            self.n_open -= 1


def upload_name(name: str | None) -> str:
    """What a client's file is called here: nothing of its name but a suffix that we know."""
    suffix = Path(name or "").suffix.lower()
    return f"photo{suffix}" if suffix in READABLE else "photo"
