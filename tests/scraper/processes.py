"""Running programs by their command lines, on Linux."""

import contextlib
import time
from pathlib import Path

TIMEOUT_S = 10.0


def pids_with(*texts: str) -> list[int]:
    """Processes whose command line holds all of the texts; none that have ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has just ended
            line = path.read_bytes().decode(errors="replace")
            if all(text in line for text in texts):
                found.append(int(path.parent.name))
    return found


def are_gone(*texts: str) -> bool:
    """Whether all processes with the texts end within `TIMEOUT_S`."""
    give_up = time.monotonic() + TIMEOUT_S
    while pids_with(*texts):
        if time.monotonic() > give_up:
            return False
        time.sleep(0.05)
    return True
