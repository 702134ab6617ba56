import csv
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from basics.errors import CheckpointError, ConfigError, DataError
from classifier import train as command
from classifier.backbones import BACKBONES
from classifier.config import ClassifierConfig
from classifier.train import train
from tests.drawing import CATEGORIES
from tests.eager import compiled
from tests.thin import build_thin_encoder, full_networks
from tests.training.imagenet_like import write_weights
from training.augment import resize_crops, whole_crops
from training.batches import load_photos
from training.checkpoints import load_checkpoint
from training.lab_ops import split_lab
from training.runs import read_config


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    return write_weights(tmp_path_factory.mktemp("weights") / "weights.npz")


@pytest.fixture(scope="module")
def thin_weights(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "weights.npz"
    return write_weights(path, encoder=build_thin_encoder())


@pytest.fixture(scope="module")
def learnt(packed_photos, weights, tmp_path_factory) -> tuple[Path, ClassifierConfig]:
    """A head trained for 200 steps on a frozen random encoder; the run's checkpoint, settings."""
    config = ClassifierConfig(
        packed_dir=packed_photos,
        run_dir=tmp_path_factory.mktemp("runs") / "learnt",
        weights=str(weights),
        head_epochs=5,
        epochs=0,
        steps_per_epoch=40,
        batch_size=8,
        size=64,
        smallest_px=200,
    )
    with full_networks(), compiled():  # the few features of a thin one tell nothing apart
        return train(config), config


@pytest.fixture(scope="module")
def tuned(packed_photos, thin_weights, tmp_path_factory) -> ClassifierConfig:
    """A run of two epochs of the head and two of all layers, each epoch kept; read only."""
    config = ClassifierConfig(
        packed_dir=packed_photos,
        run_dir=tmp_path_factory.mktemp("runs") / "tuned",
        weights=str(thin_weights),
        head_epochs=2,
        epochs=2,
        steps_per_epoch=2,
        batch_size=4,
        size=32,
        checkpoint_every=1,
    )
    train(config)
    return config


def killed_after(epoch: int, config: ClassifierConfig, run_dir: Path) -> ClassifierConfig:
    """A copy of a run, without the checkpoints after an epoch; its history lists them all."""
    shutil.copytree(config.run_dir, run_dir)
    for path in run_dir.glob("epoch_*.keras"):
        if int(path.stem[-4:]) > epoch:
            path.unlink()
    return replace(config, run_dir=run_dir)


def history_of(run_dir: Path) -> list[dict[str, str]]:
    with (run_dir / "history.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def figures(run_dir: Path) -> list[list[float]]:
    return [
        [float(value) for name, value in row.items() if name != "seconds"]
        for row in history_of(run_dir)
    ]


@pytest.mark.slow
def test_a_classifier_learns_to_tell_the_drawn_categories_apart(learnt, packed_photos):
    network = load_checkpoint(learnt[0])
    hits = []
    for split in ("val", "test"):  # photos that it has never seen, at the size it has learnt at
        photos = load_photos(packed_photos, CATEGORIES, split)
        rgb = photos.take(np.arange(len(photos)))
        lightness, _ = split_lab(resize_crops(rgb, whole_crops(len(rgb)), 64))
        hits += (network.predict(lightness, verbose=0).argmax(1) == photos.labels).tolist()
    assert len(hits) == 12
    assert sum(hits) >= 8  # by chance 4; as many as 8 in one of 50 tries


def test_a_run_folder_tells_what_was_trained(learnt):
    path, config = learnt
    assert path == config.run_dir / "epoch_0005.keras"
    assert read_config(config.run_dir)["categories"] == sorted(CATEGORIES)
    rows = history_of(config.run_dir)
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4", "5"]
    columns = ["epoch", "loss", "top_1", "top_3", "val_loss", "val_top_1", "val_top_3", "seconds"]
    assert list(rows[0]) == columns
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])


def test_the_head_learns_on_a_frozen_encoder(learnt, weights):
    encoder = load_checkpoint(learnt[0]).get_layer("encoder")
    with np.load(weights) as stored:
        n_convolutions = len(stored.files) // 2
        given = [stored[f"{i:02d}_{end}"] for i in range(n_convolutions) for end in "wb"]
    for weight, other in zip(encoder.get_weights(), given, strict=True):
        np.testing.assert_array_equal(weight, other)


def test_a_finished_run_is_left_as_it_is(learnt):
    path, config = learnt
    before = {file: file.stat().st_mtime_ns for file in config.run_dir.iterdir()}
    assert train(config) == path
    assert {file: file.stat().st_mtime_ns for file in config.run_dir.iterdir()} == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learning_rate": 0.5}, "learning_rate 0.0001 -> 0.5"),
        ({"size": 96, "seed": 3}, "seed 0 -> 3, size 64 -> 96"),
    ],
)
def test_a_run_folder_of_other_settings_is_refused(learnt, change, message):
    with pytest.raises(CheckpointError, match=f"a run with other settings: {message}"):
        train(replace(learnt[1], **change))


@pytest.mark.slow
@pytest.mark.parametrize("finished", [1, 3], ids=["amid the head", "amid fine-tuning"])
def test_a_killed_run_that_is_resumed_equals_an_unbroken_one(tuned, tmp_path, finished):
    killed = killed_after(finished, tuned, tmp_path / "killed")
    path = train(killed)
    assert path == killed.run_dir / "epoch_0004.keras"
    # the same sums on the same machine: only the order in which threads add may differ
    np.testing.assert_allclose(
        figures(killed.run_dir), figures(tuned.run_dir), rtol=1e-3, atol=1e-4
    )
    expected = load_checkpoint(tuned.run_dir / "epoch_0004.keras").get_weights()
    for weight, other in zip(load_checkpoint(path).get_weights(), expected, strict=True):
        np.testing.assert_allclose(weight, other, rtol=1e-3, atol=1e-4)


def test_a_run_that_had_its_time_is_left_alone(tuned, tmp_path):
    killed = killed_after(3, tuned, tmp_path / "killed")
    assert train(replace(killed, minutes=1e-3)) == killed.run_dir / "epoch_0003.keras"
    assert not (killed.run_dir / "epoch_0004.keras").exists()


@pytest.mark.parametrize(
    ("setting", "error", "message"),
    [
        (
            {"backbone": "vgg16"},
            ConfigError,
            r"unknown backbone 'vgg16'; did you mean 'vgg19'\?",
        ),
        (
            {"backbone": "inception_v3", "size": 64},
            ConfigError,
            "inception_v3 takes 75 px and more",
        ),
        ({"weights": "gone.npz"}, CheckpointError, r"no such weights\n.*gone\.npz"),
        ({"packed_dir": Path("nowhere")}, DataError, r"no packed photos\n.*nowhere"),
        ({"categories": ("castle",)}, DataError, r"no packed photos of 'castle'"),
        ({"encoder": Path("gone.keras")}, CheckpointError, r"no such checkpoint\n.*gone\.keras"),
    ],
)
def test_what_cannot_be_trained_is_explained(packed_photos, tmp_path, setting, error, message):
    config = ClassifierConfig(**{"packed_dir": packed_photos, "run_dir": tmp_path, **setting})
    with pytest.raises(error, match=message):
        train(config)


@pytest.fixture(scope="module")
def castles(packed_photos, tmp_path_factory) -> Path:
    """Packed photos of beach and forest, and of a category that is none of the twenty."""
    folder = tmp_path_factory.mktemp("castles") / "packed"
    shutil.copytree(packed_photos, folder)
    (folder / "fruit").rename(folder / "castle")
    return folder


@pytest.mark.full
def test_a_new_head_learns_on_the_encoder_of_another_classifier(learnt, castles, tmp_path):
    path, config = learnt
    order = ("forest", "castle", "beach")
    other = replace(config, packed_dir=castles, run_dir=tmp_path, encoder=path, weights="none")
    short = replace(other, head_epochs=1, steps_per_epoch=1, known=("beach", "forest", "fruit"))
    new = load_checkpoint(train(replace(short, categories=order)))
    old = load_checkpoint(path)
    for name in ("encoder", "confidences"):
        assert [w.shape for w in new.get_layer(name).weights] == [
            w.shape for w in old.get_layer(name).weights
        ]
    for weight, given in zip(
        new.get_layer("encoder").get_weights(), old.get_layer("encoder").get_weights(), strict=True
    ):
        np.testing.assert_array_equal(weight, given)
    (kernel, _), (known, _) = (one.get_layer("confidences").get_weights() for one in (new, old))
    # one step of Adam moves a weight by no more than its learning rate
    np.testing.assert_allclose(kernel[:, [2, 0]], known[:, [0, 1]], atol=2e-3)
    assert np.abs(kernel[:, 1] - known[:, 2]).max() > 0.01  # a fruit is no castle
    assert read_config(tmp_path)["categories"] == list(order)


@pytest.mark.full
def test_without_names_every_packed_category_is_told_apart(learnt, castles, tmp_path):
    path, config = learnt
    short = replace(config, head_epochs=1, steps_per_epoch=1, encoder=path.parent)
    train(replace(short, packed_dir=castles, run_dir=tmp_path))
    assert read_config(tmp_path)["categories"] == ["beach", "castle", "forest"]


@pytest.mark.full
def test_an_encoder_of_another_kind_is_refused(packed_photos, tmp_path):
    keras.utils.set_random_seed(0)
    small = keras.Sequential([keras.Input((None, None, 1)), keras.layers.Conv2D(2, 3)])
    small.save(tmp_path / "small.keras")
    config = ClassifierConfig(
        packed_dir=packed_photos, run_dir=tmp_path, encoder=tmp_path / "small.keras"
    )
    with pytest.raises(CheckpointError, match=r"not a network with such an encoder\n.*small"):
        train(config)


@pytest.mark.full
def test_a_head_of_other_categories_is_refused(learnt, packed_photos, tmp_path):
    config = ClassifierConfig(
        packed_dir=packed_photos, run_dir=tmp_path, encoder=learnt[0], known=("beach", "dog")
    )
    with pytest.raises(CheckpointError, match=r"not a classifier of 2 categories, but of 3\n"):
        train(config)


def test_the_command_prints_the_checkpoint_and_takes_every_setting(
    packed_photos, thin_weights, tmp_path, capsys
):
    code = command.main(
        [
            *("--packed-dir", str(packed_photos), "--run-dir", str(tmp_path / "run")),
            *("--weights", str(thin_weights), "--head-epochs", "1", "--epochs", "0"),
            *("--steps-per-epoch", "1", "--batch-size", "2", "--size", "32", "--seed", "5"),
        ]
    )
    assert code == 0
    assert capsys.readouterr().out == f"{tmp_path / 'run' / 'epoch_0001.keras'}\n"
    stored = read_config(tmp_path / "run")
    assert (stored["seed"], stored["size"], stored["batch_size"]) == (5, 32, 2)


@pytest.mark.slow
def test_without_a_network_imagenet_weights_are_an_error_that_names_the_way_out(
    packed_photos, tmp_path
):
    arguments = ["--packed-dir", str(packed_photos), "--run-dir"]
    program = (
        "from classifier.train import main\n"
        "for backbone in ('mobilenet_v2', 'resnet50'):\n"
        f"    run_dir = '{tmp_path}/' + backbone\n"
        f"    print(main([*{arguments}, run_dir, '--backbone', backbone]))\n"
    )
    proxies = {f"{scheme}_proxy": "http://127.0.0.1:9" for scheme in ("http", "https")}
    offline = {**os.environ, **proxies, "no_proxy": "", "KERAS_HOME": str(tmp_path / "empty")}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=offline
    )
    assert done.stdout == "1\n1\n"  # the exit codes and nothing else
    assert "error: cannot download the ImageNet weights: URL fetch failure" in done.stderr
    assert "error: cannot load the weights: URL fetch failure" in done.stderr
    assert done.stderr.count("where: --weights imagenet") == 2
    assert done.stderr.count("--weights PATH") == 2
    assert "Traceback" not in done.stderr


def test_help_imports_no_framework():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "classifier.train", "--help"],
        capture_output=True,
        text=True,
    )
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert done.returncode == 0
    assert "Train a classifier of gray photos" in done.stdout
    assert "classifier.config" in imported
    assert ", ".join(BACKBONES) in " ".join(done.stdout.split())
    assert not {"keras", "tensorflow", "torch", "jax", "skimage"} & imported
