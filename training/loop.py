"""One way to train for all learners: `model.fit` in a run folder, resumable after a kill."""

import logging
import math
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import keras
from tqdm import tqdm

from basics.errors import CheckpointError
from training import checkpoints
from training.averaging import Averaged
from training.batches import PhotoSet, ValidationBatches, training_batches
from training.config import RunConfig
from training.encoders import find_encoder
from training.optimizer import GradedAdamW
from training.phase import Phase
from training.runs import History
from training.task import NETWORK, TaskTrainer

log = logging.getLogger(__name__)

SETTLING_STEP = 10**9  # from which batches are drawn for statistics: no run gets there


def fit(
    trainer: TaskTrainer,
    photos: tuple[PhotoSet, PhotoSet],
    config: RunConfig,
    phase: Phase,
    finished: int,
) -> History:
    """Train until the phase's last epoch or minute.

    Args:
        trainer: compiled.
        photos: training and validation photos.
        config: of the run; says which epochs are saved, and where.
        phase: how long and how fast.
        finished: epochs of the run that are done.

    Returns:
        The history of the whole run.
    """
    train, val = photos
    steps = config.steps_per_epoch or -(-len(train) // config.batch_size)
    history = History(config.run_dir / "history.csv", trainer.task.columns)
    history.cut_after(finished)
    shown = steps * config.batch_size
    log.info("%d photos, %d for validation", len(train), len(val))
    log.info("an epoch shows %d photos, %.2f of the training split", shown, shown / len(train))
    _wind_dropout_to(trainer.parts[NETWORK], config.seed, finished * steps)
    _slow_encoder_down(trainer)
    batches = partial(
        training_batches,
        train,
        batch_size=config.batch_size,
        seed=config.seed,
        augmentation=trainer.task.augmentation,
    )
    follow = _FollowPhase(trainer, config, phase, history, finished, steps)
    if phase.average:
        follow.averaged = Averaged(trainer, partial(batches, start_step=SETTLING_STEP))
    validation = ValidationBatches(val, batch_size=config.batch_size)
    if phase.keep_best and not finished:
        initial = trainer.evaluate(validation, verbose=0, return_dict=True)
        require_finite_losses(initial, trainer, config.run_dir, f"before epoch {finished + 1}")
        trainer.optimizer.build(trainer.trainable_variables)  # saved unbuilt it would not load
        follow.judge(0, {f"val_{name}": value for name, value in initial.items()})
    try:
        trainer.fit(
            batches(start_step=finished * steps),
            initial_epoch=finished,
            epochs=phase.last,
            steps_per_epoch=steps,
            validation_data=validation,
            validation_freq=phase.validated,
            shuffle=False,  # the generator shuffles; Keras warns that it cannot
            callbacks=[follow],
            verbose=0,
        )
    finally:
        follow.bar.close()
    return history


def _wind_dropout_to(network: keras.Model, seed: int, step: int) -> None:
    """Give dropout the state it has at a step of an unbroken run: a checkpoint does not hold it."""
    for layer in network.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.seed_generator.state.assign([seed, step])


def _slow_encoder_down(trainer: TaskTrainer) -> None:
    """Tell the optimizer which variables are the encoder's: a checkpoint does not hold it."""
    encoder = find_encoder(trainer.parts[NETWORK])
    if isinstance(trainer.optimizer, GradedAdamW) and encoder is not None:
        trainer.optimizer.slow_down(encoder.trainable_variables)


def require_finite_losses(
    figures: Mapping[str, float], trainer: TaskTrainer, run_dir: Path, when: str
) -> None:
    """Check the losses of an epoch, the sum and its terms, on training and validation photos.

    Raises:
        CheckpointError: one is not finite: says when, which one, and what the last good state is.
    """
    names = ("loss", *trainer.terms)
    losses = {
        one: figures[one] for name in names for one in (name, f"val_{name}") if one in figures
    }
    wrong = {name: value for name, value in losses.items() if not math.isfinite(value)}
    if wrong:
        shown = ", ".join(f"{name} {value}" for name, value in wrong.items())
        latest = checkpoints.latest_checkpoint(run_dir)
        kept = f"the last good state is {latest[0].name}" if latest else "no state was saved before"
        rate = float(keras.ops.convert_to_numpy(trainer.optimizer.learning_rate))
        raise CheckpointError(
            f"the loss is not finite {when}: {shown}, at a learning rate of {rate:g}; {kept}",
            run_dir,
            "train in another run folder with a lower --learning-rate, or with --policy float32",
        )


class _FollowPhase(keras.callbacks.Callback):
    """Sets the learning rate, saves, writes the history, shows progress, stops on time."""

    def __init__(
        self,
        trainer: TaskTrainer,
        config: RunConfig,
        phase: Phase,
        history: History,
        finished: int,
        steps: int,
    ) -> None:
        super().__init__()
        self.trainer, self.config, self.phase, self.history = trainer, config, phase, history
        judged = [row.get("val_loss") for row in history.rows]
        self.best = min([float(value) for value in judged if value], default=math.inf)
        self.seconds_before = history.seconds
        self.started = self.last_saved = time.monotonic()
        self.finished, self.steps = finished, steps
        self.averaged: Averaged | None = None
        self.bar = tqdm(
            total=phase.last * steps,
            initial=finished * steps,
            desc=str(config.run_dir),
            unit="step",
            disable=None,
        )

    @property
    def seconds(self) -> float:
        """Training time so far, all sessions together."""
        return self.seconds_before + time.monotonic() - self.started

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Set the epoch's learning rate; `epoch` counts from 0 here, as Keras does."""
        rate = self.phase.rate(epoch + 1, self.seconds)
        self.trainer.optimizer.learning_rate.assign(rate)

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Move the bar; at its end Keras would wait for the step, and a GPU for the next batch."""
        self.bar.update()

    def on_test_begin(self, logs: dict | None = None) -> None:
        """Judge the average of the weights, if there is one, rather than the weights."""
        if self.averaged is not None:
            self.averaged.put()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Write the finished epoch's figures, save what is to be saved, stop when time is up.

        The losses are the means over the epoch, in which one step that is not finite stays: so no
        step waits for a check. A state whose weights are not finite is not saved either.

        Raises:
            CheckpointError: a loss is not finite; what was saved before stays.
        """
        last, first = (epoch + 1) * self.steps, epoch * self.steps + 1
        when = f"in epoch {epoch + 1} (steps {first} to {last})"
        require_finite_losses(logs or {}, self.trainer, self.config.run_dir, when)
        self.finished = epoch + 1
        self.judge(self.finished, logs or {})
        config, minutes = self.config, self.phase.minutes
        if minutes is not None and self.seconds >= 60 * minutes:
            self.trainer.stop_training = True
        if self.trainer.stop_training or self.finished == self.phase.last:
            if self.averaged is not None:
                self.averaged.put()  # before Keras does, which keeps nothing
        elif checkpoints.is_kept_epoch(self.finished, config.checkpoint_every, config.save_at):
            self._save(checkpoints.EPOCH_NAME)
        elif time.monotonic() - self.last_saved >= config.rolling_s:
            self._save(checkpoints.ROLLING_NAME)
        elif self.averaged is not None:
            self.averaged.take_out()

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
            log.info("epoch %d of %d: %s", epoch, self.phase.last, shown)
        value = figures.get("val_loss")
        if self.phase.keep_best and value is not None and value < self.best:
            self.best = value
            path = self.config.run_dir / checkpoints.BEST_NAME
            checkpoints.save_checkpoint(self.trainer.parts[NETWORK], path)

    def _save(self, name: str) -> None:
        """Save the state; before it the average, so that no finished run is without."""
        if self.averaged is not None:
            self.averaged.put()
            average = self.config.run_dir / checkpoints.AVERAGED_NAME
            checkpoints.save_checkpoint(self.trainer.parts[NETWORK], average)
            self.averaged.take_out()
        path = self.config.run_dir / name.format(self.finished)
        checkpoints.save_parts(self.trainer.parts, self.trainer.optimizer, path)
        checkpoints.remove_rolling(self.config.run_dir, keep=path)
        self.last_saved = time.monotonic()
