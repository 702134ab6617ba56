"""What a run has found: counts, failures, memory."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from tests.fuzz.oracle import Failure

SAMPLES = 10  # folders, of whose memory the median is taken: one swings by 100 MB


@dataclass(kw_only=True)
class Outcome:
    """What a run has found so far.

    Attributes:
        fates: how many files were coloured, failed, or left alone.
        failures: what must not be.
        memory: (files that one process has seen, bytes of memory then).
        n_files: so far.
    """

    fates: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    memory: list[tuple[int, int]] = field(default_factory=list)
    n_files: int = 0
    slowest: tuple[float, str] = (0.0, "")


def growth(memory: Sequence[tuple[int, int]], after: int = 1000) -> int | None:
    """Bytes of memory that a process has more at its end than after so many files.

    Of the process that saw the most; None if none saw more than that.
    """
    if not memory:
        return None
    last = max(range(len(memory)), key=lambda at: memory[at][0])
    seen = memory[last][0]
    first = last
    while first and memory[first - 1][0] < memory[first][0]:
        first -= 1
    later = [bytes_ for files, bytes_ in memory[first : last + 1] if files >= after]
    if seen <= after or len(later) < 2:
        return None
    several = max(1, min(SAMPLES, len(later) // 2))
    return round(median(later[-several:]) - median(later[:several]))
