"""The process of a worker: it opens the networks, then does one task after another.

It ends by itself when the server's end of the pipe closes, whatever it is doing: no worker outlives
its server. What it has not foreseen ends it, too; the server then starts another.
"""

import json
import logging
import os
import queue
import signal
import sys
import tempfile
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from basics.cancel import CancelToken
from basics.errors import ProjectError
from pipeline.web.workers.bounds import hold_memory
from pipeline.web.workers.wire import from_error

if TYPE_CHECKING:
    from pipeline.web.workers.tasks import Settings

CPU_ALONE = ["CPUExecutionProvider"]
END_S = 0.3  # in which a task that is cancelled may end by itself when the server has gone


def run(pipe: "Connection[Any, Any]", settings: "Settings", folder: Path) -> None:
    """Be a worker.

    Args:
        pipe: to the server.
        settings: of all workers.
        folder: for temporary files, an empty one; the server removes it.
    """
    _settle(folder)
    from pipeline.web.workers.tasks import TASKS, Tasks  # now, for libvips reads TMPDIR once

    try:
        tasks = Tasks(settings)
    except ProjectError as error:
        _tell(pipe, {"error": from_error(error)})
        return
    if tasks.colorizer.engine.models.providers == CPU_ALONE:  # a GPU's driver maps all it has
        hold_memory(settings.max_bytes)
    heard = Heard(pipe)
    threading.Thread(target=heard.listen, daemon=True).start()
    is_heard = _tell(pipe, {"done": {}})
    while is_heard and (asked := heard.asked.get()) is not None:
        cancel = heard.begin(asked["id"])
        try:
            told: dict[str, Any] = {"done": TASKS[asked["task"]](tasks, cancel, **asked["how"])}
        except ProjectError as error:
            told = {"error": from_error(error)}
        except MemoryError:
            told = {"memory": True}
        is_heard = _tell(pipe, told)


class Heard:
    """What the server says, heard while a task is in work."""

    def __init__(self, pipe: "Connection[Any, Any]") -> None:
        """Nothing was said yet."""
        self.asked: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._pipe, self._lock = pipe, threading.Lock()
        self._id, self._cancel = -1, CancelToken()
        self._cancelled = -1  # the task that was cancelled last; tasks come in the order of ids

    def begin(self, task_id: int) -> CancelToken:
        """A token for a task that begins now, which may have been cancelled already."""
        with self._lock:
            self._id, self._cancel = task_id, CancelToken()
            if self._cancelled == task_id:
                self._cancel.cancel()
            return self._cancel

    def listen(self) -> None:
        """Hear until the server has gone; then end the process."""
        try:
            while True:
                said = json.loads(self._pipe.recv_bytes())
                if "cancel" in said:
                    self._end_task(said["cancel"])
                else:
                    self.asked.put(said)
        except (EOFError, OSError):
            self._end_task(self._id)
            self.asked.put(None)
            time.sleep(END_S)
            os._exit(0)  # a decoder hears of nothing

    def _end_task(self, task_id: int) -> None:
        with self._lock:
            self._cancelled = task_id
            cancel = self._cancel if self._id == task_id else None
        if cancel is not None:
            cancel.cancel()


def _settle(folder: Path) -> None:
    """Leave the terminal's control C to the server, and put temporary files where it looks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr, force=True)
    logging.getLogger("pyvips").setLevel(logging.ERROR)


def _tell(pipe: "Connection[Any, Any]", told: dict[str, Any]) -> bool:
    """Tell the server something; whether it is still there."""
    try:
        pipe.send_bytes(json.dumps(told).encode())
    except OSError:
        return False
    return True
