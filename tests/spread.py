"""How the tests are ordered and chosen, as a pytest plugin.

pytest-xdist sends them to workers file by file (`--dist loadfile`), for the tests of a file share
its fixtures. `--quarter N` takes one quarter of what is selected.
"""

import os
import signal
import zlib
from collections.abc import Sequence

import psutil
import pytest

FIRST: Sequence[str] = (
    "tests/notebooks/test_notebooks.py",
    "tests/training/test_backends.py",
    "tests/release/test_add_category.py",
    "tests/release/test_export.py",
    "tests/experiments/test_universal_vs_category.py",
    "tests/colorizers/test_train.py",
    "tests/scraper/test_kill.py",
    "tests/pipeline/test_damage.py",
)  # the dearest files, so that no worker is left with one at the end
QUARTERS = 4
NIGHTLY_AT_MOST = 0.1  # of all tests
WORKER_BYTES = 3e9  # of memory, with TensorFlow and a browser


if "PYTEST_XDIST_WORKER" in os.environ:  # the workers share the processors already
    os.environ |= dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"), "1"
    )
    # they ignore control C, and so would every command that a test starts
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quarter", type=int, choices=range(QUARTERS), metavar="N",
        help=f"run only the tests whose id falls into quarter N, 0 to {QUARTERS - 1}",
    )  # fmt: skip


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """`-n auto`: one more than there are processors, for some tests wait for a browser."""
    return max(1, min((os.cpu_count() or 1) + 1, int(psutil.virtual_memory().total / WORKER_BYTES)))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the dearest files first, and leave other quarters out."""
    _require_few_nightly(config, items)
    items.sort(key=_place)
    wanted = config.getoption("--quarter")
    if wanted is not None:
        others = [item for item in items if quarter_of(item.nodeid) != wanted]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if quarter_of(item.nodeid) == wanted]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A quarter in which there is no test is no error."""
    is_quarter = session.config.getoption("--quarter") is not None
    if is_quarter and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK


def quarter_of(nodeid: str) -> int:
    """The quarter of a test, the same on every machine."""
    return zlib.crc32(nodeid.encode()) % QUARTERS


def _place(item: pytest.Item) -> int:
    file = item.nodeid.split("::")[0]
    return FIRST.index(file) if file in FIRST else len(FIRST)


def _require_few_nightly(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Raise `UsageError` if too many tests of a whole run are left to the night."""
    n_nightly = sum(item.get_closest_marker("nightly") is not None for item in items)
    is_whole = list(config.args) == config.getini("testpaths")
    if is_whole and n_nightly > NIGHTLY_AT_MOST * len(items):
        raise pytest.UsageError(f"{n_nightly} of {len(items)} tests are nightly: over a tenth")
