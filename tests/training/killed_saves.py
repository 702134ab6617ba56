"""Saves two networks and their optimizer without end, is killed, and looks at what is left:

    KERAS_BACKEND=torch python -m tests.training.killed_saves RUN_DIR KILLS

Importing Keras takes seconds, so each process that is killed is a fork of one that has done so.
Prints a line of JSON for each kill: the epoch that can be loaded, and the names of other files.
"""

import itertools
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import keras

from tests.training.conftest import build_small_network
from training.checkpoints import (
    ROLLING_NAME,
    all_checkpoints,
    load_newest,
    remove_rolling,
    save_parts,
)
from training.task import NETWORK, Parts


def save_for_ever(parts: Parts, optimizer: keras.Optimizer, run_dir: Path, first: int) -> None:
    """A rolling checkpoint after the other, each of which replaces the one before."""
    for epoch in itertools.count(first):
        path = run_dir / ROLLING_NAME.format(epoch)
        save_parts(parts, optimizer, path)
        remove_rolling(run_dir, keep=path)


def main() -> None:
    """Fork, kill, look, again and again; the moments are drawn anew each time."""
    run_dir, kills = Path(sys.argv[1]), int(sys.argv[2])
    run_dir.mkdir(parents=True, exist_ok=True)
    parts = {NETWORK: build_small_network(), "judge": build_small_network()}
    optimizer = keras.optimizers.Adam()
    optimizer.build([one for part in parts.values() for one in part.trainable_variables])
    save_parts(parts, optimizer, run_dir / ROLLING_NAME.format(1))
    rng, epoch = random.Random(), 1
    for _ in range(kills):
        child = os.fork()
        if child == 0:
            save_for_ever(parts, optimizer, run_dir, epoch + 1)
        while (newest := all_checkpoints(run_dir)[0][1]) <= epoch:
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        _, epoch, loaded = load_newest(run_dir) or (None, 0, {})
        seen = {"seen": newest, "epoch": epoch, "parts": sorted(loaded)}
        print(json.dumps(seen), flush=True)  # noqa: T201  # what the test reads
    save_parts(parts, optimizer, run_dir / ROLLING_NAME.format(epoch + 1))
    remove_rolling(run_dir, keep=run_dir / ROLLING_NAME.format(epoch + 1))


if __name__ == "__main__":
    main()
