"""What `training.job` does with several networks; with one, the tests of both learners show it."""

import shutil

import numpy as np
import pytest

from basics.errors import CheckpointError
from tests.training.adversary import JUDGE, build_parts, train_adversary
from training.checkpoints import chosen_checkpoint, latest_checkpoint, load_parts
from training.runs import History
from training.task import NETWORK


@pytest.fixture(scope="module")
def run_dir(packed_photos, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "adversary"
    train_adversary(packed_photos, folder)
    return folder


def weights(run_dir, epoch: int) -> dict[str, list[np.ndarray]]:
    parts = load_parts(run_dir / f"epoch_{epoch:04d}.keras")
    return {name: part.get_weights() for name, part in parts.items()}


def test_every_network_of_a_task_is_saved_and_its_own_file_is_what_is_shipped(run_dir):
    names = sorted(path.name for path in run_dir.glob("epoch_0003*"))
    assert names == [
        "epoch_0003-discriminator.keras",
        "epoch_0003-optimizer.npz",
        "epoch_0003.keras",
    ]
    assert latest_checkpoint(run_dir) == (run_dir / "epoch_0003.keras", 3)
    assert chosen_checkpoint(run_dir) == run_dir / "epoch_0003.keras"
    assert set(weights(run_dir, 3)) == {NETWORK, JUDGE}


def test_both_networks_learn_and_each_term_is_told(run_dir):
    start, last = build_parts(), weights(run_dir, 3)
    for name, part in start.items():
        assert np.abs(part.get_weights()[0] - last[name][0]).max() > 1e-3
    for row in History(run_dir / "history.csv", ()).rows:
        for split in ("", "val_"):
            loss, fooled, told_apart = (
                float(row[split + name]) for name in ("loss", "fooled", "told_apart")
            )
            assert loss == pytest.approx(fooled + told_apart, rel=1e-4)


def test_a_killed_run_of_two_networks_goes_on_as_if_it_had_not_been(
    run_dir, packed_photos, tmp_path
):
    killed = tmp_path / "killed"
    shutil.copytree(run_dir, killed)
    for path in killed.glob("epoch_0003*"):
        path.unlink()
    train_adversary(packed_photos, killed)
    resumed, unbroken = weights(killed, 3), weights(run_dir, 3)
    for name in (NETWORK, JUDGE):
        for weight, other in zip(resumed[name], unbroken[name], strict=True):
            np.testing.assert_allclose(weight, other, atol=1e-6)


def test_a_lost_state_of_the_optimizer_is_told(run_dir, packed_photos, tmp_path):
    killed = tmp_path / "killed"
    shutil.copytree(run_dir, killed)
    for path in [*killed.glob("epoch_0003*"), *killed.glob("*.npz")]:
        path.unlink(missing_ok=True)
    with pytest.raises(CheckpointError, match=r"no state of the optimizer\n.*epoch_0002-optimizer"):
        train_adversary(packed_photos, killed)


@pytest.mark.parametrize(("term", "moved"), [("fooled", NETWORK), ("told_apart", JUDGE)])
@pytest.mark.graph
def test_each_term_moves_its_own_network_alone(packed_photos, tmp_path, term, moved):
    train_adversary(packed_photos, tmp_path / "run", [term])
    last = weights(tmp_path / "run", 3)
    for name, part in build_parts().items():
        same = [np.array_equal(*pair) for pair in zip(part.get_weights(), last[name], strict=True)]
        assert all(same) is (name != moved)
