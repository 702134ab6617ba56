"""A run folder: config.json, versions.json, history.csv and checkpoints tell the whole story."""

import csv
import dataclasses
import io
import json
import logging
import platform
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from basics.errors import CheckpointError
from basics.files import atomic_write

log = logging.getLogger(__name__)

SHOWN = 40  # characters of a damaged cell in a warning
NUMBER = re.compile(r"\d{1,12}(\.\d{1,6})?")
MAY_CHANGE = (
    "run_dir", "packed_dir", "save_at", "checkpoint_every", "minutes", "rolling_s", "photos",
    "taught",  # a path; what it holds is a fact of the run, by its hash
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
        stored = {**_defaults(config), **read_config(run_dir)}  # settings it did not know
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
        CheckpointError: there is no run in that folder, or config.json is damaged.
    """
    path = run_dir / "config.json"
    if not path.is_file():
        raise CheckpointError(
            "no run in this folder", run_dir, "train first, or name another folder"
        )
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError("no object of settings")
    except (ValueError, RecursionError) as error:
        what = f"damaged config.json: {error}"
        fix = "write the run's settings there again, or remove the folder to start anew"
        raise CheckpointError(what, path, fix) from error
    return found


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


def _require_row(row: Mapping[str, Any]) -> None:
    """Raise `ValueError` unless a row of history.csv has its epoch, seconds and numbers."""
    epoch, seconds = row.get("epoch") or "", row.get("seconds") or ""
    if not (epoch.isascii() and epoch.isdecimal() and len(epoch) < 10):
        raise ValueError(f"epoch: {epoch[:SHOWN]!r} is no number of epochs")
    if not NUMBER.fullmatch(seconds):
        raise ValueError(f"seconds: {seconds[:SHOWN]!r} is no number of seconds")
    for name, cell in row.items():
        if not isinstance(cell, str):
            raise ValueError(f"{name}: the line has too few cells, or too many")
        if cell and name != "epoch":
            try:
                float(cell)
            except ValueError as error:
                raise ValueError(f"{name}: {cell[:SHOWN]!r} is no number") from error


class History:
    """history.csv: a row per finished epoch; rewritten whole, so a kill leaves no torn row."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        """Read what an earlier session wrote; from a damaged line on it is told, and left out."""
        self.path = path
        self.columns = ("epoch", *columns, "seconds")
        self.rows: list[dict[str, Any]] = []
        if not path.is_file():
            return
        text = path.read_bytes().decode("utf-8", errors="replace")
        lines = csv.DictReader(io.StringIO(text, newline=""), restkey="further cells")
        try:
            for row in lines:
                _require_row(row)
                self.rows.append(row)
        except (ValueError, csv.Error) as error:
            log.warning(
                "%s, line %d: %s; this line and those after it are left out",
                path,
                lines.line_num,
                error,
            )

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
