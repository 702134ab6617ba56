"""What each test costs, as a pytest plugin: processor seconds and wall seconds.

Printed at the end of every run: the ten dearest tests, and each one that takes over 40 processor
seconds without the mark `slow`. `--costs FILE.csv` keeps all of them; `python -m tests.costs_table`
makes a table of one such file, or compares two.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

COLUMNS = ("test", "cpu_s", "wall_s")
DEAREST = 10
TOO_DEAR_CPU_S = 40.0


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--costs", metavar="FILE.csv", help="write what each test costs")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Costs(config), "costs")


class Costs:
    """Measures in the process that runs a test, and adds up in the one that reports.

    A fixture shared by many tests is on the bill of the first that asks for it.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.spent = cpu_seconds()
        self.cpu: dict[str, float] = defaultdict(float)
        self.wall: dict[str, float] = defaultdict(float)
        self.marked: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Iterator[None]:
        """Add to a report what its phase cost: setup, call or teardown."""
        report: Any = yield
        now = cpu_seconds()
        report.user_properties.append(("cpu_s", max(0.0, now - self.spent)))
        report.user_properties.append(("is_slow", item.get_closest_marker("slow") is not None))
        self.spent = now
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up what the phases of a test cost."""
        told: dict[str, Any] = dict(report.user_properties)
        self.cpu[report.nodeid] += told.get("cpu_s", 0.0)
        self.wall[report.nodeid] += report.duration
        if told.get("is_slow"):
            self.marked.add(report.nodeid)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the dearest tests, and write all."""
        path = self.config.getoption("--costs")
        if path:
            write_costs(Path(path), self.cpu, self.wall)
        dearest = sorted(self.cpu, key=lambda one: -self.cpu[one])
        terminalreporter.section(f"the {DEAREST} dearest tests")
        for test in dearest[:DEAREST]:
            terminalreporter.line(f"{self.cpu[test]:7.1f} s of processor  {test}")
        for test in dearest:
            if self.cpu[test] > TOO_DEAR_CPU_S and test not in self.marked:
                terminalreporter.line(f"too dear, or to be marked slow: {test}", yellow=True)


def cpu_seconds() -> float:
    """Processor time so far of this process and all that it started, in s."""
    own = psutil.Process()
    total = 0.0
    for process in [own, *own.children(recursive=True)]:
        try:
            times: Any = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
        total += getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    return total


def write_costs(path: Path, cpu: dict[str, float], wall: dict[str, float]) -> None:
    """Write one row per test: `COLUMNS`."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        rows.writerows([test, f"{cpu[test]:.2f}", f"{wall[test]:.2f}"] for test in sorted(cpu))
