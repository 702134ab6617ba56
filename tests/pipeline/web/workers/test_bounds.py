"""The system's own bound of a worker's memory, tried in a process of its own."""

import subprocess
import sys

import psutil
import pytest

from pipeline.web.workers.bounds import resident_bytes
from tests.pipeline.web.conftest import PROJECT_DIR

TRY = """
from pipeline.web.workers.bounds import MARGIN, hold_memory
hold_memory({most})
try:
    bytearray({wanted} + MARGIN)
except MemoryError:
    print("refused")
else:
    print("given")
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="others do not count it")
@pytest.mark.parametrize(("wanted", "told"), [(500_000_000, "refused"), (1_000_000, "given")])
def test_more_than_the_bound_and_a_margin_is_not_given(wanted: int, told: str):
    code = TRY.format(most=300_000_000, wanted=wanted)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT_DIR, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == told


def test_the_memory_of_a_process_is_seen_and_that_of_none_is_none():
    assert resident_bytes(psutil.Process().pid) > 1_000_000
    assert resident_bytes(2**22 + 1) == 0
