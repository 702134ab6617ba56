"""Temporary files and folders: random names, made exclusively, and removed after a kill, too.

They lie in the folder of what they become. A name bears the machine and the number of the process
that made it, so that a later run can tell what a killed one has left; what is in use is locked.
"""

import os
import platform
import secrets
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

TEMPORARY = ".partial-"  # what their names begin with
LONGEST_SUFFIX = 16  # bytes; a name may "end" in hundreds after its last dot
FORGOTTEN_S = 86_400.0  # a number may be another process's by now; nobody writes for so long
EXCLUSIVELY = (
    os.O_RDWR
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_live: set[Path] = set()  # those of this process


@contextmanager
def temporary_file(path: Path) -> Iterator[Path]:
    """Give an empty temporary file beside `path`; it is gone when the block ends, unless renamed.

    It keeps the suffix, by which writers choose a format.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _new_path(path, path.suffix)
    _live.add(temporary)
    try:
        descriptor = os.open(temporary, EXCLUSIVELY, 0o666)  # the umask takes from it
        with _held(descriptor):
            yield temporary
    finally:
        temporary.unlink(missing_ok=True)
        _live.discard(temporary)


@contextmanager
def temporary_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder for the parts of `path`; it is removed when the block ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _new_path(path, "")
    _live.add(temporary)
    try:
        temporary.mkdir(mode=0o700)
        if sys.platform == "win32":
            yield temporary
        else:
            with _held(os.open(temporary, os.O_RDONLY)):
                yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        _live.discard(temporary)


def is_temporary(path: Path) -> bool:
    """Whether a path is a temporary, or a part of one."""
    return any(name.startswith(TEMPORARY) for name in path.parts[-2:])


def remove_own_temporaries() -> None:
    """Remove all that this process has: what it was killed in the middle of."""
    for temporary in list(_live):
        _remove(temporary)


def remove_stale_temporaries(folder: Path) -> None:
    """Remove the temporary files and folders of processes of this machine that were killed.

    Only what is this user's own, whoever may write into the folder.
    """
    begin = f"{TEMPORARY}{host()}-"
    with suppress(OSError):
        names = [name for name in os.listdir(folder) if name.startswith(begin)]  # noqa: PTH208
        for name in names:
            process = name.removeprefix(begin).split("-")[0]
            if process.isdecimal() and _is_stale(folder / name, int(process)):
                _remove(folder / name)


def host() -> str:
    """This machine's name, as far as it can be a part of a file's."""
    return "".join(one for one in platform.node() if one.isascii() and one.isalnum())[:40]


def _new_path(path: Path, suffix: str) -> Path:
    kept = suffix if len(os.fsencode(suffix)) <= LONGEST_SUFFIX else ""
    return path.with_name(f"{TEMPORARY}{host()}-{os.getpid()}-{secrets.token_hex(8)}{kept}")


@contextmanager
def _held(descriptor: int) -> Iterator[None]:
    """Hold a lock on an open file, which a kill lets go; Windows renames no file that is open."""
    if sys.platform == "win32":
        os.close(descriptor)
        yield
        return
    import fcntl

    try:
        with suppress(OSError):  # some network drives have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _is_stale(path: Path, process: int) -> bool:
    """Whether nobody works on a temporary any more."""
    try:
        found = path.lstat()
    except OSError:
        return False
    if path in _live or (hasattr(os, "geteuid") and found.st_uid != os.geteuid()):
        return False
    is_old = time.time() - found.st_mtime > FORGOTTEN_S
    if process != os.getpid() and _is_running(process) and not is_old:
        return False
    return not _is_locked(path, found.st_mode)


def _is_locked(path: Path, mode: int) -> bool:
    if sys.platform == "win32" or not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        return False
    import fcntl

    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def _remove(path: Path) -> None:
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _is_running(process: int) -> bool:
    if sys.platform == "win32":  # os.kill(number, 0) would be control C there
        import ctypes

        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        handle = kernel.OpenProcess(0x0010_0000, False, process)  # SYNCHRONIZE
        if not handle:
            return ctypes.get_last_error() == 5  # access denied: somebody else's
        try:
            return kernel.WaitForSingleObject(handle, 0) == 0x102  # still running
        finally:
            kernel.CloseHandle(handle)
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # somebody else's
    return True
