from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from basics.errors import ConfigError
from colorizers.config import ColorizerConfig
from colorizers.initial_weights import build_parts
from colorizers.models import encoder_decoder, fusion, quarter_encoder
from colorizers.tasks import find_task
from colorizers.tasks.regression import TOP, with_inner
from colorizers.tasks.routed import ROUTER, Routed
from colorizers.train import train
from tests.thin import build_thin, build_thin_encoder
from tests.training.imagenet_like import write_weights
from training.batches import NO_CATEGORY, load_photos, training_batches
from training.checkpoints import load_checkpoint, load_parts
from training.encoders.head import build_head
from training.runs import read_config
from training.task import NETWORK, Parts, TaskTrainer

CATEGORIES = ["beach", "forest"]
SHORT: dict[str, Any] = {
    "category": "universal",
    "architecture": "quarter_encoder",
    "loss": "psnr",
    "train_encoder": True,
    "router_factor": 0.5,
    "steps_per_epoch": 2,
    "batch_size": 2,
    "size": 32,
    "run_px": 32,
}


@pytest.fixture
def parts() -> Parts:
    network = build_thin(quarter_encoder.SPEC)
    return {
        NETWORK: network,
        ROUTER: build_head(network.get_layer("encoder").outputs[-1], len(CATEGORIES)),
    }


@pytest.fixture
def task(packed_photos, tmp_path, parts) -> Routed:
    config = ColorizerConfig(packed_dir=packed_photos, run_dir=tmp_path / "run", **SHORT)
    found = find_task(config, parts)
    assert isinstance(found, Routed)
    return found


def batch_of(packed_dir: Path, task: Routed) -> dict[str, np.ndarray]:
    photos = load_photos(packed_dir, CATEGORIES, "train")
    options = {"batch_size": 4, "seed": 0, "start_step": 0, "augmentation": task.augmentation}
    return next(training_batches(photos, **options))[0]


def test_the_head_sees_the_last_feature_map_of_the_colorizer_s_own_pass(parts):
    lightness = np.random.default_rng(0).uniform(0, 1, (1, 64, 32, 1)).astype(np.float32)
    outputs = with_inner(parts[NETWORK])(lightness)
    np.testing.assert_array_equal(outputs["ab"], parts[NETWORK](lightness))
    top = parts[NETWORK].get_layer("encoder")(lightness)[-1]
    np.testing.assert_array_equal(outputs[TOP], top)
    assert parts[ROUTER](outputs[TOP]).shape == (1, 2)


def test_the_loss_is_that_of_colours_and_the_cross_entropy_of_photos_with_a_category(
    packed_photos, task
):
    batch = batch_of(packed_photos, task)
    batch["labels"][2:] = NO_CATEGORY
    outputs = task.forward(batch, False)
    losses = {name: float(one) for name, one in task.losses(outputs).items()}
    own = sum(float(one) for one in task.task.losses(outputs).values())
    assert losses["colors"] == pytest.approx(own)
    confidences = ops.convert_to_numpy(outputs["confidences"])
    entropy = -np.log(confidences[np.arange(2), batch["labels"][:2]])
    assert losses[ROUTER] == pytest.approx(0.5 * entropy.sum() / 4, rel=1e-4)
    assert set(task.metrics(outputs)) == {"psnr_db", "top_1"}


def test_the_encoder_learns_of_the_categories(packed_photos, task, parts):
    trainer = TaskTrainer(task)
    trainer.compile(keras.optimizers.SGD(0.1))
    encoder, head = parts[NETWORK].get_layer("encoder"), parts[ROUTER]
    encoder.trainable, parts[NETWORK].get_layer("decoder").trainable = True, False
    before = [encoder.get_weights(), head.get_weights()]
    trainer.train_on_batch(batch_of(packed_photos, task))
    for old, part in zip(before, (encoder, head), strict=True):
        moved = [np.abs(a - b).max() for a, b in zip(old, part.get_weights(), strict=True)]
        assert max(moved) > 1e-6


def test_the_fusion_network_learns_jointly_by_its_global_features(packed_photos, tmp_path):
    places = {"packed_dir": packed_photos, "run_dir": tmp_path / "run", "category": "universal"}
    config = ColorizerConfig(**places, architecture="fusion", loss="joint", size=32, run_px=32)
    thin = replace(fusion.SPEC, build=lambda: build_thin(fusion.SPEC))
    task = find_task(config, build_parts(thin, config, CATEGORIES))
    assert isinstance(task, Routed)
    assert task.factor == pytest.approx(1 / 300)
    outputs = task.forward(batch_of(packed_photos, task), True)
    assert outputs["confidences"].shape == (4, 2)
    assert set(task.losses(outputs)) == {"colors", ROUTER}


def test_a_network_that_sums_no_photo_up_cannot_learn_jointly(packed_photos, tmp_path):
    places = {"packed_dir": packed_photos, "run_dir": tmp_path / "run"}
    config = ColorizerConfig(**places, category="universal", loss="joint")
    with pytest.raises(ConfigError, match=r"encoder_decoder has nothing that could .*\n.*: loss"):
        build_parts(encoder_decoder.SPEC, config, CATEGORIES)
    with pytest.raises(ConfigError, match=r"there is only one\n.*: router_factor"):
        ColorizerConfig(**places, category="beach", router_factor=1)


def test_the_run_keeps_its_head_beside_what_is_shipped(packed_photos, tmp_path):
    weights = write_weights(tmp_path / "own.npz", encoder=build_thin_encoder())
    run = tmp_path / "run"
    config = ColorizerConfig(
        packed_dir=packed_photos, run_dir=run, encoder=weights, **{**SHORT, "epochs": 1}
    )
    path = train(config)
    assert set(load_parts(path)) == {NETWORK, ROUTER}
    assert load_checkpoint(path, with_optimizer=False).output_shape[-1] == 2
    assert read_config(run)["router_factor"] == 0.5
    columns = (run / "history.csv").read_text().splitlines()[0].split(",")
    assert {"colors", "router", "val_psnr_db", "val_top_1"} <= set(columns)
