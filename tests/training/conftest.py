"""A network that is quick to train, and what trains it."""

from collections.abc import Callable
from pathlib import Path

import keras
import pytest
from keras import layers

from colorizers.config import UNIVERSAL, ColorizerConfig
from colorizers.tasks.regression import Regression
from training.batches import load_splits
from training.checkpoints import latest_checkpoint, load_checkpoint
from training.loop import fit
from training.phase import Phase
from training.runs import History
from training.task import NETWORK, TaskTrainer

PLAN = {"steps_per_epoch": 2, "batch_size": 3, "size": 32, "run_px": 32, "smallest_px": 128}


def build_small_network() -> keras.Model:
    """(N, H, W, 1) lightness -> (N, H, W, 2) ab through 8 filters, the same weights each time."""
    keras.utils.set_random_seed(0)
    lightness = keras.Input((None, None, 1))
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(lightness)
    return keras.Model(lightness, layers.Conv2D(2, 3, padding="same")(x))


@pytest.fixture(scope="session")
def small_fit(packed_photos: Path) -> Callable[..., tuple[keras.Model, History]]:
    """A function that trains the small network in a run folder, or goes on with it."""
    photos = load_splits(packed_photos, ["beach", "forest"])

    def run(
        run_dir: Path, *, saving: dict | None = None, **phase: object
    ) -> tuple[keras.Model, History]:
        latest = latest_checkpoint(run_dir)
        network = load_checkpoint(latest[0]) if latest else build_small_network()
        plan = Phase(**{"learning_rate": 0.01, **phase})
        places = {"packed_dir": packed_photos, "run_dir": run_dir}
        config = ColorizerConfig(category=UNIVERSAL, **places, **PLAN, **(saving or {}))
        optimizer = getattr(network, "optimizer", None) or plan.optimizer()
        trainer = TaskTrainer(Regression(config, {NETWORK: network}))
        trainer.compile(optimizer)
        network.compile(optimizer, loss="mse")
        return network, fit(trainer, photos, config, plan, latest[1] if latest else 0)

    return run


@pytest.fixture
def small_network() -> keras.Model:
    """What `small_fit` starts from."""
    return build_small_network()
