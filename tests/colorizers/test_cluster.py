"""A real Ray cluster on this machine. What it starts is found again by its RAY_TMPDIR, and ends."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from basics.cluster import Share
from basics.errors import ConfigError
from colorizers.config import ColorizerConfig
from colorizers.train import train, train_on_cluster
from tests.colorizers.test_train import losses
from training.checkpoints import latest_checkpoint

PROJECT_DIR = Path(__file__).parents[2]
PATIENCE_S = 300.0
EPOCHS = 8
PLAN: dict[str, Any] = {
    "epochs": EPOCHS,
    "steps_per_epoch": 1,
    "batch_size": 2,
    "size": 32,
    "run_px": 32,
    "learning_rate": 1e-4,
    "checkpoint_every": 1,
}


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """Variables for what uses Ray; in the end no process with them is left."""
    folder = tempfile.mkdtemp(prefix="ray-")  # short, for a socket's path may have 107 characters
    variables = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    # its workers would be starved by other tests beside this one: they make themselves nice
    ours = {"RAY_worker_niceness": "0"}
    ours |= {"RAY_TMPDIR": folder, "RAY_AUTH_MODE": "disabled", "TF_CPP_MIN_LOG_LEVEL": "3"}
    yield {**variables, **ours}
    give_up = time.monotonic() + 20
    while (left := processes_in(folder)) and time.monotonic() < give_up:
        time.sleep(0.1)
    kill(left)
    shutil.rmtree(folder)
    assert left == []


def processes_in(folder: str) -> list[psutil.Process]:
    """Those that were started with this RAY_TMPDIR, and have not ended."""
    found = []
    for one in psutil.process_iter():
        with suppress(psutil.Error):
            if one.environ().get("RAY_TMPDIR") == folder and one.status() != psutil.STATUS_ZOMBIE:
                found.append(one)
    return found


@pytest.fixture
def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def machine(environment: dict[str, str], *options: str) -> Iterator[psutil.Process]:
    """A machine of one core in a cluster, as far as Ray can tell."""
    ports = ["--min-worker-port", "0", "--max-worker-port", "0"]  # any: they share an address
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", *ports]
    command += ["--num-cpus", "1", "--num-gpus", "0", "--disable-usage-stats", *options]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        said = iter(process.stdout.readline, "")
        assert any("Ray runtime started" in line for line in said)
        try:
            yield psutil.Process(process.pid)
        finally:
            every = [] if process.poll() is not None else with_children(process.pid)
            process.terminate()
            _, alive = psutil.wait_procs(every, timeout=20)
            kill(alive)


def with_children(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def kill(processes: Iterable[psutil.Process]) -> None:
    for one in processes:
        with suppress(psutil.NoSuchProcess):
            one.kill()


def start(folder: Path, environment: dict[str, str], *options: str) -> subprocess.Popen:
    """The command in `folder`, where `packed` and `runs` lie, its log in log.txt there."""
    arguments = [
        *(sys.executable, "-m", "colorizers.train", "--ray", *options),
        *("--packed-dir", "packed", "--runs-dir", "runs", "--epochs", str(EPOCHS)),
        *("--steps-per-epoch", "1", "--batch-size", "2", "--size", "32", "--run-px", "32"),
        *("--learning-rate", "1e-4", "--checkpoint-every", "1"),
    ]
    with (folder / "log.txt").open("w") as log:
        return subprocess.Popen(
            arguments,
            cwd=folder,
            env={**environment, "PYTHONPATH": str(PROJECT_DIR)},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )


def end_of(running: subprocess.Popen, folder: Path) -> tuple[list[str], str]:
    """What it printed, and its log."""
    try:
        printed, _ = running.communicate(timeout=PATIENCE_S)
    finally:
        running.kill()
    return sorted(printed.splitlines()), (folder / "log.txt").read_text()


def category_of(machine: psutil.Process, running: subprocess.Popen, runs_dir: Path) -> str:
    """The category that a machine trains, as soon as it has a checkpoint there."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and running.poll() is None:
        for one in machine.children(recursive=True):
            with suppress(psutil.Error):
                name = one.name().removeprefix("ray::")
                if latest_checkpoint(runs_dir / name) is not None:
                    return name
        time.sleep(0.02)
    raise TimeoutError


@pytest.mark.slow
@pytest.mark.full
def test_a_category_whose_worker_is_killed_is_finished_by_the_other(
    packed_photos, tmp_path, environment, free_port
):
    (tmp_path / "packed").symlink_to(packed_photos)
    runs_dir, address = tmp_path / "runs" / "encoder_decoder", f"127.0.0.1:{free_port}"
    head = ("--head", "--port", str(free_port), "--include-dashboard", "false")
    with machine(environment, *head), machine(environment, "--address", address) as other:
        options = ("--categories", "beach,forest", "--ray-address", address)
        with start(tmp_path, environment, *options) as running:
            killed = category_of(other, running, runs_dir)
            kill(with_children(other.pid))
            reached = latest_checkpoint(runs_dir / killed)
            printed, log = end_of(running, tmp_path)
    assert running.returncode == 0, log
    last = f"epoch_{EPOCHS:04d}.keras"
    assert printed == [f"runs/encoder_decoder/{name}/{last}" for name in ("beach", "forest")]
    assert reached is not None
    assert 1 <= reached[1] < EPOCHS
    assert f"going on from runs/encoder_decoder/{killed}/epoch_" in log
    assert f"epoch {EPOCHS} of {EPOCHS}" in log
    places = {"packed_dir": packed_photos, "run_dir": tmp_path / "unbroken"}
    train(ColorizerConfig(category=killed, **places, **PLAN))
    np.testing.assert_allclose(losses(runs_dir / killed), losses(places["run_dir"]), rtol=1e-3)


@pytest.mark.slow
def test_a_category_that_fails_does_not_keep_the_others_from_their_end(
    packed_photos, tmp_path, environment
):
    (tmp_path / "packed").symlink_to(packed_photos)
    strange = tmp_path / "runs" / "encoder_decoder" / "forest"
    strange.mkdir(parents=True)
    (strange / "config.json").write_text('{"seed": 7}')
    options = ("--categories", "beach,forest", "--compact", "compact")
    with start(tmp_path, environment, *options) as running:
        printed, log = end_of(running, tmp_path)
    assert running.returncode == 1, log
    assert printed == [f"runs/encoder_decoder/beach/epoch_{EPOCHS:04d}.keras"]
    assert "error: the run folder holds a run with other settings: " in log
    assert "runs/encoder_decoder/forest" in log
    assert [path.name for path in (tmp_path / "compact").iterdir()] == ["beach.npz"]


@pytest.mark.slow
def test_more_than_any_machine_has_is_refused(packed_photos, tmp_path, environment):
    (tmp_path / "packed").symlink_to(packed_photos)
    with start(tmp_path, environment, "--all", "--cpus-per-task", "9999") as running:
        printed, log = end_of(running, tmp_path)
    assert (running.returncode, printed) == (1, [])
    assert "error: no machine of the cluster has 9999 CPU" in log


def test_a_missing_ray_is_explained(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigError, match=r"not installed\n.*--ray\n.*requirements-cluster\.txt"):
        list(train_on_cluster([], None, Share()))
