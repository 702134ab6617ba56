"""Watchdog of a browser's driver: runs it until the process that started this one ends.

python -I -S scraper/page/watchdog.py PROFILE_DIR PORT CHROMEDRIVER [ARGUMENT ...]

A killed process cannot quit its browser, and the driver does not notice. So the watchdog waits for
its stdin to close, as a kill does, too; then it shuts the driver down, which ends the browser, and
removes the browser's profile.
"""

import http.client
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

GRACE_S = 3.0  # for an orderly shutdown


def main(argv: Sequence[str]) -> int:
    """Run the driver until it exits."""
    profile_dir, port, *command = argv
    driver = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    signal.signal(signal.SIGTERM, lambda *_: driver.kill())
    threading.Thread(target=_end_with_stdin, args=(driver, int(port)), daemon=True).start()
    failed = driver.wait() != 0
    _remove(Path(profile_dir))
    return int(failed)


def _end_with_stdin(driver: subprocess.Popen[bytes], port: int) -> None:
    """Shut the driver down once stdin is closed."""
    os.read(0, 1)
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=GRACE_S)
        connection.request("GET", "/shutdown")
        driver.wait(GRACE_S)
    except (OSError, subprocess.TimeoutExpired):
        driver.kill()  # the browser then ends


def _remove(profile_dir: Path) -> None:
    """Remove the profile, to which the browser writes until it exits."""
    deadline = time.monotonic() + GRACE_S
    while profile_dir.exists() and time.monotonic() < deadline:
        shutil.rmtree(profile_dir, ignore_errors=True)
        time.sleep(0.05)


if __name__ == "__main__":
    os._exit(main(sys.argv[1:]))  # at once: the thread may still wait for stdin
