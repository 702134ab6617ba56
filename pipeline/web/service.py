"""Colours the photos of many clients, a few at once; who comes when all is full is told so."""

import shutil
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from basics.names import require_name
from imaging.formats import READABLE, result_suffix
from imaging.network_input import is_in_color
from imaging.photo import open_photo
from imaging.writer import stop_writing
from pipeline.colorizer import Colorizer
from pipeline.engine.bundle import FAITHFUL, Bundle
from pipeline.engine.request import Options
from pipeline.engine.results import Colored
from pipeline.web.limits import TOO_MANY, Limits, Refusal

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How a client wants a photo coloured.

    Attributes:
        mode: one of the bundle's; None takes its default.
        format_: of the result; None keeps the photo's, where that can be written.
        keep_color: leave the photo alone if it is in colour already.
        options: the rest.
    """

    mode: str | None = None
    format_: str | None = None
    keep_color: bool = False
    options: Options = field(default_factory=Options)


class Studio:
    """The networks of one bundle, and a bounded queue of photos before them."""

    def __init__(
        self, bundle: Bundle, limits: Limits | None = None, *, device: str = "cpu"
    ) -> None:
        """Nothing is opened yet but a folder for what is in work.

        Args:
            bundle: of models.
            limits: what a client may ask for.
            device: runs the networks; see `Colorizer`.
        """
        self.bundle, self.limits = bundle, limits or Limits()
        one = Colorizer(bundle, device=device)
        self.colorizers = {mode: one.in_mode(mode) for mode in {FAITHFUL, *bundle.modes}}
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

    def colorizer(self, mode: str | None) -> Colorizer:
        """The colorizer of a mode; None is the bundle's default.

        Raises:
            ConfigError: there is no such mode.
        """
        name = mode or self.bundle.mode
        require_name(name, sorted(self.colorizers), what="mode", where="mode")
        return self.colorizers[name]

    def colorize(self, path: Path, wish: Wish) -> Colored | None:
        """Colour a photo into its own folder; None if it is left alone.

        Raises:
            DataError: the photo cannot be read.
            ConfigError: unknown category or mode.
        """
        colorizer, options = self.colorizer(wish.mode), wish.options
        photo = open_photo(path, max_pixels=options.max_pixels, tolerates=options.tolerate)
        if wish.keep_color and is_in_color(photo):
            return None
        suffix = result_suffix(path, photo.loader, wish.format_)
        return colorizer.colorize(path, path.with_name(f"result{suffix}"), options=options)

    def own_folder(self) -> Path:
        """A new, empty folder for one photo; who asks for it removes it."""
        return Path(tempfile.mkdtemp(dir=self.folder))

    def warm_up(self) -> None:
        """Open the router in its turn, so that the first photo need not wait for it."""
        self._pool.submit(self.colorizer(None).network, self.bundle.router)

    def close(self) -> None:
        """Stop what is being written, and remove every file."""
        stop_writing()
        self._pool.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, _: Future[Result] | None) -> None:
        with self._lock:
            self.n_open -= 1


def upload_name(name: str | None) -> str:
    """What a client's file is called here: nothing of its name but a suffix that we know."""
    suffix = Path(name or "").suffix.lower()
    return f"photo{suffix}" if suffix in READABLE else "photo"
