"""One way to train for both learners: `model.fit` in a run folder, resumable after a kill."""

import logging
import math
import time
from dataclasses import dataclass
from pathlib import Path

import keras
from tqdm import tqdm

from training import checkpoints
from training.batches import PhotoSet, ValidationBatches, training_batches
from training.runs import History

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long and how fast, in epochs counted from 1 over the whole run."""

    first_epoch: int = 1
    last_epoch: int
    steps_per_epoch: int
    batch_size: int
    learning_rate: float
    decay: str = "constant"  # or "cosine": to zero at the last epoch (or minute)
    decay_from: int = 0  # the epoch after which the cosine starts
    minutes: float | None = None  # stops the run as well, if it comes before the last epoch
    validate_every: int = 1  # epochs


@dataclass(frozen=True, kw_only=True)
class Saving:
    """Which epochs are saved, and where."""

    run_dir: Path
    every: int  # epochs
    save_at: tuple[int, ...] = ()
    rolling_s: float = 120.0  # at the first end of an epoch after so many seconds
    best_by: str | None = None  # a validation loss to keep the best of


def fit(
    trainer: keras.Model,
    network: keras.Model,
    photos: tuple[PhotoSet, PhotoSet],
    schedule: Schedule,
    saving: Saving,
    *,
    seed: int,
    smallest_px: float,
    columns: tuple[str, ...],
    tone_spread: float = 0.0,
) -> History:
    """Train until the schedule's last epoch or minute.

    Args:
        trainer: compiled; cuts windows and computes the loss around `network`.
        network: what is saved; compiled with the optimizer of `trainer`.
        photos: training and validation photos.
        schedule: how long and how fast.
        saving: which epochs are saved, and where.
        seed: of the order of the photos and their windows.
        smallest_px: side of the smallest window cut from a photo.
        columns: names of the figures that history.csv holds.
        tone_spread: how much the photos' tone curves vary; 0 leaves them as they are.

    Returns:
        The history of the whole run.
    """
    train, val = photos
    history = History(saving.run_dir / "history.csv", columns)
    history.cut_after(schedule.first_epoch - 1)
    shown = schedule.steps_per_epoch * schedule.batch_size
    log.info("%d photos, %d for validation", len(train), len(val))
    log.info("an epoch shows %d photos, %.2f of the training split", shown, shown / len(train))
    start_step = (schedule.first_epoch - 1) * schedule.steps_per_epoch
    _wind_dropout_to(network, seed, start_step)
    follow = _FollowSchedule(network, schedule, saving, history)
    validation = ValidationBatches(val, batch_size=schedule.batch_size)
    if saving.best_by and schedule.first_epoch == 1:
        start = trainer.evaluate(validation, verbose=0, return_dict=True)
        trainer.optimizer.build(trainer.trainable_variables)  # saved unbuilt it would not load
        follow.judge(0, {f"val_{name}": value for name, value in start.items()})
    trainer.fit(
        training_batches(
            train,
            batch_size=schedule.batch_size,
            seed=seed,
            start_step=start_step,
            smallest_px=smallest_px,
            tone_spread=tone_spread,
        ),
        initial_epoch=schedule.first_epoch - 1,
        epochs=schedule.last_epoch,
        steps_per_epoch=schedule.steps_per_epoch,
        validation_data=validation,
        validation_freq=_epochs_to_validate(schedule),
        shuffle=False,  # the generator shuffles; Keras warns that it cannot
        callbacks=[follow],
        verbose=0,
    )
    return history


def _wind_dropout_to(network: keras.Model, seed: int, step: int) -> None:
    """Give dropout the state it has at a step of an unbroken run: a checkpoint does not hold it."""
    for layer in network.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.seed_generator.state.assign([seed, step])


def _epochs_to_validate(schedule: Schedule) -> list[int]:
    last, every = schedule.last_epoch, schedule.validate_every
    return sorted({*range(every, last + 1, every), last})


class _FollowSchedule(keras.callbacks.Callback):
    """Sets the learning rate, saves, writes the history, shows progress, stops on time."""

    def __init__(
        self, network: keras.Model, schedule: Schedule, saving: Saving, history: History
    ) -> None:
        super().__init__()
        self.network, self.schedule, self.saving, self.history = network, schedule, saving, history
        judged = [row.get(saving.best_by or "") for row in history.rows]
        self.best = min([float(value) for value in judged if value], default=math.inf)
        self.seconds_before = history.seconds
        self.started = self.last_saved = time.monotonic()
        self.finished = schedule.first_epoch - 1
        self.bar = tqdm(
            total=schedule.last_epoch * schedule.steps_per_epoch,
            initial=self.finished * schedule.steps_per_epoch,
            desc=str(saving.run_dir),
            unit="step",
            disable=None,
        )

    @property
    def seconds(self) -> float:
        """Training time so far, all sessions together."""
        return self.seconds_before + time.monotonic() - self.started

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Set the epoch's learning rate; `epoch` counts from 0 here, as Keras does."""
        plan = self.schedule
        share = (epoch + 0.5 - plan.decay_from) / (plan.last_epoch - plan.decay_from)
        if plan.minutes is not None:
            share = max(share, self.seconds / (60 * plan.minutes))
        fade = (1 + math.cos(math.pi * min(share, 1))) / 2 if plan.decay == "cosine" else 1
        self.model.optimizer.learning_rate.assign(plan.learning_rate * fade)

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Move the bar; at its end Keras would wait for the step, and a GPU for the next batch."""
        self.bar.update()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Write the finished epoch's figures, save what is to be saved, stop when time is up."""
        self.finished = epoch + 1
        self.judge(self.finished, logs or {})
        if checkpoints.is_kept_epoch(self.finished, self.saving.every, self.saving.save_at):
            self._save(checkpoints.EPOCH_NAME)
        elif time.monotonic() - self.last_saved >= self.saving.rolling_s:
            self._save(checkpoints.ROLLING_NAME)
        if self.schedule.minutes is not None and self.seconds >= 60 * self.schedule.minutes:
            self.model.stop_training = True

    def on_train_end(self, logs: dict | None = None) -> None:
        """Keep the last epoch, whatever its number."""
        self._save(checkpoints.EPOCH_NAME)
        self.bar.close()

    def judge(self, epoch: int, figures: dict[str, float]) -> None:
        """Write a row of history.csv; keep the network if it is the best on validation."""
        self.history.append(epoch, figures, self.seconds)
        shown = ", ".join(f"{key} {value:.5g}" for key, value in figures.items())
        self.bar.set_postfix_str(shown)
        if self.bar.disable:
            log.info("epoch %d of %d: %s", epoch, self.schedule.last_epoch, shown)
        value = figures.get(self.saving.best_by or "")
        if value is not None and value < self.best:
            self.best = value
            checkpoints.save_checkpoint(self.network, self.saving.run_dir / checkpoints.BEST_NAME)

    def _save(self, name: str) -> None:
        path = self.saving.run_dir / name.format(self.finished)
        checkpoints.save_checkpoint(self.network, path)
        checkpoints.remove_rolling(self.saving.run_dir, keep=path)
        self.last_saved = time.monotonic()
