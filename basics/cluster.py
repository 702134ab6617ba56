"""Calls spread over a Ray cluster: one task per item, each in a process of its own.

Every machine of the cluster needs this folder, its environment, and what the calls read and write
at the same paths, as on a shared file system: a worker that dies leaves its checkpoints there, and
its item goes on from the newest of them on another one. Ray is optional: only who asks for a
cluster imports it.
"""

import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from basics.errors import ConfigError, ProjectError

Result = TypeVar("Result")

PROJECT_DIR = Path(__file__).resolve().parents[1]
RETRIES = 5  # of an item whose worker died
PASSED_ON = ("KERAS_BACKEND", "TF_CPP_MIN_LOG_LEVEL", "XLA_FLAGS")  # to the workers, where set
QUIET = {  # must stand before Ray is imported
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is reported to anybody
    "RAY_DEDUP_LOGS": "0",  # else lines that resemble another category's are left out
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # Ray's coming default; else it warns
}


@dataclass(frozen=True, kw_only=True)
class Share:
    """What a task gets of the cluster, and which cluster.

    Attributes:
        address: as Ray takes it; None means RAY_ADDRESS, else a cluster that runs on this machine,
            else one that is started for this job.
        cpus: cores of a task.
        gpus: GPUs of a task, also a part of one; None: one, if the cluster has any.
    """

    address: str | None = None
    cpus: float = 1
    gpus: float | None = None


def map_on_cluster(
    function: Callable[..., Result], items: Mapping[str, tuple[Any, ...]], share: Share
) -> Iterator[Result | ProjectError]:
    """Call a function once per item, each on a worker of the cluster.

    Args:
        function: of a module that the workers can import, too.
        items: name -> the arguments of its call.
        share: of the cluster, for each.

    Yields:
        In the order in which they end: what the call returned, or the error that ended it.

    Raises:
        ConfigError: Ray is missing, there is no such cluster, or no machine in it has that share.
    """
    ray = import_ray()
    with _connected(ray, share):
        gpus = min(1, ray.cluster_resources().get("GPU", 0)) if share.gpus is None else share.gpus
        _require_room(ray, {"CPU": share.cpus, "GPU": gpus})
        # max_calls: a new process each, for a framework keeps what it took of a GPU
        options = {"num_cpus": share.cpus, "num_gpus": gpus, "max_calls": 1}
        task = ray.remote(max_retries=RETRIES, **options)(_call_here)
        names = {
            task.options(name=name).remote(function, arguments, Path.cwd()): name
            for name, arguments in items.items()
        }
        running = list(names)
        while running:
            with redirect_stdout(sys.stderr):  # Ray tells there what befalls its machines
                (done,), running = ray.wait(running)
            yield _outcome(ray, done, names[done])


def import_ray() -> Any:
    """The module, told to be quiet.

    Raises:
        ConfigError: it is not installed.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise ConfigError(
            "Ray is not installed", "--ray", "run: pip install -r requirements-cluster.txt"
        ) from error
    return ray


@contextmanager
def _connected(ray: Any, share: Share) -> Iterator[None]:
    """Join a cluster, or start one; leave it, or end it, with all of its processes."""
    path = [str(PROJECT_DIR), os.environ.get("PYTHONPATH", "")]
    variables = {
        "PYTHONPATH": os.pathsep.join(filter(None, path)),
        "TF_NUM_INTRAOP_THREADS": str(max(1, int(share.cpus))),  # else all cores for each
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",  # so that tasks can share a GPU
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",  # the same, for JAX
        **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
    }
    try:
        ray.init(
            address=share.address,
            runtime_env={"env_vars": variables},
            include_dashboard=None if share.address else False,
            logging_level=logging.WARNING,
        )
    except (ConnectionError, ValueError) as error:
        raise ConfigError(
            f"no such Ray cluster: {error}",
            f"--ray-address {share.address}" if share.address else "RAY_ADDRESS",
            "start one with `ray start --head`, set RAY_AUTH_MODE=token if it wants a token,"
            " or leave the address out",
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def _require_room(ray: Any, needed: dict[str, float]) -> None:
    """Refuse to wait for ever for a machine that is not there."""
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    if not any(all(one.get(name, 0) >= n for name, n in needed.items()) for one in machines):
        wanted = " and ".join(f"{n:g} {name}" for name, n in needed.items())
        raise ConfigError(
            f"no machine of the cluster has {wanted}",
            "--cpus-per-task, --gpus-per-task",
            "ask for less, or add a machine",
        )


def _call_here(function: Callable[..., Result], arguments: tuple[Any, ...], folder: Path) -> Result:
    """What a worker does; its log goes through stderr to whoever started the job in `folder`."""
    os.chdir(folder)  # so that paths read, and stand in config.json, as they were given
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr, force=True)
    return function(*arguments)


def _outcome(ray: Any, done: Any, name: str) -> Any:
    try:
        return ray.get(done)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, ProjectError):
            return error.cause
        raise
    except ray.exceptions.RayError as error:
        return ProjectError(
            f"the workers of {name!r} died again and again: {str(error).splitlines()[0]}",
            f"{RETRIES + 1} workers",
            "look for what ended them (memory?); the same command goes on from the last checkpoint",
        )
