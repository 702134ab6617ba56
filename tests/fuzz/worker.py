"""The process that colours: one for thousands of files, so that what it forgets to free is seen.

It reads jobs from standard input and answers on standard output, a line of JSON each. What the
program and its libraries print meanwhile goes to files.
"""

import argparse
import ctypes
import faulthandler
import gc
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import psutil

from basics.cli import print_error, print_lines
from basics.errors import ConfigError, InColorError, ProjectError
from pipeline import Colorizer, ColorRequest, Limits, Rendering
from pipeline.colorize import main as colorize

STACK_S = 0.9  # of the time that a job has: then its stack is written down


def main() -> None:
    """Do jobs until there are no more."""
    parser = argparse.ArgumentParser()
    parser.add_argument("models", type=Path)
    models = parser.parse_args().models
    answers = os.fdopen(os.dup(1), "w")
    colorizer = Colorizer(models)
    _answer(answers, {"ready": True})
    for line in sys.stdin:
        _answer(answers, _done(json.loads(line), colorizer, models))


def _answer(answers: TextIO, answer: object) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def _done(job: dict[str, Any], colorizer: Colorizer, models: Path) -> dict[str, Any]:
    """Do a job: colour one photo by Python, or run the command."""
    with open(job["stdout"], "wb") as out, open(job["stderr"], "wb") as err:  # noqa: PTH123
        sys.stdout.flush()
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        faulthandler.enable(err)
        faulthandler.dump_traceback_later(STACK_S * job["longest_s"], file=err)
        _forget_peak()
        before = psutil.Process().memory_info().rss
        started = time.perf_counter()
        if job.get("kill"):  # as a codec might; for the tests of who looks after this process
            os.kill(os.getpid(), signal.SIGKILL)
        if "argv" in job:
            answer = _guarded(lambda: {"code": colorize([*job["argv"], "--models", str(models)])})
            _give_back()
        else:
            answer = _guarded(lambda: _alone(job, colorizer))
        answer["seconds"] = time.perf_counter() - started
        faulthandler.cancel_dump_traceback_later()
        sys.stdout.flush()
        sys.stderr.flush()
        faulthandler.enable(sys.__stderr__ or 2)
    return {**answer, "before": before, "rss": psutil.Process().memory_info().rss, "peak": _peak()}


def _guarded(job: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What a job gives; whatever it raises is what this whole program looks for."""
    try:
        return job()
    except SystemExit as error:
        return {"code": error.code}
    except Exception:  # noqa: BLE001
        return {"code": None, "trace": traceback.format_exc()}


def _alone(job: dict[str, Any], colorizer: Colorizer) -> dict[str, Any]:
    """Colour one photo, and tell of an error as the command does."""
    try:
        colored = colorizer.colorize(
            job["photo"],
            None,
            ColorRequest(**job["request"]),
            rendering=Rendering(**job["rendering"]),
            limits=Limits(**job["limits"]),
        )
    except InColorError:
        return {"code": 0, "left": True}
    except ConfigError:
        raise  # the orders are right
    except ProjectError as error:
        print_error(error)
        return {"code": 1}
    print_lines([json.dumps(asdict(colored), default=str)])
    return {"code": 0}


def _give_back() -> None:
    """Have the memory returned that Python and the C library keep for later."""
    gc.collect()
    with suppress(OSError, AttributeError):  # glibc alone knows it
        ctypes.CDLL(None).malloc_trim(0)


def _forget_peak() -> None:
    """Let the kernel count the peak of memory anew, where it can."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak() -> int:
    """Bytes of memory, at most, since then; 0 where that is not known."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


if __name__ == "__main__":
    main()
