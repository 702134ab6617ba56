"""Make an environment, or bring one up to date: lock/make_environment.py .venv lock/colorize.txt

The Makefile runs it, with a Python that fits: 3.11 to 3.13. Two runs at once do no harm: the second
waits for the first and finds all done. One that was killed leaves nothing that disturbs the next.
"""

import fcntl
import subprocess
import sys
import venv
from pathlib import Path

WORKS = "import pip, sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"


def main(folder: Path, lock: Path) -> int:
    """Returns pip's exit code; `folder`/.ready is newer than `lock` once all is installed."""
    with folder.with_name(f"{folder.name}.lock").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _tell(f"waiting for another make, which makes {folder}")
            fcntl.flock(held, fcntl.LOCK_EX)
        # pip holds the lock, too: it may outlive this process
        return 0 if _is_ready(folder, lock) else _install(folder, lock, held.fileno())


def _is_ready(folder: Path, lock: Path) -> bool:
    ready = folder / ".ready"
    return _works(folder) and ready.exists() and ready.stat().st_mtime >= lock.stat().st_mtime


def _works(folder: Path) -> bool:
    """Whether there is a Python that fits, with pip: an interrupted run may have come less far."""
    python = folder / "bin" / "python"
    if not python.exists():
        return False
    return subprocess.run([python, "-c", WORKS], stderr=subprocess.DEVNULL).returncode == 0


def _install(folder: Path, lock: Path, held: int) -> int:
    if not _works(folder):
        _tell(f"making {folder} with {sys.executable}")
        venv.create(folder, clear=True, with_pip=True, symlinks=True)
    _tell(f"installing {lock} into {folder}")
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check"]
    code = subprocess.run([*pip, "-q", "-r", lock], pass_fds=[held]).returncode
    if code == 0:
        (folder / ".ready").touch()
    return code


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), Path(sys.argv[2])))
