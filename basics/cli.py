"""What every command shares: log, progress bar, exit codes, how an error is printed.

stdout holds results only, one per line; everything else goes to stderr.
"""

import argparse
import errno
import importlib.util
import logging
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

from basics.errors import ConfigError, DataError, ProjectError
from basics.printing import printable

if TYPE_CHECKING:
    from tqdm import tqdm

Item = TypeVar("Item")
TALKATIVE = ("httpx", "httpcore", "selenium", "urllib3", "tf2onnx")  # they log every step
LOCK_DIR = Path(__file__).parents[1] / "lock"  # only a clone has it
# what the machine says, and no mistake of a program
MACHINE = {
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EIO", "EMFILE", "ENFILE", "ENOMEM",
                 "EACCES", "EPERM", "ENAMETOOLONG")
    if hasattr(errno, name)
}  # fmt: skip
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
    _fill_streams()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_SafeFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
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
    except KeyboardInterrupt as error:
        _say("stopped")
        return getattr(error, "code", 130)  # the shell's code for SIGINT; see basics/signals.py
    except BrokenPipeError:  # the reader of our stdout has gone: `... | head -1`
        _forget_stdout()
        return DONE
    except OSError as error:
        if error.errno not in MACHINE:
            raise
        print_error(_of_machine(error))
        return FAILED


def _fill_streams() -> None:
    """Give closed standard streams something: else the next file that is opened takes their place.

    What is printed to a closed stderr goes nowhere; a closed stdout stays None: `require_stdout`.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115


def require_stdout() -> None:
    """Raise `ConfigError` if standard output is closed, so that no result could be told."""
    if sys.stdout is None:
        raise ConfigError("standard output is closed", "standard output", "open it: > /dev/null")


def _forget_stdout() -> None:
    """Let what is still to be written to stdout go nowhere: Python flushes it at its end."""
    with suppress(OSError, ValueError):  # that of a test has no number
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def unwritable_stdout(error: OSError) -> DataError:
    """The error of a standard output that takes no more; what has been made stays."""
    _forget_stdout()
    what = f"cannot write to standard output: {error.strerror}"
    return DataError(what, "standard output", "free the disk, or send it elsewhere; run it again")


def _of_machine(error: OSError) -> DataError:
    """An error of the machine: a full disk, a right that is missing."""
    where = error.filename or "this machine"
    return DataError(f"{error.strerror}", where, "free the disk, or choose another folder")


class _SafeFormatter(logging.Formatter):
    """Shows what would move the cursor, such as in the names of files, instead of printing it."""

    def format(self, record: logging.LogRecord) -> str:
        """A message in one piece."""
        return printable(super().format(record), keep="\n\t")


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
    if total == 1 or not sys.stderr.isatty():
        return items
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


def path(text: str) -> Path:
    """An argparse type: a path. An empty one is refused: `Path` takes it for this very folder."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty: name a file or a folder")
    return Path(text)


def print_error(error: ProjectError) -> None:
    """Print what was wrong, where, and what to do, in the words of a command line."""
    _say(f"error: {error.for_command()}")


def print_lines(lines: Sequence[object]) -> None:
    """Print results to stdout, one per line; on a terminal without what would move its cursor.

    Raises:
        DataError: stdout takes no more.
    """
    for line in lines:
        text = str(line)
        is_seen = sys.stdout is not None and sys.stdout.isatty()
        try:
            _print(printable(text, keep="\n\t") if is_seen else text)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise unwritable_stdout(error) from error


def _print(text: str) -> None:
    """Print a line; a name that is no UTF-8 as the bytes that it is."""
    try:
        print(text, flush=True)
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding
        try:
            content = text.encode(encoding, "surrogateescape")
        except UnicodeEncodeError:
            content = text.encode(encoding, "backslashreplace")
        sys.stdout.buffer.write(content + b"\n")
        sys.stdout.flush()


def leave(why: str, code: int) -> NoReturn:
    """End the process at once, whatever its threads do; only what is buffered is still written."""
    _say(why)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)


def _say(text: str) -> None:
    """Print a line to stderr, as far as that can be written to."""
    with suppress(OSError):
        print(text, file=sys.stderr)
