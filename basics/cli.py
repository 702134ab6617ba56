"""What every command shares: log, progress bar, exit codes, how an error is printed.

stdout holds results only, one per line; everything else goes to stderr.
"""

import argparse
import importlib.util
import logging
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

from basics.errors import ConfigError, ProjectError

if TYPE_CHECKING:
    from tqdm import tqdm

Item = TypeVar("Item")
TALKATIVE = ("httpx", "httpcore", "selenium", "urllib3", "tf2onnx")  # they log every step
LOCK_DIR = Path(__file__).parents[1] / "lock"  # only a clone has it
DONE, FAILED, USAGE = 0, 1, 2  # exit codes; 2 is argparse's for wrong usage


def run(
    job: Callable[[argparse.Namespace], int],
    args: argparse.Namespace,
    *,
    lock: str = "train.txt",
) -> int:
    """Run a command's job with the log set up; print a `ProjectError` and give its exit code.

    Args:
        job: takes `args`, gives the exit code.
        args: what was parsed.
        lock: the file of lock/ with what the job imports.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr, force=True)
    logging.getLogger("pyvips").setLevel(logging.ERROR)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # what matters of it is raised
    try:
        return job(args)
    except ProjectError as error:
        print_error(error)
        return FAILED
    except ModuleNotFoundError as error:
        if _is_installed(error.name):
            raise  # one of its modules is missing: a bug
        print_error(ConfigError(f"{error.name} is not installed", sys.executable, _install(lock)))
        return FAILED
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130  # the shell's code for SIGINT
    except BrokenPipeError:  # the reader of our stdout has gone: `... | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def _is_installed(module: str | None) -> bool:
    return bool(module and importlib.util.find_spec(module.split(".")[0]))


def _install(lock: str) -> str:
    """How to get the packages of a lock file into the Python that runs."""
    path = LOCK_DIR / lock
    if path.is_file():
        by_hand = f"{sys.executable} -m pip install -r {path}"
        return f"start it by make, which installs what it needs, or run: {by_hand}"
    extra = "[web]" if lock == "web.txt" else ""
    return f"install it with what it needs; in the project's folder run: pip install '.{extra}'"


def parser(doc: str | None, module: str, *, command: str | None = None) -> argparse.ArgumentParser:
    """An argument parser whose help opens with the first paragraph of the module's docstring.

    Args:
        doc: the docstring; its first line says how the module is run.
        module: what `python -m` runs.
        command: the same as a command of the installed package.
    """
    by_module = f"python -m {module}"
    prog = command if command and Path(sys.argv[0]).name == command else by_module
    return _Parser(
        prog=prog,
        description=(doc or "").split("\n\n")[0].replace(by_module, prog),
        formatter_class=_HelpWithDefaults,
    )


class _Parser(argparse.ArgumentParser):
    """Tells of wrong usage as of any other error: what, where, fix."""

    def error(self, message: str) -> NoReturn:
        """Print an error and exit with code 2."""
        argument, _, what = message.removeprefix("argument ").partition(": ")
        if not message.startswith("argument ") or not what:
            argument, what = "the command line", message
        fix = f"see {self.prog} --help"
        self.exit(USAGE, f"error: {what}\n  where: {argument}\n  fix: {fix}\n")


class _HelpWithDefaults(argparse.ArgumentDefaultsHelpFormatter):
    """Gives each default but those that say nothing: None, False, an empty text or list."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        says_nothing = action.default is None or action.default is False
        if says_nothing or action.default in ("", []):
            return action.help
        return super()._get_help_string(action)


def progress(items: Iterable[Item], what: str, total: int | None = None) -> Iterable[Item]:
    """Iterate with a bar on a terminal, shown only when the work takes over two seconds."""
    from tqdm import tqdm  # a thirtieth of a second

    return tqdm(items, desc=what, total=total, delay=2, disable=None, file=sys.stderr)


def progress_bar(what: str, total: int, done: int) -> "tqdm":
    """A bar for photos that many threads bring: call its `update()`; on a terminal only."""
    from tqdm import tqdm

    return tqdm(
        desc=what, total=total, initial=done, unit="photo", delay=2, disable=None, file=sys.stderr
    )


def positive(kind: type, *, zero: bool = False) -> Callable[[str], int | float]:
    """An argparse type: a number above zero (or, with `zero`, not below it)."""

    def parse(text: str) -> int | float:
        value = kind(text)
        if not (value > 0 or (zero and value == 0)):  # so that nan is refused too
            raise argparse.ArgumentTypeError(f"{text} is not {'>=' if zero else '>'} 0")
        return value

    parse.__name__ = kind.__name__  # argparse says "invalid int value" by it
    return parse


def print_error(error: ProjectError) -> None:
    """Print what was wrong, where, and what to do, in the words of a command line."""
    print(f"error: {error.for_command()}", file=sys.stderr)


def print_lines(lines: Sequence[object]) -> None:
    """Print results to stdout, one per line."""
    for line in lines:
        print(line, flush=True)
