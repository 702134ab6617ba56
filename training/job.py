"""The one training job of all learners: open the run folder, start or resume, fit, save.

A learner says what it learns (`Job`); how a run goes stands here and in training/loop.py.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from basics.temporaries import remove_stale_temporaries
from training.batches import PhotoSet
from training.checkpoints import latest_checkpoint, load_newest, load_optimizer
from training.config import RunConfig
from training.depthwise import quicken_gradients
from training.loop import fit
from training.phase import Phase
from training.runs import open_run, time_is_up
from training.task import NETWORK, Parts, Task, TaskTrainer

log = logging.getLogger(__name__)


def everything_learns(network: keras.Model) -> None:
    """Leave what is trainable as it is."""


def no_facts(network: keras.Model) -> Mapping[str, Any]:
    """Nothing but its config defines the run."""
    return {}


@dataclass(frozen=True, kw_only=True)
class Step:
    """A phase, and what is to be done to the network before it."""

    phase: Phase
    prepare: Callable[[keras.Model], None] = everything_learns


@dataclass(frozen=True, kw_only=True)
class Job:
    """A training run.

    Attributes:
        config: its settings.
        photos: training and validation photos.
        build: makes the networks of a new run, with their initial weights.
        task: what is learnt by the networks, new or resumed.
        steps: the phases in their order.
        facts: what else defines the run, such as the hash of a frozen encoder; see `open_run`.
    """

    config: RunConfig
    photos: tuple[PhotoSet, PhotoSet]
    build: Callable[[], Parts]
    task: Callable[[Parts], Task]
    steps: tuple[Step, ...]
    facts: Callable[[keras.Model], Mapping[str, Any]] = no_facts


def train(job: Job) -> Path:
    """Train, or go on training.

    Returns:
        The path of the run's last checkpoint.

    Raises:
        CheckpointError: the run folder holds another run, or a checkpoint does not fit.
    """
    config = job.config
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(config.policy)
    remove_stale_temporaries(config.run_dir)  # of a run that was killed while it saved
    latest = load_newest(config.run_dir)
    if latest is None:
        parts, finished = job.build(), 0
    else:
        checkpoint, finished, parts = latest
        log.info("going on from %s", checkpoint)
    open_run(config, config.run_dir, photos=len(job.photos[0]), **job.facts(parts[NETWORK]))
    trained = False
    for step in job.steps:
        if not _is_left(step.phase, finished, config.run_dir):
            continue
        step.prepare(parts[NETWORK])
        trainer = _compile(job.task(parts), step.phase, finished, latest and latest[0])
        fit(trainer, job.photos, config, step.phase, finished)
        finished, trained = step.phase.last, True
    if not trained:
        log.info("already trained")
    path, _ = latest_checkpoint(config.run_dir) or (config.run_dir, 0)
    return path


def _is_left(phase: Phase, finished: int, run_dir: Path) -> bool:
    """Whether a phase has epochs, and time, that are left."""
    had_its_time = finished > phase.first and time_is_up(run_dir, phase.minutes)
    return finished < phase.last and not had_its_time


def _compile(task: Task, phase: Phase, finished: int, checkpoint: Path | None) -> TaskTrainer:
    """A trainer with the optimizer that a phase begins with, or goes on with after a kill."""
    for part in task.parts.values():
        quicken_gradients(part)
    trainer = TaskTrainer(task)
    network = task.parts[NETWORK]
    stored = getattr(network, "optimizer", None) if finished > phase.first else None
    optimizer = stored or phase.optimizer()
    trainer.compile(optimizer)
    if len(task.parts) == 1:
        network.compile(optimizer, loss="mse")  # so that a checkpoint holds the optimizer's state
    elif checkpoint is not None and finished > phase.first:
        optimizer.build(trainer.trainable_variables)
        load_optimizer(optimizer, checkpoint)
    return trainer
