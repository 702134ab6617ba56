"""A run folder: config.json, versions.json, history.csv and checkpoints tell the whole story."""

import csv
import dataclasses
import json
import logging
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from basics.errors import CheckpointError
from basics.files import atomic_write

log = logging.getLogger(__name__)

MAY_CHANGE = (
    "run_dir", "packed_dir", "save_at", "checkpoint_every", "minutes", "rolling_s", "photos",
)  # fmt: skip


def open_run(config: Any, run_dir: Path, **facts: Any) -> None:
    """Create the run folder with its config, or check that the one there is of the same run.

    Args:
        config: the job's frozen dataclass.
        run_dir: the run folder.
        facts: what else defines the run, such as the hash of a frozen encoder; `photos`, how many
            it trains on, may change and is logged if it does.

    Raises:
        CheckpointError: the folder holds a run with other settings.
    """
    settings = {**dataclasses.asdict(config), **facts}
    path = run_dir / "config.json"
    text = json.dumps(settings, indent=2, default=str) + "\n"
    if path.is_file():
        stored = {**_defaults(config), **json.loads(path.read_text())}  # settings it did not know
        now = json.loads(text)
        differing = sorted(
            key
            for key in stored.keys() | now.keys()
            if stored.get(key) != now.get(key) and key not in MAY_CHANGE
        )
        if differing:
            was = ", ".join(f"{key} {stored.get(key)} -> {now.get(key)}" for key in differing)
            raise CheckpointError(
                f"the run folder holds a run with other settings: {was}",
                run_dir,
                "give the same settings to go on with it, or another run folder to start anew",
            )
        if stored.get("photos", now.get("photos")) != now.get("photos"):
            log.warning(
                "the run in %s began with %d training photos, now there are %d;"
                " to train on these from the start, remove that folder",
                run_dir,
                stored["photos"],
                now["photos"],
            )
        return
    with atomic_write(path) as side:
        side.write_text(text)
    with atomic_write(run_dir / "versions.json") as side:
        side.write_text(json.dumps(versions(), indent=2) + "\n")


def _defaults(config: Any) -> dict[str, Any]:
    """The defaults of a config's fields, as config.json holds them."""
    known = {
        field.name: field.default
        for field in dataclasses.fields(config)
        if field.default is not dataclasses.MISSING
    }
    return json.loads(json.dumps(known, default=str))


def read_config(run_dir: Path) -> dict[str, Any]:
    """The settings of a run.

    Raises:
        CheckpointError: there is no run in that folder.
    """
    path = run_dir / "config.json"
    if not path.is_file():
        raise CheckpointError(
            "no run in this folder", run_dir, "train first, or name another folder"
        )
    return json.loads(path.read_text())


def time_is_up(run_dir: Path, minutes: float | None) -> bool:
    """Whether a run has had its minutes, all sessions together; never without a limit."""
    return minutes is not None and History(run_dir / "history.csv", ()).seconds >= 60 * minutes


def versions() -> dict[str, str]:
    """Versions of Python, Keras and its backend, and the processor: what a figure depends on."""
    backend = keras.backend.backend()
    module = __import__(backend)  # the one that Keras has imported already
    return {
        "python": platform.python_version(),
        "keras": keras.__version__,
        "backend": backend,
        backend: module.__version__,
        "machine": f"{platform.machine()} {platform.system()}",
    }


class History:
    """history.csv: a row per finished epoch; rewritten whole, so a kill leaves no torn row."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        """Read what an earlier session wrote."""
        self.path = path
        self.columns = ("epoch", *columns, "seconds")
        self.rows: list[dict[str, Any]] = []
        if path.is_file():
            with path.open(newline="") as file:
                self.rows = list(csv.DictReader(file))

    @property
    def seconds(self) -> float:
        """Training time until the last row, all sessions together."""
        return float(self.rows[-1]["seconds"]) if self.rows else 0.0

    def cut_after(self, epoch: int) -> None:
        """Forget the epochs after the checkpoint from which a run resumes; after 0 all of them."""
        self.rows = [row for row in self.rows if epoch and int(row["epoch"]) <= epoch]

    def append(self, epoch: int, logs: Mapping[str, float], seconds: float) -> None:
        """Add a finished epoch and write the file."""
        row = {key: f"{value:.6g}" for key, value in logs.items() if key in self.columns}
        self.rows.append({**row, "epoch": epoch, "seconds": f"{seconds:.1f}"})
        with atomic_write(self.path) as side, side.open("w", newline="") as file:
            writer = csv.DictWriter(file, self.columns)
            writer.writeheader()
            writer.writerows(self.rows)
