"""Whether the tests notice a broken program: python -m tests.mutations [NAME ...]

Each patch beside this file breaks one small thing that users rely on. It is applied to a clone of
the repository, where the tests of the module run, then those of its package if nothing failed.
Exits with 0 only if the tests catch every one.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from basics import cli
from basics.errors import ConfigError, DataError
from tests.mutations.patches import Mutation, chosen, read_mutations

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
LONGEST_S = 900.0  # of one run of pytest
PASSED, FAILED = 0, 1  # pytest's exit codes; by the others no test has failed
TOLD_LINES = 5  # of pytest's last words, where they are told


class Verdict(StrEnum):
    """What became of a mutation; only the first two are well."""

    CAUGHT = "caught"
    ENDLESS = "caught (endless)"  # the tests ended in time before, and now do not
    SURVIVED = "SURVIVED"
    ERROR = "ERROR"


@dataclass(frozen=True, kw_only=True)
class Run:
    """How a run of pytest ended: its exit code, None if it had to be stopped; its last lines."""

    code: int | None
    told: str


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "tests.mutations")
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help="of a patch, or its number [all]")
    add("--revision", default="HEAD", metavar="REV", help="the commit whose program and tests run")
    add("--list", action="store_true", help="say what there is, and run nothing")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    mutations = chosen(read_mutations(FOLDER), args.names)
    if args.list:
        cli.print_lines([f"{one.name}: {one.description}" for one in mutations])
        return cli.DONE
    verdicts: Counter[Verdict] = Counter()
    with checkout(args.revision) as folder:
        known: dict[PurePosixPath, Run] = {}
        for mutation in mutations:
            started = time.monotonic()
            try:
                verdict, seconds = judge(mutation, folder, known)
            except DataError as error:
                verdict, seconds = Verdict.ERROR, time.monotonic() - started
                cli.print_error(error)
            verdicts[verdict] += 1
            line = f"{verdict:<8} {seconds:6.1f} s  {mutation.name}: {mutation.description}"
            cli.print_lines([line])
    cli.print_lines([summary(verdicts)])
    n_caught = verdicts[Verdict.CAUGHT] + verdicts[Verdict.ENDLESS]
    return cli.DONE if n_caught == verdicts.total() else cli.FAILED


@contextmanager
def checkout(revision: str) -> Iterator[Path]:
    """A clone of the repository at a revision, in a temporary folder; commits only.

    Raises:
        ConfigError: there is no such revision.
    """
    found = _git(ROOT, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if found.returncode:
        raise ConfigError(f"no commit {revision!r}", "--revision", "name one of this repository")
    with tempfile.TemporaryDirectory(prefix="mutations-", ignore_cleanup_errors=True) as name:
        folder = Path(name) / ROOT.name
        for at, *command in (
            (ROOT, "clone", "--quiet", "--shared", "--no-checkout", str(ROOT), str(folder)),
            (folder, "checkout", "--quiet", "--detach", found.stdout.strip()),
        ):
            done = _git(at, *command)
            if done.returncode:
                raise DataError(f"cannot clone: {done.stderr.strip()}", folder, "make room there")
        yield folder


def judge(
    mutation: Mutation, folder: Path, known: dict[PurePosixPath, Run]
) -> tuple[Verdict, float]:
    """Break the clone, see whether its tests notice, and mend it.

    Args:
        mutation: what to break.
        folder: the clone, whole; it is so again afterwards.
        known: tests that have run in the whole clone; those that run now are added.

    Returns:
        The verdict, and the seconds for which the tests of the broken program ran.

    Raises:
        DataError: the patch does not apply, or nothing can be said by the tests.
    """
    seconds = 0.0
    for tests in _targets(mutation, folder):
        _require_passing(tests, folder, known)
        with _broken(folder, mutation.patch):
            started = time.monotonic()
            run = run_tests(folder, tests)
            seconds += time.monotonic() - started
        if run.code is None:
            return Verdict.ENDLESS, seconds
        if run.code == FAILED:
            return Verdict.CAUGHT, seconds
        if run.code != PASSED:
            what = f"pytest ended with {run.code}, which is no failed test:\n{run.told}"
            raise DataError(what, f"{tests}, {mutation.patch}", "break less")
    return Verdict.SURVIVED, seconds


def run_tests(folder: Path, tests: PurePosixPath) -> Run:
    """Run tests of a clone until the first that fails; what they leave running is ended."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", str(tests)]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    env["PYTHONDONTWRITEBYTECODE"] = "1"  # else what is stale would hide a mutation
    with tempfile.TemporaryFile("w+", errors="replace") as told:
        process = subprocess.Popen(
            command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=told, stderr=told,
            start_new_session=True,
        )  # fmt: skip
        try:
            code = process.wait(LONGEST_S)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        told.seek(0)
        return Run(code=code, told="\n".join(told.read().splitlines()[-TOLD_LINES:]))


def summary(verdicts: Mapping[Verdict, int]) -> str:
    """How many there were, and of each verdict."""
    n_caught = verdicts[Verdict.CAUGHT] + verdicts[Verdict.ENDLESS]
    others = [(Verdict.SURVIVED, "survived"), (Verdict.ERROR, "without a verdict")]
    counts = [f"{n_caught} caught", *(f"{verdicts[one]} {word}" for one, word in others
                                      if verdicts[one])]  # fmt: skip
    return f"{sum(verdicts.values())} mutations: {', '.join(counts)}"


def _targets(mutation: Mutation, folder: Path) -> list[PurePosixPath]:
    """The tests to run, one after another: those of the module, those of its package."""
    targets = [mutation.tests, mutation.package_tests]
    there = [one for one in dict.fromkeys(targets) if (folder / one).exists()]
    if not there:
        raise DataError("there are no tests", targets[-1], "name others in the patch: tests: PATH")
    return there


def _require_passing(tests: PurePosixPath, folder: Path, known: dict[PurePosixPath, Run]) -> None:
    """Raise `DataError` unless tests pass while nothing is broken; each is asked once."""
    if tests not in known:
        known[tests] = run_tests(folder, tests)
    if known[tests].code != PASSED:
        what = f"the tests do not pass while nothing is broken:\n{known[tests].told}"
        raise DataError(what, tests, "mend them first")


@contextmanager
def _broken(folder: Path, patch: Path) -> Iterator[None]:
    """A clone with a patch, which is taken back at the end."""
    done = _git(folder, "apply", str(patch))
    if done.returncode:
        what = f"the patch does not apply: {done.stderr.strip()}"
        raise DataError(what, patch, "make it anew for this revision")
    try:
        yield
    finally:
        _git(folder, "apply", "--reverse", str(patch)).check_returncode()


def _git(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "-C", str(folder), *command], capture_output=True, text=True, check=False
    )


if __name__ == "__main__":
    raise SystemExit(main())
