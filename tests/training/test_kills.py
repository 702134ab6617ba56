"""A process that is killed while it writes a checkpoint, and files that are cut short."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from tests.training.conftest import build_small_network
from training.checkpoints import load_newest, save_checkpoint

KILLS = 8
PROJECT_DIR = Path(__file__).parents[2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks are POSIX's")
def test_a_kill_in_the_middle_of_writing_leaves_a_whole_checkpoint(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.killed_saves", str(tmp_path / "run"), str(KILLS)],
        env={**os.environ, "KERAS_BACKEND": "torch"},
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == KILLS
    assert all(one["epoch"] >= one["seen"] for one in lines)  # none that was there is lost
    assert all(one["parts"] == ["judge", "network"] for one in lines)
    left = {one.name for one in (tmp_path / "run").iterdir() if not one.name.startswith(".")}
    last = lines[-1]["epoch"] + 1
    ends = (".keras", "-judge.keras", "-optimizer.npz")
    assert left == {f"rolling_{last:04d}{end}" for end in ends}


def test_a_checkpoint_cut_at_any_length_gives_way_to_the_one_before(tmp_path):
    network = build_small_network()
    network.compile(keras.optimizers.Adam(), loss="mse")
    network.optimizer.build(network.trainable_variables)
    first, second = tmp_path / "epoch_0001.keras", tmp_path / "epoch_0002.keras"
    save_checkpoint(network, first)
    whole = first.read_bytes()
    for length in (0, 1, 21, 22, *range(100, len(whole), len(whole) // 12), len(whole) - 1):
        second.write_bytes(whole[:length])
        path, epoch, _ = load_newest(tmp_path) or (tmp_path, 0, {})
        assert (path, epoch) == (first, 1), length
        assert not second.exists(), length
    second.write_bytes(whole)
    assert (load_newest(tmp_path) or (tmp_path, 0, {}))[1] == 2
