import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from basics.errors import CheckpointError, ConfigError, DataError
from classifier.head import build_classifier
from colorizers import train as command
from colorizers.color_classes import class_colours
from colorizers.config import UNIVERSAL, ColorizerConfig
from colorizers.initial_weights import build_network
from colorizers.models import ARCHITECTURES
from colorizers.tasks import JOINT, LOSSES, PERCEPTUAL
from colorizers.train import train
from evaluation.metrics import psnr_db
from imaging.lab import join_lab, split_lab
from tests.thin import build_thin_encoder
from tests.training.imagenet_like import write_weights
from training.checkpoints import latest_checkpoint, load_checkpoint, save_checkpoint, weights_sha256
from training.encoders.efficientnet_lite import build_encoder
from training.encoders.table import ENCODERS
from training.registry import REGRESSION
from training.runs import read_config

Configure = Callable[..., ColorizerConfig]


SHORT: dict[str, Any] = {
    "steps_per_epoch": 2,
    "batch_size": 2,
    "size": 32,
    "run_px": 32,
    "smallest_px": 128,
}


@pytest.fixture
def configure(packed_photos, tmp_path) -> Configure:
    """A function that gives the settings of a very short run below `tmp_path`."""

    def settings(name: str = "run", **changes: Any) -> ColorizerConfig:
        run = {"category": "beach", "packed_dir": packed_photos, "run_dir": tmp_path / name}
        if changes.get("loss") == PERCEPTUAL:
            weights = write_weights(tmp_path / "lite0.npz", encoder=build_encoder())
            run["perceptual_weights"] = weights
        return ColorizerConfig(**{**run, **SHORT, "epochs": 1, **changes})

    return settings


@pytest.fixture(scope="module")
def routers(tmp_path_factory) -> list[Path]:
    """The run folders of two classifiers, whose encoders `shared_encoder` takes."""
    folders = []
    for seed in (1, 2):
        keras.utils.set_random_seed(seed)
        run_dir = tmp_path_factory.mktemp("router")
        save_checkpoint(build_classifier(build_thin_encoder(), 3), run_dir / "epoch_0001.keras")
        folders.append(run_dir)
    return folders


@pytest.fixture(scope="module")
def finished(packed_photos, tmp_path_factory) -> ColorizerConfig:
    """A finished run of one epoch; read only."""
    run_dir = tmp_path_factory.mktemp("finished")
    places = {"packed_dir": packed_photos, "run_dir": run_dir}
    config = ColorizerConfig(category="beach", **places, **SHORT, epochs=1)
    train(config)
    return config


@pytest.fixture(scope="module")
def decoder(packed_photos, routers, tmp_path_factory) -> ColorizerConfig:
    """A finished run of `shared_encoder`, two epochs on the encoder of the first router."""
    config = ColorizerConfig(
        category="universal",
        packed_dir=packed_photos,
        run_dir=tmp_path_factory.mktemp("decoder"),
        architecture="shared_encoder",
        encoder=routers[0],
        **SHORT,
        epochs=2,
        save_at=(1,),
    )
    train(config)
    return config


def history_of(run_dir: Path) -> list[dict[str, str]]:
    with (run_dir / "history.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def losses(run_dir: Path) -> list[list[float]]:
    return [
        [float(row[name]) for name in ("epoch", "loss", "val_loss")] for row in history_of(run_dir)
    ]


def encoder_hash(checkpoint: Path) -> str:
    return weights_sha256(load_checkpoint(checkpoint).get_layer("encoder"))


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.graph
def test_100_steps_on_a_picture_of_two_colours_beat_all_gray_by_10_db(tmp_path):
    picture = np.zeros((256, 256, 3), np.uint8)
    picture[:, :] = (200, 120, 40)
    picture[64:192, 64:192] = (30, 60, 150)
    (tmp_path / "packed" / "beach").mkdir(parents=True)
    for split in ("train", "val"):
        np.save(tmp_path / "packed" / "beach" / f"{split}.npy", picture[None])
    path = train(
        ColorizerConfig(
            category="beach",
            packed_dir=tmp_path / "packed",
            run_dir=tmp_path / "run",
            epochs=4,
            steps_per_epoch=25,
            batch_size=2,
            size=64,
            run_px=64,
        )
    )
    small = picture[::4, ::4]
    lightness, _ = split_lab(small)
    ab = load_checkpoint(path).predict(lightness[None], verbose=0)[0]
    gray_db = psnr_db(join_lab(lightness, np.zeros_like(ab)), small)
    assert psnr_db(join_lab(lightness, ab), small) >= gray_db + 10


@pytest.mark.slow
@pytest.mark.full
def test_a_run_killed_in_its_course_and_resumed_equals_an_unbroken_one(configure):
    plan = {"epochs": 8, "steps_per_epoch": 1, "decay": "cosine"}
    unbroken, killed = configure("unbroken", **plan), configure("killed", **plan, rolling_s=0.0)
    program = (
        "import sys\n"
        "from pathlib import Path, PosixPath\n"
        "from colorizers.config import ColorizerConfig\n"
        "from colorizers.train import train\n"
        f"train({killed!r})\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 120
        while not list(killed.run_dir.glob("rolling_*.keras")) and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    latest = latest_checkpoint(killed.run_dir)
    assert latest is not None
    assert 1 <= latest[1] < 8
    resumed, expected = load_checkpoint(train(killed)), load_checkpoint(train(unbroken))
    # the same sums on the same machine: only the order in which threads add may differ
    np.testing.assert_allclose(losses(killed.run_dir), losses(unbroken.run_dir), rtol=1e-3)
    for weight, other in zip(resumed.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_allclose(weight, other, atol=1e-4)
    assert [row["epoch"] for row in history_of(killed.run_dir)] == list("12345678")


def test_the_chosen_epochs_are_saved_and_a_finished_run_is_left_alone(configure):
    config = configure(epochs=3, save_at=(1,), checkpoint_every=2)
    path = train(config)
    assert path == config.run_dir / "epoch_0003.keras"
    names = sorted(file.name for file in config.run_dir.iterdir())
    kept = [f"epoch_000{epoch}.keras" for epoch in (1, 2, 3)]
    assert names == ["config.json", *kept, "history.csv", "versions.json"]
    before = {file: file.stat().st_mtime_ns for file in config.run_dir.iterdir()}
    assert train(config) == path
    assert {file: file.stat().st_mtime_ns for file in config.run_dir.iterdir()} == before


def test_a_run_folder_of_other_settings_is_refused(finished):
    with pytest.raises(CheckpointError, match=r"other settings: batch_size 2 -> 3, seed 0 -> 7\n"):
        train(replace(finished, batch_size=3, seed=7))


def test_time_ends_a_run_which_goes_on_only_when_given_more(configure):
    config = configure(epochs=2, minutes=1e-3)
    path = train(config)
    assert path == config.run_dir / "epoch_0001.keras"
    assert train(config) == path
    assert [row["epoch"] for row in history_of(config.run_dir)] == ["1"]
    assert train(replace(config, minutes=None)).name == "epoch_0002.keras"


@pytest.mark.parametrize("given", ["", "epoch_0001.keras"], ids=["run folder", "checkpoint"])
def test_a_run_starts_from_the_network_of_another(configure, finished, given):
    # a step too small to be seen: what is saved is what it started from
    again = {"category": "forest", "learning_rate": 1e-12}
    path = train(configure(init=finished.run_dir / given, **again))
    expected = load_checkpoint(finished.run_dir / "epoch_0001.keras").get_weights()
    for weight, other in zip(load_checkpoint(path).get_weights(), expected, strict=True):
        np.testing.assert_allclose(weight, other, atol=1e-8)


def test_the_start_is_judged_too_where_the_best_is_kept(configure, finished):
    config = configure(init=finished.run_dir, keep_best=True, learning_rate=0.1)
    train(config)
    start, after = history_of(config.run_dir)
    assert (start["epoch"], start["loss"]) == ("0", "")
    assert float(start["val_loss"]) < float(after["val_loss"])
    best = load_checkpoint(config.run_dir / "best.keras")
    expected = load_checkpoint(finished.run_dir / "epoch_0001.keras")
    assert weights_sha256(best) == weights_sha256(expected)


def test_a_network_of_another_architecture_is_no_start(configure, decoder):
    with pytest.raises(CheckpointError, match="not the weights of the network 'encoder_decoder'"):
        train(configure(init=decoder.run_dir))


def test_a_shared_decoder_learns_on_the_router_s_frozen_encoder(decoder, routers):
    path = decoder.run_dir / "epoch_0002.keras"
    expected = encoder_hash(routers[0] / "epoch_0001.keras")
    assert encoder_hash(path) == expected
    assert read_config(decoder.run_dir)["encoder_sha256"] == expected
    kernel = load_checkpoint(path).get_layer("decoder").layers[-2].kernel
    assert np.any(keras.ops.convert_to_numpy(kernel))  # it started from zero


def test_an_encoder_that_may_learn_does_and_goes_on_learning_after_a_kill(
    configure, routers, tmp_path
):
    start = {"architecture": "shared_encoder", "encoder": routers[0], "train_encoder": True}
    whole = configure("whole", **start, epochs=2, checkpoint_every=1, weight_decay=0.01)
    train(whole)
    before = encoder_hash(routers[0] / "epoch_0001.keras")
    hashes = [encoder_hash(whole.run_dir / f"epoch_000{i}.keras") for i in (1, 2)]
    assert len({before, *hashes}) == 3
    killed = replace(whole, run_dir=tmp_path / "killed")
    shutil.copytree(whole.run_dir, killed.run_dir)
    (killed.run_dir / "epoch_0002.keras").unlink()
    assert encoder_hash(train(killed)) == hashes[1]


def test_a_network_without_an_encoder_cannot_train_or_choose_it(configure):
    with pytest.raises(ConfigError, match="encoder_decoder has no encoder"):
        train(configure(train_encoder=True))
    with pytest.raises(ConfigError, match=r"encoder_decoder has no encoder\n.*backbone"):
        train(configure(backbone="efficientnet_lite0"))


@pytest.fixture(scope="module")
def imagenet_like(tmp_path_factory) -> Path:
    """Weights that fit EfficientNet-Lite0, in place of ImageNet's."""
    path = tmp_path_factory.mktemp("weights") / "lite0.npz"
    return write_weights(path, encoder=ENCODERS["efficientnet_lite0"].build())


ON_LITE0: dict[str, Any] = {
    "architecture": "shared_encoder",
    "backbone": "efficientnet_lite0",
    "train_encoder": True,
}


def test_a_network_starts_from_imagenet_s_weights_of_its_encoder_without_a_router(
    configure, imagenet_like
):
    config = configure(**ON_LITE0, encoder=imagenet_like)
    network = build_network(ARCHITECTURES["shared_encoder"], config)
    encoder = network.get_layer("encoder")
    with np.load(imagenet_like) as stored:
        np.testing.assert_array_equal(encoder.get_weights()[0], stored["00_w"])
        assert len(encoder.trainable_weights) == len(stored.files)
    other = configure(architecture="shared_encoder", encoder=imagenet_like)
    with pytest.raises(CheckpointError, match=r"lite0.npz\n.*MobileNetV2"):
        train(other)


@pytest.mark.slow
def test_an_averaged_run_resumes_with_its_statistics_and_its_slow_encoder(
    configure, imagenet_like, tmp_path
):
    schedule = {"average": 0.7, "encoder_rate": 0.2, "warmup_steps": 3, "clipnorm": 1.0}
    whole = configure(
        "whole", **ON_LITE0, **schedule, encoder=imagenet_like, epochs=2, save_at=(1,)
    )
    train(whole)
    killed = replace(whole, run_dir=tmp_path / "killed")
    shutil.copytree(whole.run_dir, killed.run_dir)
    for name in ("epoch_0002.keras", "averaged.keras"):
        (killed.run_dir / name).unlink()
    train(killed)
    np.testing.assert_allclose(losses(killed.run_dir), losses(whole.run_dir), rtol=1e-3)
    for name in ("epoch_0002.keras", "averaged.keras"):
        networks = [load_checkpoint(one.run_dir / name) for one in (killed, whole)]
        for weight, other in zip(*(one.get_weights() for one in networks), strict=True):
            np.testing.assert_allclose(weight, other, atol=1e-4)


def test_classes_of_colour_are_learnt_by_the_network_that_predicts_them_and_by_no_other(
    configure, routers
):
    with pytest.raises(ConfigError, match=r"'classes' with 'encoder_decoder'\n.*\n.*mse or huber"):
        train(configure(loss="classes"))
    with pytest.raises(ConfigError, match=r"'mse' with 'class_encoder'\n.*\n.*give classes"):
        train(configure(architecture="class_encoder"))
    config = configure(architecture="class_encoder", loss="classes", encoder=routers[0], epochs=2)
    path = train(config)
    layers = load_checkpoint(path).get_layer("decoder").layers
    (mean,) = [layer for layer in layers if layer.name == "mean"]
    np.testing.assert_array_equal(mean.get_weights()[0][0, 0], class_colours())
    assert 5 < float(history_of(config.run_dir)[-1]["val_psnr_db"]) < 40


def test_an_unknown_loss_is_refused(configure):
    with pytest.raises(ConfigError, match="unknown loss 'l1'"):
        configure(loss="l1")


@pytest.mark.parametrize("loss", [one for one, task in LOSSES.items() if task == REGRESSION])
def test_every_loss_trains_and_its_psnr_is_told(configure, loss):
    jointly = {"category": UNIVERSAL, "architecture": "fusion"} if loss == JOINT else {}
    config = configure(loss=loss, tone_spread=0.3, **jointly)
    train(config)
    (row,) = history_of(config.run_dir)
    assert 5 < float(row["val_psnr_db"]) < 40


def test_a_network_without_an_encoder_records_none(finished):
    assert read_config(finished.run_dir)["encoder_sha256"] is None


def test_a_resumed_shared_decoder_equals_an_unbroken_one(decoder, tmp_path):
    killed = replace(decoder, run_dir=tmp_path / "killed")
    shutil.copytree(decoder.run_dir, killed.run_dir)
    (killed.run_dir / "epoch_0002.keras").unlink()
    path, unbroken = train(killed), decoder.run_dir / "epoch_0002.keras"
    assert encoder_hash(path) == encoder_hash(unbroken)
    np.testing.assert_allclose(losses(killed.run_dir), losses(decoder.run_dir), rtol=1e-3)
    expected = load_checkpoint(unbroken).get_weights()
    for weight, other in zip(load_checkpoint(path).get_weights(), expected, strict=True):
        np.testing.assert_allclose(weight, other, atol=1e-4)


def test_a_decoder_starts_from_another_on_the_same_encoder(configure, decoder, routers):
    start = {"init": decoder.run_dir, "encoder": routers[0]}
    path = train(configure(architecture="shared_encoder", **start))
    assert encoder_hash(path) == encoder_hash(routers[0] / "epoch_0001.keras")


def test_a_told_network_starts_as_the_untold_one_and_learns_what_it_is_told(configure, decoder):
    told = configure(architecture="film_encoder", category="universal", init=decoder.run_dir)
    lightness = np.random.default_rng(0).random((2, 32, 32, 1), dtype=np.float32)
    category = np.eye(3, dtype=np.float32)[:2]
    untold = load_checkpoint(decoder.run_dir / "epoch_0002.keras")(lightness)
    new = build_network(ARCHITECTURES["film_encoder"], told)
    np.testing.assert_allclose(new([lightness, category]), untold, atol=1e-6)
    trained = load_checkpoint(train(told))
    one, other = (trained([lightness, rows]) for rows in (category, category[::-1]))
    assert np.abs(one - other).max() > 0
    facts = read_config(told.run_dir)
    assert facts["categories"] == ["beach", "forest", "fruit"]
    with pytest.raises(ConfigError, match=r"one network for all, not of 'beach'\n.*architecture"):
        train(replace(told, category="beach"))


def test_of_a_decoder_the_last_stages_may_learn_alone(configure, decoder):
    changes = {"architecture": "shared_encoder", "init": decoder.run_dir, "last_stages": 2}
    network = build_network(ARCHITECTURES["shared_encoder"], configure(**changes))
    last = [one.shape[-1] for one in network.trainable_weights]
    assert len(last) == 2 * 3 + 2  # kernel, scale, shift of each; kernel and bias of ab
    assert last[-1] == 2
    with pytest.raises(ConfigError, match=r"has 5 stages, not 6\n.*last_stages\n.*fewer"):
        build_network(ARCHITECTURES["shared_encoder"], configure(**{**changes, "last_stages": 6}))


def test_a_decoder_of_another_encoder_is_refused(configure, decoder, routers):
    start = {"init": decoder.run_dir, "encoder": routers[1]}
    config = configure(architecture="shared_encoder", **start)
    with pytest.raises(CheckpointError, match=r"trained on another encoder\n.*--init .*--encoder"):
        train(config)
    assert not config.run_dir.exists()


def test_a_run_does_not_go_on_with_another_encoder(decoder, routers):
    with pytest.raises(CheckpointError, match="other settings: encoder "):
        train(replace(decoder, encoder=routers[1]))


def test_a_shared_decoder_without_an_encoder_is_refused(configure):
    with pytest.raises(ConfigError, match=r"needs the router's encoder\n.*encoder\n.*classifier"):
        train(configure(architecture="shared_encoder"))


def test_a_network_without_a_fitting_encoder_is_no_router(configure, finished):
    wanted = "not the weights of a mobilenet_v2 classifier"
    with pytest.raises(CheckpointError, match=rf"{wanted}\n.*finished"):
        train(configure(architecture="shared_encoder", encoder=finished.run_dir))


@pytest.mark.parametrize(
    ("setting", "error", "message"),
    [
        ({"category": "beech"}, ConfigError, r"unknown category 'beech'; did you mean 'beach'\?"),
        ({"category": "dog"}, ConfigError, "choose one of: beach, forest, fruit, universal"),
        (
            {"architecture": "decoder_encoder"},
            ConfigError,
            r"unknown architecture 'decoder_encoder'; did you mean '\w+coder'\?",
        ),
        ({"packed_dir": Path("nowhere")}, DataError, r"no packed photos\n.*nowhere"),
        ({"init": Path("gone.keras")}, CheckpointError, r"no such checkpoint\n.*gone\.keras"),
    ],
)
def test_what_cannot_be_trained_is_explained(configure, setting, error, message):
    config = configure(**setting)
    with pytest.raises(error, match=message):
        train(config)
    assert not config.run_dir.exists()


def test_photos_without_category_are_for_the_universal_network_alone(
    configure, packed_photos, tmp_path, caplog
):
    caplog.set_level("INFO")
    packed_dir = tmp_path / "packed"
    for name in ("beach", "forest"):
        shutil.copytree(packed_photos / name, packed_dir / name)
    (packed_dir / "any").mkdir()
    np.save(packed_dir / "any" / "train.npy", np.load(packed_dir / "beach" / "test.npy"))
    train(configure("all", packed_dir=packed_dir, category="universal"))
    assert "18 photos, 4 for validation" in caplog.text
    train(configure("one", packed_dir=packed_dir, category="beach"))
    assert "8 photos, 2 for validation" in caplog.text
    with pytest.raises(ConfigError, match="unknown category 'any'"):
        train(configure("none", packed_dir=packed_dir, category="any"))


def test_the_command_trains_every_category_in_turn(packed_photos, tmp_path, capsys):
    categories = ("beach", "castle")  # the latter is none of the twenty
    for category, photos in zip(categories, ("beach", "fruit"), strict=True):
        shutil.copytree(packed_photos / photos, tmp_path / "packed" / category)
    code = command.main(
        [
            *("--all", "--packed-dir", str(tmp_path / "packed"), "--runs-dir", str(tmp_path)),
            *("--epochs", "1", "--steps-per-epoch", "1", "--batch-size", "2", "--seed", "5"),
            *("--size", "32", "--run-px", "32"),
        ]
    )
    assert code == 0
    folders = [tmp_path / "encoder_decoder" / category for category in categories]
    written = [str(folder / "epoch_0001.keras") for folder in folders]
    assert capsys.readouterr().out.splitlines() == written
    stored = [read_config(folder) for folder in folders]
    assert [run["category"] for run in stored] == list(categories)
    assert [(run["seed"], run["size"]) for run in stored] == [(5, 32), (5, 32)]


def test_the_command_explains_an_unknown_category(packed_photos, tmp_path, capsys):
    places = ["--packed-dir", str(packed_photos), "--runs-dir", str(tmp_path)]
    assert command.main(["frut", *places]) == 1
    assert "error: unknown category 'frut'; did you mean 'fruit'?\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ([], "one of the arguments category --all --categories is required"),
        (["--categories", " , "], "no name in it"),
        (["beach", "--all"], "not allowed with argument"),
        (["beach", "--epochs", "0"], "0 is not > 0"),
        (["beach", "--seed", "-1"], "-1 is not >= 0"),
        (["beach", "--minutes", "nan"], "nan is not > 0"),
    ],
)
def test_a_wrong_command_line_gives_exit_code_2(arguments, answer, capsys):
    with pytest.raises(SystemExit, match="2"):
        command.main(arguments)
    assert answer in capsys.readouterr().err


def test_help_imports_no_framework():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "colorizers.train", "--help"],
        capture_output=True,
        text=True,
    )
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert done.returncode == 0
    assert "Train the network that colours one category" in done.stdout
    assert "colorizers.config" in imported
    text = " ".join(done.stdout.split())
    assert ", ".join(ARCHITECTURES) in text
    assert ", ".join(LOSSES) in text
    assert not {"keras", "tensorflow", "torch", "jax", "skimage"} & imported
