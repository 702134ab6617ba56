"""One worker, as the server has it: a process, a pipe, and why it was killed if it was."""

import json
import multiprocessing
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from basics.errors import ProjectError
from pipeline.web.workers import worker
from pipeline.web.workers.bounds import resident_bytes
from pipeline.web.workers.messages import MOST_BYTES, NoSenseError, Nothing, read

if TYPE_CHECKING:
    from pipeline.web.workers.tasks import Settings

CONTEXT = multiprocessing.get_context("spawn")  # a fork of a process with threads is a gamble
START_S = 120.0
END_S = 0.5  # for a worker that is at rest
_starting = threading.Lock()  # multiprocessing counts its children without a lock

Why = Literal["time", "memory", "cancelled", "closed", "no sense", "itself"]


class DeadError(Exception):
    """A worker has ended; its `why` tells by whom."""


class WorkerProcess:
    """A worker that starts, is ready, or has ended.

    Attributes:
        why: it has ended; None while it lives.
        resident: bytes of memory, when that was last looked at.
        rest: the same when its last job came.
        first_rest: the same when its networks were opened.
    """

    def __init__(self, settings: "Settings", folder: Path) -> None:
        """Start it; it opens its networks by itself.

        Args:
            settings: of all workers.
            folder: for its temporary files, made here and removed when it has ended.
        """
        folder.mkdir(parents=True)
        self.folder = folder
        self.why: Why | None = None
        self.resident = self.rest = self.first_rest = 0
        self._pipe, theirs = CONTEXT.Pipe()
        with _starting:
            self._process = CONTEXT.Process(
                target=worker.run, args=(theirs, settings, folder), daemon=True, name="colorize"
            )
            self._process.start()
        theirs.close()  # or its end would never be heard of
        self.pid = int(self._process.pid or 0)
        self.is_ready = False
        self._sending, self._killing = threading.Lock(), threading.Lock()

    def wait_until_ready(self) -> None:
        """Wait for its networks.

        Raises:
            ProjectError: they cannot be opened.
            DeadError: it has ended.
        """
        if self.is_ready:
            return
        try:
            if not self._pipe.poll(START_S):
                raise self._lost("time")
            read(self._pipe.recv_bytes(MOST_BYTES), Nothing)
        except (EOFError, OSError) as error:
            raise self._lost("itself") from error
        except (ProjectError, NoSenseError):
            self.end()
            raise
        self.first_rest = self.look()
        self.is_ready = True

    def ask(self, message: dict[str, Any]) -> None:
        """Say something to it.

        Raises:
            DeadError: it has ended.
        """
        try:
            with self._sending:
                self._pipe.send_bytes(json.dumps(message).encode())
        except OSError as error:
            raise self._lost("itself") from error

    def hear(self) -> bytes:
        """Wait for what it says.

        Raises:
            DeadError: it has ended, or said too much.
        """
        try:
            return self._pipe.recv_bytes(MOST_BYTES)
        except EOFError as error:
            raise self._lost("itself") from error
        except OSError as error:  # a reset pipe, or a message above the bound
            raise self._lost("no sense" if self.is_alive else "itself") from error

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.exitcode is None

    def look(self) -> int:
        """Its resident memory, bytes."""
        self.resident = max(resident_bytes(self.pid), 0) or self.resident
        return self.resident

    def kill(self, why: Why) -> None:
        """End it at once; the first reason counts."""
        with self._killing:
            if self.why is None:
                self.why = why
                self._process.kill()

    def hang_up(self) -> None:
        """Close its pipe, by which a worker at rest ends itself."""
        with self._killing:
            self.why = self.why or "closed"
        self._pipe.close()

    def end(self, within: float = END_S) -> None:
        """End it, by itself if it is at rest and quick; nothing of it is left then.

        Args:
            within: seconds that it has.
        """
        self.hang_up()
        self._process.join(within)
        self._process.kill()
        self._process.join(END_S)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _lost(self, why: Why) -> DeadError:
        """See to the end of a worker that is none any more."""
        self.kill(why)
        self._process.join(END_S)
        return DeadError(self.why)
