import keras
import numpy as np
import pytest

from basics.errors import CheckpointError
from training.checkpoints import (
    chosen_checkpoint,
    is_kept_epoch,
    latest_checkpoint,
    load_checkpoint,
    remove_rolling,
    save_checkpoint,
    weights_sha256,
)


def test_a_checkpoint_comes_back_bit_by_bit_with_its_optimizer(small_network, tmp_path):
    small_network.compile(keras.optimizers.Adam(), loss="mse")
    rng = np.random.default_rng(0)
    lightness, ab = rng.random((2, 8, 8, 1)), rng.random((2, 8, 8, 2))
    small_network.train_on_batch(lightness, ab)
    save_checkpoint(small_network, tmp_path / "run" / "epoch_0001.keras")
    loaded = load_checkpoint(tmp_path / "run" / "epoch_0001.keras")
    for weight, other in zip(loaded.get_weights(), small_network.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)
    own, theirs = small_network.optimizer.variables, loaded.optimizer.variables
    for variable, other in zip(own, theirs, strict=True):
        np.testing.assert_array_equal(variable, other)
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["epoch_0001.keras"]


def test_a_checkpoint_can_be_loaded_for_its_weights_alone(small_network, tmp_path):
    small_network.compile(keras.optimizers.Adam(), loss="mse")
    save_checkpoint(small_network, tmp_path / "epoch_0001.keras")
    loaded = load_checkpoint(tmp_path / "epoch_0001.keras", with_optimizer=False)
    assert weights_sha256(loaded) == weights_sha256(small_network)
    assert getattr(loaded, "optimizer", None) is None


def test_a_checkpoint_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(
        CheckpointError, match=r"no such checkpoint\n.*epoch_0001\.keras\n.*\.keras"
    ):
        load_checkpoint(tmp_path / "epoch_0001.keras")


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_a_torn_checkpoint_is_an_error(small_network, tmp_path, share):
    path = tmp_path / "epoch_0001.keras"
    save_checkpoint(small_network, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(CheckpointError, match=r"cannot load the checkpoint: .*\n.*epoch_0001"):
        load_checkpoint(path)


@pytest.mark.parametrize(
    ("names", "latest"),
    [
        ([], None),
        (["best.keras", "history.csv", "epoch_0001.png"], None),
        (["epoch_0050.keras", "epoch_0100.keras"], ("epoch_0100.keras", 100)),
        (["epoch_0050.keras", "rolling_0061.keras"], ("rolling_0061.keras", 61)),
        (["epoch_0100.keras", "rolling_0061.keras"], ("epoch_0100.keras", 100)),
        (["epoch_9999.keras", "epoch_10000.keras"], ("epoch_10000.keras", 10000)),
        ([".epoch_0002.123.partial.keras", "epoch_0001.keras"], ("epoch_0001.keras", 1)),
    ],
)
def test_the_latest_checkpoint_is_the_one_with_most_epochs(tmp_path, names, latest):
    for name in names:
        (tmp_path / name).touch()
    expected = None if latest is None else (tmp_path / latest[0], latest[1])
    assert latest_checkpoint(tmp_path) == expected


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["epoch_0001.keras", "epoch_0002.keras"], "epoch_0002.keras"),
        (["epoch_0001.keras", "best.keras"], "best.keras"),
    ],
)
def test_the_best_epoch_is_shipped_where_the_run_kept_it(tmp_path, names, chosen):
    for name in names:
        (tmp_path / name).touch()
    assert chosen_checkpoint(tmp_path) == tmp_path / chosen


def test_a_run_without_a_checkpoint_cannot_be_shipped(tmp_path):
    with pytest.raises(CheckpointError, match=r"no checkpoint\n.*\n.*train first"):
        chosen_checkpoint(tmp_path)


def test_rolling_checkpoints_are_removed_and_kept_ones_stay(tmp_path):
    names = ("best.keras", "epoch_0001.keras", "rolling_0002.keras", "rolling_0003.keras")
    for name in names:
        (tmp_path / name).touch()
    remove_rolling(tmp_path, keep=tmp_path / "rolling_0003.keras")
    assert {path.name for path in tmp_path.iterdir()} == {*names} - {"rolling_0002.keras"}
    remove_rolling(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"best.keras", "epoch_0001.keras"}


@pytest.mark.parametrize(
    ("epoch", "every", "save_at", "kept"),
    [
        (50, 50, (), True),
        (49, 50, (), False),
        (51, 50, (), False),
        (10, 50, (10, 350), True),
        (350, 50, (10, 350), True),
        (11, 50, (10, 350), False),
        (1, 1, (), True),
    ],
)
def test_every_so_many_epochs_and_those_asked_for_are_kept(epoch, every, save_at, kept):
    assert is_kept_epoch(epoch, every, save_at) is kept


def test_the_hash_of_weights_tells_networks_apart_and_survives_saving(small_network, tmp_path):
    digest = weights_sha256(small_network)
    save_checkpoint(small_network, tmp_path / "a.keras")
    assert weights_sha256(load_checkpoint(tmp_path / "a.keras")) == digest
    assert len(digest) == 64
    kernel = small_network.layers[1].kernel
    kernel.assign(kernel + 1e-6)
    assert weights_sha256(small_network) != digest
