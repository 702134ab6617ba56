import io
import os
import zipfile

import keras
import numpy as np
import pytest

from basics.errors import CheckpointError
from tests.training.conftest import build_small_network
from training.checkpoints import (
    chosen_checkpoint,
    is_kept_epoch,
    latest_checkpoint,
    load_checkpoint,
    load_newest,
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
        (["epoch_0001.keras", "best.keras", "averaged.keras"], "best.keras"),
        (["epoch_0001.keras", "averaged.keras"], "averaged.keras"),
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


# damage


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> bytes:
    """The bytes of a checkpoint."""
    path = tmp_path_factory.mktemp("whole") / "epoch_0001.keras"
    network = build_small_network()
    network.compile(keras.optimizers.Adam(), loss="mse")
    network.optimizer.build(network.trainable_variables)
    save_checkpoint(network, path)
    return path.read_bytes()


def flipped(content: bytes, share: float) -> bytes:
    place = int(len(content) * share)
    return content[:place] + bytes([content[place] ^ 16]) + content[place + 1 :]


def archive(**members: bytes) -> bytes:
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w") as made:
            for name, content in members.items():
                made.writestr(name.replace("__", "."), content)
        return file.getvalue()


DAMAGES = {
    "empty": lambda whole: b"",
    "one byte": lambda whole: whole[:1],
    "half": lambda whole: whole[: len(whole) // 2],
    "all but a byte": lambda whole: whole[:-1],
    "zeros": lambda whole: bytes(len(whole)),
    "a bit of the settings": lambda whole: flipped(whole, 0.02),
    "a bit of the weights": lambda whole: flipped(whole, 0.5),
    "a bit of the end": lambda whole: flipped(whole, 0.999),
    "another archive": lambda whole: archive(a__txt=b"hello"),
    "an archive of nonsense": lambda whole: archive(config__json=b"{}", model__weights__h5=b"x"),
    "settings that nest": lambda whole: archive(
        config__json=b"[" * 10_000, model__weights__h5=b"", metadata__json=b"{}"
    ),
    "a page": lambda whole: b"<html>not found</html>",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_told_set_aside_and_the_one_before_taken(
    whole, tmp_path, caplog, damage
):
    (tmp_path / "epoch_0001.keras").write_bytes(whole)
    path = tmp_path / "rolling_0002.keras"
    path.write_bytes(DAMAGES[damage](whole))
    with pytest.raises(CheckpointError, match=r"cannot load the checkpoint: .+\n.*rolling_0002"):
        load_checkpoint(path)
    taken, epoch, _ = load_newest(tmp_path) or (tmp_path, 0, {})
    assert (taken.name, epoch) == ("epoch_0001.keras", 1)
    assert "a damaged checkpoint: cannot load" in caplog.text
    assert f"{path} is set aside; going on from epoch_0001.keras" in caplog.text
    names = {one.name for one in tmp_path.iterdir()}
    assert names == {"epoch_0001.keras", "rolling_0002.keras.damaged"}
    assert latest_checkpoint(tmp_path) == (taken, 1)


def test_where_every_checkpoint_is_damaged_training_does_not_start_anew_by_itself(whole, tmp_path):
    for name in ("epoch_0001.keras", "epoch_0002.keras"):
        (tmp_path / name).write_bytes(whole[:-9])
    with pytest.raises(CheckpointError, match=r"every checkpoint of the run is damaged[\s\S]*0002"):
        load_newest(tmp_path)
    assert {one.name for one in tmp_path.iterdir()} == {"epoch_0001.keras", "epoch_0002.keras"}
    assert load_newest(tmp_path / "nothing") is None


@pytest.mark.parametrize("damage", ["missing", "half", "pickled"])
def test_the_state_of_an_optimizer_belongs_to_the_checkpoint(whole, tmp_path, damage):
    for epoch in (1, 2):
        for end in ("", "-judge"):
            (tmp_path / f"epoch_000{epoch}{end}.keras").write_bytes(whole)
        np.savez(tmp_path / f"epoch_000{epoch}-optimizer.npz", a=np.zeros(3))
    state = tmp_path / "epoch_0002-optimizer.npz"
    if damage == "missing":
        state.unlink()
    elif damage == "half":
        state.write_bytes(state.read_bytes()[:100])
    else:
        np.savez(state, a=np.array([{}], dtype=object))
    path, epoch, parts = load_newest(tmp_path) or (tmp_path, 0, {})
    assert (path.name, epoch, set(parts)) == ("epoch_0001.keras", 1, {"network", "judge"})


def test_weights_that_are_no_numbers_are_not_saved(small_network, tmp_path):
    path = tmp_path / "epoch_0001.keras"
    save_checkpoint(small_network, path)
    before = path.read_bytes()
    kernel = small_network.layers[1].kernel
    kernel.assign(kernel * np.inf)
    with pytest.raises(CheckpointError, match=r"not saved: the weights are not finite .*\n.*0001"):
        save_checkpoint(small_network, path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["epoch_0001.keras"]


def test_what_does_not_come_back_replaces_nothing(small_network, whole, tmp_path, monkeypatch):
    path = tmp_path / "rolling_0001.keras"
    path.write_bytes(whole)
    monkeypatch.setattr(small_network, "save", lambda side: side.write_bytes(whole[:-40]))
    with pytest.raises(
        CheckpointError, match=r"does not come back: [\s\S]*last good state is rolling"
    ):
        save_checkpoint(small_network, path)
    assert path.read_bytes() == whole


@pytest.mark.skipif(os.name != "posix", reason="limits of a process are POSIX's")
def test_a_full_disk_leaves_the_last_good_checkpoint(small_network, whole, tmp_path):
    import resource

    (tmp_path / "epoch_0001.keras").write_bytes(whole)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) // 3, limits[1]))
    try:
        with pytest.raises(CheckpointError, match=r"cannot write .*\n.*0002[\s\S]*is epoch_0001"):
            save_checkpoint(small_network, tmp_path / "epoch_0002.keras")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [one.name for one in tmp_path.iterdir()] == ["epoch_0001.keras"]
