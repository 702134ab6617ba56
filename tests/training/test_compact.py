"""Compact weights: half the size or less, and the same colours to a small part of a step."""

import shutil
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from basics.errors import CheckpointError, ConfigError
from classifier.head import build_classifier
from colorizers import unpack as command
from colorizers.config import ColorizerConfig
from colorizers.initial_weights import encoder_sha256, unfreeze_encoder
from colorizers.models import encoder_decoder, shared_encoder
from colorizers.train import main as train_main
from colorizers.train import train
from tests.thin import full_networks
from tests.training.imagenet_like import write_weights
from training.checkpoints import chosen_checkpoint, load_checkpoint, save_checkpoint
from training.compact import take_compact, write_compact
from training.encoders.mobilenet_v2 import build_encoder, load_encoder_weights
from training.runs import read_config

AB_ERROR = 2e-3  # of ab, whose step is 1/128: a quarter of one unit of a* and b*
pytestmark = pytest.mark.full  # their sizes are what is tested
SMALL = ["--epochs", "1", "--steps-per-epoch", "1", "--batch-size", "2", "--size", "32"]


@pytest.fixture(scope="module")
def router(tmp_path_factory) -> Path:
    """The run folder of a classifier on an encoder of random weights."""
    folder = tmp_path_factory.mktemp("router")
    network = build_classifier(build_encoder(), 3)
    weights = write_weights(folder / "weights.npz")
    load_encoder_weights(network.get_layer("encoder"), str(weights))
    save_checkpoint(network, folder / "epoch_0001.keras")
    return folder


@pytest.fixture(scope="module")
def runs(packed_photos, router, tmp_path_factory) -> dict[str, ColorizerConfig]:
    """A short run of each architecture; read only."""
    folder = tmp_path_factory.mktemp("runs")
    plan = {"epochs": 2, "steps_per_epoch": 4, "batch_size": 4, "size": 64, "run_px": 64}
    own = {"encoder_decoder": {}, "shared_encoder": {"encoder": router}}
    configs = {}
    for name, more in own.items():
        places = {"packed_dir": packed_photos, "run_dir": folder / name / "beach"}
        configs[name] = ColorizerConfig(
            category="beach", architecture=name, **places, **plan, **more
        )
        with full_networks():
            train(configs[name])
    return configs


def ab_of(network: keras.Model) -> np.ndarray:
    lightness = np.random.default_rng(0).uniform(0, 1, (2, 64, 64, 1)).astype(np.float32)
    return network.predict(lightness, verbose=0)


@pytest.mark.parametrize(
    ("name", "bytes_each"), [("encoder_decoder", 2.1), ("shared_encoder", 0.8)]
)
def test_compact_weights_colour_alike_and_are_small(runs, router, tmp_path, name, bytes_each):
    run_dir = runs[name].run_dir
    network = load_checkpoint(chosen_checkpoint(run_dir))
    path = write_compact(run_dir, tmp_path / "beach.npz")
    assert path.stat().st_size < bytes_each * network.count_params()
    again = unpacked(path, tmp_path / "home", router)
    difference = np.abs(ab_of(again) - ab_of(network))
    assert 0 < difference.max() < AB_ERROR
    assert encoder_sha256(again) == encoder_sha256(network)


def unpacked(path: Path, runs_dir: Path, router: Path) -> keras.Model:
    return load_checkpoint(command.unpack(path, runs_dir, router))


def test_the_command_makes_run_folders_that_tell_their_story(runs, router, tmp_path, capsys):
    for name, config in runs.items():
        write_compact(config.run_dir, tmp_path / "carried" / f"{name}.npz")
    places = ["--runs-dir", str(tmp_path / "home"), "--encoder", str(router)]
    assert command.main([str(tmp_path / "carried"), *places]) == 0
    folders = [tmp_path / "home" / name / "beach" for name in runs]
    assert capsys.readouterr().out.splitlines() == [str(one / "best.keras") for one in folders]
    for folder, config in zip(folders, runs.values(), strict=True):
        assert read_config(folder) == read_config(config.run_dir)
        history = (config.run_dir / "history.csv").read_text()
        assert (folder / "history.csv").read_text() == history


def test_an_encoder_that_learnt_is_carried_too(router, tmp_path):
    network = shared_encoder.build()
    weights = router / "weights.npz"
    load_encoder_weights(network.get_layer("encoder"), str(weights))
    unfreeze_encoder(network, "shared_encoder")
    run_dir = tmp_path / "run"
    save_checkpoint(network, run_dir / "epoch_0001.keras")
    for name in command.TEXTS:
        (run_dir / name).write_text("{}")
    path = write_compact(run_dir, tmp_path / "beach.npz")
    other = shared_encoder.build()
    assert take_compact(other, path) == ""
    for given, taken in zip(network.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(taken, given, rtol=2**-11, atol=1e-7)


def test_a_run_starts_from_compact_weights(runs, router, tmp_path):
    config = runs["shared_encoder"]
    path = write_compact(config.run_dir, tmp_path / "beach.npz")
    # a step too small to be seen: what is saved is what it started from
    start = {"init": path, "epochs": 1, "learning_rate": 1e-12, "run_dir": tmp_path / "run"}
    begun = load_checkpoint(train(replace(config, **start)))
    network = load_checkpoint(chosen_checkpoint(config.run_dir))
    kernel, expected = (one.get_layer("decoder").layers[-2].kernel for one in (begun, network))
    np.testing.assert_allclose(np.asarray(kernel), np.asarray(expected), rtol=2**-10, atol=1e-7)
    assert encoder_sha256(begun) == encoder_sha256(network)


def test_compact_weights_that_do_not_fit_are_refused(runs, router, tmp_path):
    deep = write_compact(runs["encoder_decoder"].run_dir, tmp_path / "deep.npz")
    shared = write_compact(runs["shared_encoder"].run_dir, tmp_path / "shared.npz")
    with pytest.raises(
        CheckpointError, match=r"not the weights of .*\n.*deep\.npz\n.*architecture"
    ):
        take_compact(shared_encoder.build(), deep)
    with pytest.raises(CheckpointError, match=r"not the weights of .*\n.*shared\.npz"):
        take_compact(encoder_decoder.build(), shared)
    with pytest.raises(ConfigError, match="needs the router's encoder"):
        command.unpack(shared, tmp_path, None)
    other = tmp_path / "other"
    save_checkpoint(build_classifier(build_encoder(), 3), other / "epoch_0001.keras")
    with pytest.raises(CheckpointError, match="trained on another encoder"):
        command.unpack(shared, tmp_path, other)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, r"no such compact weights\n.*gone\.npz"), (b"PK\3\4 cut", "cannot read the compact")],
)
def test_compact_weights_that_cannot_be_read_are_explained(tmp_path, content, message):
    path = tmp_path / "gone.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CheckpointError, match=message):
        take_compact(encoder_decoder.build(), path)


def test_chosen_categories_are_trained_and_their_compact_weights_written(
    packed_photos, tmp_path, capsys
):
    places = ["--packed-dir", str(packed_photos), "--runs-dir", str(tmp_path / "runs")]
    compact = tmp_path / "compact"
    arguments = ["--categories", "fruit,beach,fruit", "--run-px", "32", *places, *SMALL]
    assert train_main([*arguments, "--compact", str(compact)]) == 0
    runs_dir = tmp_path / "runs" / "encoder_decoder"
    written = [str(runs_dir / name / "epoch_0001.keras") for name in ("fruit", "beach")]
    assert capsys.readouterr().out.splitlines() == written
    assert sorted(path.name for path in compact.iterdir()) == ["beach.npz", "fruit.npz"]
    shutil.rmtree(compact)
    assert train_main([*arguments, "--compact", str(compact)]) == 0  # finished: only written again
    assert len(list(compact.iterdir())) == 2


def test_an_unknown_category_stops_the_job_before_it_begins(packed_photos, tmp_path, capsys):
    places = ["--packed-dir", str(packed_photos), "--runs-dir", str(tmp_path / "runs")]
    assert train_main(["--categories", "beach,forrest", *places]) == 1
    message = "error: unknown category 'forrest'; did you mean 'forest'?\n  where: --categories\n"
    assert message in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
