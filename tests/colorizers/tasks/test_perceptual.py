from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import ops

from basics.errors import CheckpointError
from colorizers.config import ColorizerConfig
from colorizers.tasks import PERCEPTUAL, find_task
from colorizers.tasks.perceptual import Perceptual, distance, frozen_features
from tests.training.conftest import build_small_network
from training.encoders.efficientnet_lite import build_encoder
from training.task import NETWORK, TaskTrainer

RNG = np.random.default_rng(0)
PICTURES = RNG.uniform(0, 1, (2, 32, 32, 3)).astype(np.float32)


def test_a_picture_is_nearest_to_itself_and_a_grayer_one_is_further():
    features = frozen_features(build_encoder(1 / 8, 1, channels=3))
    gray = PICTURES.mean(axis=-1, keepdims=True)

    def away(share: float) -> float:
        other = (1 - share) * PICTURES + share * gray
        return float(distance(features(other.astype(np.float32)), features(PICTURES)))

    assert away(0) == pytest.approx(0, abs=1e-6)
    assert away(0) < away(0.5) < away(1) < 4 * 4  # vectors of length 1, four maps


@pytest.fixture
def config(tmp_path) -> ColorizerConfig:
    return ColorizerConfig(
        category="beach",
        packed_dir=tmp_path,
        run_dir=tmp_path / "run",
        loss=PERCEPTUAL,
        perceptual_weights=tmp_path / "lite0.npz",
        size=32,
        run_px=32,
    )


def test_what_it_sees_teaches_the_colorizer_and_learns_nothing_itself(config):
    network, features = build_small_network(), frozen_features(build_encoder(1 / 8, 1, channels=3))
    trainer = TaskTrainer(Perceptual(config, {NETWORK: network}, features))
    trainer.compile(keras.optimizers.SGD(0.1))
    rgb = RNG.integers(0, 256, (2, 256, 256, 3), np.uint8)
    batch = {
        "rgb": rgb,
        "crops": np.array([[0, 0, 256, 256]] * 2, np.float32),
        "tone_curves": np.array([[1, 0, 1]] * 2, np.float32),
    }
    before = network.get_weights()
    figures = trainer.train_on_batch(batch, return_dict=True)
    assert figures["loss"] == pytest.approx(figures["psnr"] + figures["perceptual"], rel=1e-4)
    assert figures["perceptual"] > 0
    assert {id(one) for one in trainer.trainable_variables} == {
        id(one) for one in network.trainable_variables
    }
    assert not np.array_equal(before[0], network.get_weights()[0])
    without = Perceptual(replace(config, perceptual_factor=1e-9), {NETWORK: network}, features)
    outputs = without.forward(
        {name: ops.convert_to_tensor(one) for name, one in batch.items()}, True
    )
    assert float(without.losses(outputs)["perceptual"]) < 1e-7


def test_without_the_weights_there_is_no_such_loss(config):
    with pytest.raises(CheckpointError, match=r"no such weights\n.*lite0.npz\n.*npz file"):
        find_task(config, {NETWORK: build_small_network()})
