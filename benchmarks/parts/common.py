"""What the benchmarks share: which machine it is, what a command costs, sizes of photos.

Linux counts what a process held when it started another one as memory of that one, too. So nothing
heavy is imported here, and what is drawn before something is measured is drawn `in_own_process`.
"""

import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple, TypeVar

Result = TypeVar("Result")

SIZES_PX = {  # megapixels: width, height; 3:2 as cameras have it, the largest 4:3 as telephones
    1: (1224, 816),
    12: (4240, 2832),
    27: (6360, 4240),
    48: (8484, 5656),
    108: (12000, 9000),
}


class Cost(NamedTuple):
    """Wall seconds and peak resident memory, in MB of 2**20 bytes, of one process."""

    seconds: float
    peak_mb: float


def machine_line(device: str = "") -> str:
    """Platform, cores, Python, and the device that computes: by default the processor."""
    return (
        f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"{device or processor_name()}"
    )


def processor_name() -> str:
    """The processor, and whether it multiplies bfloat16."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    facts = {key.strip(): value.strip() for key, _, value in (one.partition(":") for one in lines)}
    known = {"avx512_bf16", "amx_bf16"}.intersection(facts.get("flags", "").split())
    return ", ".join([facts.get("model name", f"CPU {platform.machine()}"), *sorted(known)])


def in_own_process(job: Callable[..., Result], *args: object) -> Result:
    """What a function of a module gives in a fresh process, whose memory goes with it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(job, *args).result()


def colorize_command(photo: Path | str, output: Path) -> list[str]:
    """The command that colours a photo, overwriting the result."""
    return [sys.executable, "-m", "pipeline.colorize", str(photo), "-o", str(output), "--force"]


def measure(command: Sequence[str], stdin: Path | None = None) -> Cost:
    """What a command costs from its start to its end; `stdin` is what it reads.

    Raises:
        SystemExit: it fails; with the end of what it said. Or this process has held as much memory
            as the command, whose peak is then unknown.
    """
    with ExitStack() as opened:
        said = opened.enter_context(tempfile.TemporaryFile())
        read = opened.enter_context(stdin.open("rb")) if stdin else subprocess.DEVNULL
        started = time.perf_counter()
        process = subprocess.Popen(command, stdin=read, stdout=subprocess.DEVNULL, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            message = said.read()[-1000:].decode(errors="replace")
            raise SystemExit(f"failed ({process.returncode}): {' '.join(command)}\n{message}")
    if usage.ru_maxrss <= resource.getrusage(resource.RUSAGE_SELF).ru_maxrss:
        raise SystemExit(f"measured from too large a process: {' '.join(command)}")
    return Cost(seconds, usage.ru_maxrss / 1024)  # Linux counts in kB


def measure_in_turn(commands: Mapping[str, Sequence[str]], runs: int) -> dict[str, Cost]:
    """Median seconds and greatest peak of each command; they take turns, which is fair to all."""
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            costs[name].append(measure(command))
    return {
        name: Cost(
            statistics.median(one.seconds for one in own), max(one.peak_mb for one in own)
        )
        for name, own in costs.items()
    }  # fmt: skip
