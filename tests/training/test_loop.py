import logging
import math

import keras
import numpy as np
import pytest

from basics.errors import CheckpointError
from training.checkpoints import chosen_checkpoint, latest_checkpoint, load_checkpoint
from training.runs import History


def files(run_dir) -> list[str]:
    return sorted(path.name for path in run_dir.iterdir())


def losses(history: History) -> list[tuple[int, float, float]]:
    return [(int(row["epoch"]), float(row["loss"]), float(row["val_loss"])) for row in history.rows]


def test_a_run_stopped_after_2_of_4_epochs_and_resumed_equals_an_unbroken_one(small_fit, tmp_path):
    unbroken, expected = small_fit(tmp_path / "unbroken", last=4)
    small_fit(tmp_path / "resumed", last=2)
    resumed, history = small_fit(tmp_path / "resumed", last=4)
    # the same sums on the same machine: only the order in which threads add may differ
    np.testing.assert_allclose(losses(history), losses(expected), rtol=1e-4)
    for weight, other in zip(resumed.get_weights(), unbroken.get_weights(), strict=True):
        np.testing.assert_allclose(weight, other, atol=1e-5)
    assert float(resumed.optimizer.iterations) == 8
    assert [row[0] for row in losses(History(tmp_path / "resumed" / "history.csv", ()))] == [
        1,
        2,
        3,
        4,
    ]


def test_epochs_that_a_kill_left_without_a_checkpoint_are_trained_and_written_again(
    small_fit, tmp_path
):
    _, expected = small_fit(tmp_path, last=3, saving={"checkpoint_every": 1})
    (tmp_path / "epoch_0003.keras").unlink()
    _, history = small_fit(tmp_path, last=3)
    np.testing.assert_allclose(losses(history), losses(expected), rtol=1e-4)


def test_the_loss_falls_and_the_history_tells_it(small_fit, tmp_path):
    _, history = small_fit(tmp_path, last=6)
    written = losses(History(tmp_path / "history.csv", ("loss", "val_loss")))
    assert written == losses(history)
    assert written[-1][2] < 0.8 * written[0][2]
    assert [float(row["seconds"]) for row in history.rows] == sorted(
        float(row["seconds"]) for row in history.rows
    )


@pytest.mark.parametrize(
    ("every", "save_at", "kept"),
    [(50, (), [5]), (2, (), [2, 4, 5]), (2, (1, 4), [1, 2, 4, 5]), (5, (9,), [5])],
)
def test_chosen_epochs_and_the_last_are_kept(small_fit, tmp_path, every, save_at, kept):
    small_fit(tmp_path, last=5, saving={"checkpoint_every": every, "save_at": save_at})
    assert files(tmp_path) == [f"epoch_{epoch:04d}.keras" for epoch in kept] + ["history.csv"]


@pytest.mark.usefixtures("capsys")  # no terminal: a line per epoch in place of the bar
def test_of_rolling_checkpoints_only_the_newest_stays_and_none_after_the_end(small_fit, tmp_path):
    seen = []

    class Watch(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append([name for name in files(tmp_path) if name.startswith("rolling")])

    watch, log = Watch(), logging.getLogger("training.loop")
    level = log.level
    log.addHandler(watch)
    log.setLevel(logging.INFO)
    try:
        tmp_path.mkdir(exist_ok=True)
        small_fit(tmp_path, last=4, saving={"rolling_s": 0})
    finally:
        log.removeHandler(watch)
        log.setLevel(level)
    # the line of an epoch is written before its checkpoint
    assert seen[-3:] == [[f"rolling_{epoch:04d}.keras"] for epoch in (1, 2, 3)]
    assert files(tmp_path) == ["epoch_0004.keras", "history.csv"]


def test_time_ends_a_run_after_a_whole_epoch_which_is_saved(small_fit, tmp_path):
    _, history = small_fit(tmp_path, last=400, minutes=1e-4)
    assert [row["epoch"] for row in history.rows] == [1]
    assert files(tmp_path) == ["epoch_0001.keras", "history.csv"]


def test_time_counts_over_all_sessions(small_fit, tmp_path):
    _, first = small_fit(tmp_path, last=1)
    _, second = small_fit(tmp_path, last=2)
    assert second.seconds >= first.seconds
    assert History(tmp_path / "history.csv", ()).seconds == second.seconds


@pytest.mark.parametrize(("every", "validated"), [(1, [1, 2, 3, 4, 5]), (2, [2, 4, 5]), (9, [5])])
def test_validation_comes_as_often_as_asked_and_at_the_end(small_fit, tmp_path, every, validated):
    _, history = small_fit(tmp_path, last=5, validate_every=every)
    assert [row["epoch"] for row in history.rows if "val_loss" in row] == validated


@pytest.mark.parametrize(
    ("phase", "progress"),  # the middle of the last epoch, as a part of the decay
    [
        ({"last": 4, "decay": "cosine"}, 3.5 / 4),
        ({"last": 4, "decay": "cosine", "first": 2}, 1.5 / 2),
        ({"last": 4, "decay": "constant"}, 0),
        ({"last": 1, "decay": "cosine"}, 0.5),
    ],
)
def test_the_learning_rate_follows_the_phase(small_fit, tmp_path, phase, progress):
    network, _ = small_fit(tmp_path, **phase)
    expected = 0.01 * (1 + math.cos(math.pi * progress)) / 2
    assert float(network.optimizer.learning_rate) == pytest.approx(expected, rel=1e-5)


def test_the_best_epoch_on_validation_is_kept(small_fit, tmp_path):
    saving = {"checkpoint_every": 1}
    _, history = small_fit(tmp_path, last=3, keep_best=True, saving=saving)
    best = min(history.rows, key=lambda row: float(row["val_loss"]))
    assert [row["epoch"] for row in history.rows] == [0, 1, 2, 3]
    kept = load_checkpoint(tmp_path / f"epoch_{best['epoch']:04d}.keras")
    chosen = load_checkpoint(tmp_path / "best.keras")
    for weight, other in zip(chosen.get_weights(), kept.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)


def test_training_that_only_harms_leaves_the_start_as_the_best(small_fit, small_network, tmp_path):
    _, history = small_fit(tmp_path, last=2, learning_rate=10.0, keep_best=True)
    start, *later = history.rows
    assert start["epoch"] == 0
    assert "loss" not in start
    assert all(float(row["val_loss"]) > float(start["val_loss"]) for row in later)
    for weight, other in zip(
        load_checkpoint(tmp_path / "best.keras").get_weights(),
        small_network.get_weights(),
        strict=True,
    ):
        np.testing.assert_array_equal(weight, other)


def test_a_run_killed_before_its_first_checkpoint_starts_its_history_anew(small_fit, tmp_path):
    small_fit(tmp_path, last=1, keep_best=True)
    (tmp_path / "epoch_0001.keras").unlink()
    _, history = small_fit(tmp_path, last=1, keep_best=True)
    assert [row["epoch"] for row in history.rows] == [0, 1]


def test_the_log_says_how_much_of_the_photos_an_epoch_covers(small_fit, tmp_path, caplog):
    with caplog.at_level(logging.INFO, "training.loop"):
        small_fit(tmp_path, last=1)
    assert "16 photos, 4 for validation" in caplog.messages
    assert "an epoch shows 6 photos, 0.38 of the training split" in caplog.messages


def test_a_checkpoint_loads_with_plain_keras_and_its_optimizer(small_fit, tmp_path):
    network, _ = small_fit(tmp_path, last=2)
    path = tmp_path / "epoch_0002.keras"
    assert latest_checkpoint(tmp_path) == (path, 2)
    loaded = keras.models.load_model(path)
    for variable, other in zip(
        loaded.optimizer.variables, network.optimizer.variables, strict=True
    ):
        np.testing.assert_array_equal(variable, other)


def test_a_loss_that_is_not_finite_ends_the_run_and_the_last_good_state_stays(small_fit, tmp_path):
    small_fit(tmp_path, last=1)
    before = (tmp_path / "epoch_0001.keras").read_bytes()
    with pytest.raises(CheckpointError, match="the loss is not finite") as told:
        small_fit(tmp_path, last=3, learning_rate=1e30)
    assert "in epoch 2 (steps 3 to 4)" in told.value.what
    assert "the last good state is epoch_0001.keras" in told.value.what
    assert "at a learning rate of 1e+30" in told.value.what
    assert "lower --learning-rate" in told.value.fix
    assert files(tmp_path) == ["epoch_0001.keras", "history.csv"]
    assert (tmp_path / "epoch_0001.keras").read_bytes() == before
    assert [row["epoch"] for row in History(tmp_path / "history.csv", ()).rows] == ["1"]


def test_a_run_that_starts_beyond_all_numbers_says_that_nothing_was_saved(small_fit, tmp_path):
    with pytest.raises(CheckpointError, match=r"in epoch 1 .* no state was saved before"):
        small_fit(tmp_path, last=2, learning_rate=1e30)
    assert not list(tmp_path.glob("*.keras"))


def test_an_average_goes_on_after_a_kill_as_if_there_had_been_none(small_fit, tmp_path):
    plan = {"average": 0.7, "warmup_steps": 3, "clipnorm": 0.1, "weight_decay": 0.01}
    unbroken, expected = small_fit(tmp_path / "unbroken", last=3, **plan)
    small_fit(tmp_path / "killed", last=3, saving={"checkpoint_every": 1}, **plan)
    for name in ("epoch_0002.keras", "epoch_0003.keras", "averaged.keras"):
        (tmp_path / "killed" / name).unlink()
    resumed, history = small_fit(tmp_path / "killed", last=3, **plan)
    np.testing.assert_allclose(losses(history), losses(expected), rtol=1e-4)
    for weight, other in zip(resumed.get_weights(), unbroken.get_weights(), strict=True):
        np.testing.assert_allclose(weight, other, atol=1e-5)
    averages = [
        load_checkpoint(tmp_path / one / "averaged.keras") for one in ("unbroken", "killed")
    ]
    for weight, other in zip(*(one.get_weights() for one in averages), strict=True):
        np.testing.assert_allclose(weight, other, atol=1e-5)


def test_the_average_is_judged_and_shipped_and_training_goes_on_without_it(
    small_fit, small_network, tmp_path
):
    # so slow an average that it stays where it began, while the weights go far
    _, history = small_fit(tmp_path, last=3, average=0.9999, learning_rate=0.1)
    judged = [row["val_loss"] for row in history.rows]
    np.testing.assert_allclose([float(one) for one in judged], float(judged[0]), rtol=0.02)
    assert float(history.rows[-1]["loss"]) < 0.8 * float(judged[-1])
    shipped, latest = chosen_checkpoint(tmp_path), tmp_path / "epoch_0003.keras"
    assert shipped.name == "averaged.keras"
    first = load_checkpoint(latest).optimizer.variables
    averages = [one for one in first if "average" in one.path]
    for weight, other in zip(load_checkpoint(shipped).get_weights(), averages, strict=True):
        np.testing.assert_array_equal(weight, other)
    far = load_checkpoint(latest).get_weights()[0] - small_network.get_weights()[0]
    assert np.abs(far).max() > 0.1
