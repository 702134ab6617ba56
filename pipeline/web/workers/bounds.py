"""How much memory a worker may take: watched by the server, and held by the system where it can.

The watch looks every few hundredths of a second, in which a decoder can ask for gigabytes; the
system's own bound, where there is one, stops that. It lies higher, for it counts what was asked
for, touched or not.
"""

import sys
from pathlib import Path

import psutil

MEGABYTE = 1_000_000
MARGIN = 256 * MEGABYTE  # that was asked for and not touched
STATUS = Path("/proc/self/status")


def resident_bytes(pid: int) -> int:
    """The memory of a process that is in use now; 0 if it has ended."""
    try:
        return psutil.Process(pid).memory_info().rss
    except psutil.Error:
        return 0


def hold_memory(most_bytes: int) -> None:
    """Have Linux refuse this process more memory than its bound and a margin, and dump no core.

    Args:
        most_bytes: resident memory at which the server ends it, what it has now included.
    """
    if not sys.platform.startswith("linux"):  # others do not count what is mapped
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    data, resident = _status_bytes("VmData"), _status_bytes("VmRSS")
    limit = data + max(0, most_bytes - resident) + MARGIN
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it would hold the photo


def _status_bytes(name: str) -> int:
    """A line of the process's own status."""
    for line in STATUS.read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return 0
