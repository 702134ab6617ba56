"""Has jobs done by a worker, ends it where it hangs, and starts another where it died."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

START_S = 300.0  # to import all, on a busy machine
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of a job.

    Attributes:
        code: the exit code; None if there was none.
        ended: "hang" or "crash", with the signal, if the worker did not live through it.
        trace: of an error that was not foreseen.
        is_left: whether the photo was left alone, being in colour.
        stdout, stderr: what was printed.
        seconds: that it took.
        before, rss, peak: bytes of memory before, afterwards, and at most.
    """

    code: int | None = None
    ended: str = ""
    trace: str = ""
    is_left: bool = False
    stdout: str = ""
    stderr: str = ""
    seconds: float = 0.0
    before: int = 0
    rss: int = 0
    peak: int = 0


class Driver:
    """A worker, and its successors."""

    def __init__(self, models: Path, folder: Path) -> None:
        """Start none yet; `folder` gets what workers print."""
        self.models, self.folder = models, folder
        self.n_started = 0
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str] = queue.Queue()

    def __enter__(self) -> "Driver":
        """The driver itself."""
        return self

    def __exit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the worker."""
        self._end()

    def ask(self, job: Mapping[str, Any], longest_s: float) -> Answer:
        """Have a job done, within its time."""
        process = self._process or self._start()
        out, err = self.folder / "stdout", self.folder / "stderr"
        asked = {**job, "stdout": str(out), "stderr": str(err), "longest_s": longest_s}
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(asked) + "\n")
            process.stdin.flush()
            line = self._lines.get(timeout=longest_s)
        except BrokenPipeError:  # it died after its last answer
            line = ""
            ended = f"crash: {_signal(process.wait(timeout=10))}"
        except queue.Empty:
            line = ""
            ended = f"hang: no answer within {longest_s:g} s"
        else:
            ended = "" if line else f"crash: {_signal(process.wait(timeout=10))}"
        printed = Answer(stdout=_read(out), stderr=_read(err))
        if ended:
            self._end()
            return replace(printed, ended=ended, seconds=longest_s)
        answer = json.loads(line)
        return replace(
            printed,
            code=answer["code"],
            trace=answer.get("trace", ""),
            is_left=answer.get("left", False),
            seconds=answer["seconds"],
            before=answer["before"],
            rss=answer["rss"],
            peak=answer["peak"],
        )

    def _start(self) -> "subprocess.Popen[str]":
        self.n_started += 1
        self._lines = queue.Queue()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.worker", str(self.models)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=_pass_on, args=(self._process, self._lines), daemon=True).start()
        if not self._lines.get(timeout=START_S):
            raise RuntimeError(f"the worker did not start: exit code {self._process.wait()}")
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue  # what it was told last has not been read


def _pass_on(process: "subprocess.Popen[str]", lines: "queue.Queue[str]") -> None:
    """Hand over what a worker answers; an empty line once it has ended."""
    assert process.stdout is not None
    try:
        for line in process.stdout:
            lines.put(line)
    except ValueError:
        pass  # closed: it was ended
    lines.put("")


def _signal(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _read(path: Path) -> str:
    return os.fsdecode(path.read_bytes()) if path.exists() else ""
