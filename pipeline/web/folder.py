"""The server's own folder of temporary files; that of a server that was killed is removed later."""

import atexit
import os
import shutil
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from basics.errors import DataError, ProjectError
from basics.files import lock

PREFIX = "colorize-web-"
LOCK, MARK = "server.lock", "server.pid"  # the mark is there once the lock is held
YOUNG_S = 3600.0  # a folder without a mark may be that of a server that starts


class OwnFolder:
    """A folder that nobody else has, with a lock that its process holds, even if it is killed.

    Attributes:
        path: of the folder.
    """

    def __init__(self) -> None:
        """Make it, among the system's temporary files; first remove those of servers that died."""
        self._held = ExitStack()
        remove_abandoned(Path(tempfile.gettempdir()))
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        atexit.register(self.remove)
        self._held.enter_context(lock(self.path / LOCK, _in_use(self.path)))
        (self.path / MARK).write_text(f"{os.getpid()}\n", encoding="utf-8")

    def remove(self) -> None:
        """Remove it with all that is in it."""
        atexit.unregister(self.remove)
        self._held.close()
        shutil.rmtree(self.path, ignore_errors=True)


def remove_abandoned(folder: Path) -> None:
    """Remove our servers' folders in `folder` whose servers run no more."""
    for path in folder.glob(f"{PREFIX}*"):
        if _is_ours(path) and _is_abandoned(path):
            shutil.rmtree(path, ignore_errors=True)


def _is_ours(path: Path) -> bool:
    """Whether it is a folder, no link, of the user who runs this process."""
    try:
        found = path.lstat()
    except OSError:
        return False
    is_own = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    return path.is_dir() and not path.is_symlink() and is_own


def _is_abandoned(path: Path) -> bool:
    """Whether the server of a folder has gone."""
    try:
        if not (path / MARK).is_file():
            return time.time() - path.stat().st_mtime > YOUNG_S
        with lock(path / LOCK, _in_use(path)):
            return True
    except (ProjectError, OSError):
        return False


def _in_use(path: Path) -> DataError:
    return DataError("another server uses this folder", path, "stop it first")
