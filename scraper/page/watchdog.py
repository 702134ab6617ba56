"""Run a browser's driver for as long as the program that started this one lives.

python -I -S scraper/page/watchdog.py PROFILE_DIR PORT CHROMEDRIVER [ARGUMENT ...]

A killed program cannot quit its browser, and neither does the driver notice. So this one waits
for its stdin to close, which the killing does too; then it shuts the driver down, which ends the
browser, and removes the browser's profile.
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

PATIENCE_S = 3.0  # for an orderly end


def main(argv: Sequence[str]) -> int:
    """Run the driver to its end."""
    profile_dir, port, *command = argv
    driver = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    signal.signal(signal.SIGTERM, lambda *_: driver.kill())
    threading.Thread(target=_end_with_stdin, args=(driver, int(port)), daemon=True).start()
    failed = driver.wait() != 0
    _remove(Path(profile_dir))
    return int(failed)


def _end_with_stdin(driver: subprocess.Popen[bytes], port: int) -> None:
    """Shut the driver down once nobody holds the other end of stdin."""
    os.read(0, 1)
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        connection.request("GET", "/shutdown")
        driver.wait(PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired):
        driver.kill()  # the browser then notices


def _remove(profile_dir: Path) -> None:
    """Remove the profile, to which the browser writes until its last breath."""
    give_up = time.monotonic() + PATIENCE_S
    while profile_dir.exists() and time.monotonic() < give_up:
        shutil.rmtree(profile_dir, ignore_errors=True)
        time.sleep(0.05)


if __name__ == "__main__":
    os._exit(main(sys.argv[1:]))  # at once: the thread may still wait for stdin
