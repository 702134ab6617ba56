"""A network that is quick to train, and what trains it."""

from collections.abc import Callable
from pathlib import Path

import keras
import pytest
from keras import layers

from colorizers.trainer import ColorizerTrainer
from training.batches import load_photos
from training.checkpoints import latest_checkpoint, load_checkpoint
from training.loop import Saving, Schedule, fit
from training.runs import History

PLAN = {"steps_per_epoch": 2, "batch_size": 3, "learning_rate": 0.01}


def build_small_network() -> keras.Model:
    """(N, H, W, 1) lum -> (N, H, W, 2) ab through 8 filters, the same weights each time."""
    keras.utils.set_random_seed(0)
    lum = keras.Input((None, None, 1))
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(lum)
    return keras.Model(lum, layers.Conv2D(2, 3, padding="same")(x))


@pytest.fixture(scope="session")
def small_fit(packed_photos: Path) -> Callable[..., tuple[keras.Model, History]]:
    """A function that trains the small network in a run folder, or goes on with it."""
    photos = (
        load_photos(packed_photos, ["beach", "forest"], "train"),
        load_photos(packed_photos, ["beach", "forest"], "val"),
    )

    def run(
        run_dir: Path, *, saving: dict | None = None, **schedule: object
    ) -> tuple[keras.Model, History]:
        latest = latest_checkpoint(run_dir)
        network = load_checkpoint(latest[0]) if latest else build_small_network()
        plan = Schedule(**{**PLAN, "first_epoch": latest[1] + 1 if latest else 1, **schedule})
        optimizer = getattr(network, "optimizer", None) or keras.optimizers.Adam(plan.learning_rate)
        trainer = ColorizerTrainer(network, size=32, run_px=32)
        trainer.compile(optimizer)
        network.compile(optimizer, loss="mse")
        keep = Saving(run_dir=run_dir, **{"every": 50, **(saving or {})})
        columns = ("loss", "val_loss")
        history = fit(
            trainer, network, photos, plan, keep, seed=0, smallest_px=128, columns=columns
        )
        return network, history

    return run


@pytest.fixture
def small_network() -> keras.Model:
    """What `small_fit` starts from."""
    return build_small_network()
