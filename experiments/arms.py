"""Trainings that are compared: each an arm with the same budget, trained in turn, then measured.

A killed command goes on where it was when it is given again; after its end it only measures.
"""

import argparse
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from basics import cli
from classifier.config import ClassifierConfig
from colorizers.config import ColorizerConfig
from training.config import POLICIES

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)

STAGES = 8  # epochs of a colorizer's run, whatever its length: the steps of the cosine


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One training of a comparison.

    Attributes:
        name: what it is called in the table.
        training: its settings.
        photos: how many it is shown, those of the network it starts from included.
    """

    name: str
    training: ClassifierConfig | ColorizerConfig
    photos: int


AnyArm = TypeVar("AnyArm", bound=Arm)


def steps_per_stage(photos: int, batch_size: int) -> int:
    """Batches of each of `STAGES` epochs in which about so many photos are shown; at least 1."""
    return max(1, round(photos / (STAGES * batch_size)))


def staged_config(*, side_px: int, **settings: Any) -> ColorizerConfig:
    """A colorizer's run of `STAGES` epochs under a cosine, trained and run at one size.

    Args:
        side_px: of the training squares, and at which it is validated and measured.
        settings: the other fields of its config.
    """
    stages = {"epochs": STAGES, "checkpoint_every": STAGES, "validate_every": STAGES}
    return ColorizerConfig(
        **{**stages, "decay": "cosine", **settings}, size=side_px, run_px=side_px
    )


def train_arms(arms: Sequence[Arm]) -> None:
    """Train, or go on training, each arm in turn.

    Raises:
        CheckpointError: a run folder holds a run with other settings.
    """
    for number, arm in enumerate(arms, start=1):
        log.info("training %d of %d: %s", number, len(arms), arm.training.run_dir)
        train_arm(arm)


def train_arm(arm: Arm) -> Path:
    """Train, or go on training, one arm; returns its last checkpoint."""
    import keras

    from classifier.train import train as train_classifier
    from colorizers.train import train as train_colorizer

    keras.backend.clear_session()  # else the graphs of all arms stay in memory
    if isinstance(arm.training, ClassifierConfig):
        return train_classifier(arm.training)
    return train_colorizer(arm.training)


def measure_arms(
    arms: Sequence[AnyArm], measure: "Callable[[AnyArm], pd.DataFrame]"
) -> "pd.DataFrame":
    """Train each arm, or go on, and measure it before the next; the rows of all in a table."""
    import pandas as pd

    tables = []
    for number, arm in enumerate(arms, start=1):
        log.info("training %d of %d: %s", number, len(arms), arm.training.run_dir)
        train_arm(arm)
        tables.append(measure(arm))
    return pd.concat(tables, ignore_index=True)


def names(text: str) -> list[str]:
    """An argparse type: names between commas."""
    return [name.strip() for name in text.split(",")]


def add_options(
    parser: argparse.ArgumentParser, *, runs_dir: str, batch_size: int, policy: str
) -> None:
    """Add the options that every comparison has: places, batches and precision.

    Args:
        parser: gets them.
        runs_dir: the default of run folders, which go below it.
        batch_size: the default, photos.
        policy: the default.
    """
    add = parser.add_argument
    add("--batch-size", type=cli.positive(int), default=batch_size, help="photos per batch")
    add("--policy", default=policy, help=" or ".join(POLICIES))
    add("--packed-dir", type=Path, default=Path("data/packed"), help="packed photos")
    add("--runs-dir", type=Path, default=Path(runs_dir), help="run folders go below it")
    add("--results-dir", type=Path, default=Path("results"), help="where table and figure go")
