import dataclasses
import json
from pathlib import Path

import keras
import pytest

from basics.errors import CheckpointError
from training.runs import History, open_run, read_config, time_is_up


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    run_dir: Path
    epochs: int = 500
    category: str = "beach"
    minutes: float | None = None
    save_at: tuple[int, ...] = ()


def test_a_new_run_folder_tells_settings_facts_and_versions(tmp_path):
    run_dir = tmp_path / "runs" / "beach"
    open_run(Config(run_dir=run_dir), run_dir, encoder_sha256="abc")
    assert read_config(run_dir) == {
        "run_dir": str(run_dir),
        "epochs": 500,
        "category": "beach",
        "minutes": None,
        "save_at": [],
        "encoder_sha256": "abc",
    }
    versions = json.loads((run_dir / "versions.json").read_text())
    assert versions["keras"] == keras.__version__
    assert versions[versions["backend"]]


@pytest.mark.parametrize(
    "change", [{}, {"minutes": 3.0}, {"save_at": (1, 2)}, {"run_dir": Path("elsewhere")}]
)
def test_a_run_goes_on_with_the_same_settings_or_those_that_may_change(tmp_path, change):
    config = Config(run_dir=tmp_path, save_at=(1,))
    open_run(config, tmp_path, categories=["beach", "dog"])
    before = read_config(tmp_path)
    open_run(dataclasses.replace(config, **change), tmp_path, categories=["beach", "dog"])
    assert read_config(tmp_path) == before


def test_a_run_that_began_before_there_was_a_setting_goes_on_with_its_default(tmp_path):
    open_run(Config(run_dir=tmp_path), tmp_path)
    path = tmp_path / "config.json"
    older = {key: value for key, value in read_config(tmp_path).items() if key != "category"}
    path.write_text(json.dumps(older))
    open_run(Config(run_dir=tmp_path), tmp_path)
    with pytest.raises(CheckpointError, match="category beach -> dog"):
        open_run(Config(run_dir=tmp_path, category="dog"), tmp_path)


@pytest.mark.parametrize(
    ("change", "facts", "message"),
    [
        ({"epochs": 8}, {"sha": "abc"}, "epochs 500 -> 8\n"),
        (
            {"epochs": 8, "category": "dog"},
            {"sha": "abc"},
            "category beach -> dog, epochs 500 -> 8",
        ),
        ({}, {"sha": "def"}, "sha abc -> def"),
        ({}, {}, "sha abc -> None"),
    ],
)
def test_a_run_with_other_settings_is_refused_and_they_are_named(tmp_path, change, facts, message):
    config = Config(run_dir=tmp_path)
    open_run(config, tmp_path, sha="abc")
    with pytest.raises(CheckpointError, match=f"other settings: {message}") as caught:
        open_run(dataclasses.replace(config, **change), tmp_path, **facts)
    assert str(tmp_path) in str(caught.value)


def test_photos_that_came_since_are_told(tmp_path, caplog):
    open_run(Config(run_dir=tmp_path), tmp_path, photos=800)
    open_run(Config(run_dir=tmp_path), tmp_path, photos=800)
    assert caplog.text == ""
    open_run(Config(run_dir=tmp_path), tmp_path, photos=950)
    assert f"{tmp_path} began with 800 training photos, now there are 950" in caplog.text
    assert read_config(tmp_path)["photos"] == 800


def test_a_folder_without_a_run_has_no_settings(tmp_path):
    with pytest.raises(CheckpointError, match=r"no run in this folder\n.*\n.*train first"):
        read_config(tmp_path)


def test_a_history_is_read_back_and_goes_on(tmp_path):
    path = tmp_path / "history.csv"
    history = History(path, ("loss", "val_loss"))
    assert history.seconds == 0
    history.append(1, {"loss": 0.5, "unknown": 3.0}, 10.04)
    history.append(2, {"loss": 1 / 3, "val_loss": 0.25}, 20)
    assert path.read_text().splitlines() == [
        "epoch,loss,val_loss,seconds",
        "1,0.5,,10.0",
        "2,0.333333,0.25,20.0",
    ]
    again = History(path, ("loss", "val_loss"))
    assert again.seconds == 20
    again.append(3, {"loss": 0.1}, 30)
    assert path.read_text().splitlines()[1:] == [
        "1,0.5,,10.0",
        "2,0.333333,0.25,20.0",
        "3,0.1,,30.0",
    ]


@pytest.mark.parametrize(("epoch", "left"), [(0, []), (1, ["0", "1"]), (5, ["0", "1", "2"])])
def test_epochs_after_the_checkpoint_are_forgotten(tmp_path, epoch, left):
    history = History(tmp_path / "history.csv", ("loss",))
    for finished in range(3):
        history.append(finished, {"loss": 0.1}, finished)
    history.rows = History(tmp_path / "history.csv", ("loss",)).rows
    history.cut_after(epoch)
    assert [row["epoch"] for row in history.rows] == left


@pytest.mark.parametrize(
    ("minutes", "is_up"), [(None, False), (2.0, False), (1.5, True), (1.0, True)]
)
def test_time_is_up_when_the_sessions_together_reach_the_limit(tmp_path, minutes, is_up):
    History(tmp_path / "history.csv", ("loss",)).append(7, {"loss": 0.1}, 90)
    assert time_is_up(tmp_path, minutes) is is_up


def test_a_run_that_has_not_begun_has_time(tmp_path):
    assert time_is_up(tmp_path, 1e-9) is False


@pytest.mark.parametrize(
    ("text", "kept", "field"),
    [
        ("epoch,loss,seconds\n1,0.5,10.0\n2,0.4,20.0", ["1", "2"], None),
        ("epoch,loss,seconds\n1,0.5,10.0\n2,0.4", ["1"], "seconds: "),
        ("epoch,loss,seconds\n1,0.5,10.0\n2", ["1"], "seconds: "),
        ("epoch,loss,seconds\n1,0.5,10.0\n2,0.4,2x\n3,0.3,30.0\n", ["1"], "seconds: '2x'"),
        ("epoch,loss,seconds\n1,0.5,nan\n", [], "seconds: 'nan'"),
        ("epoch,loss,seconds\n1,low,10.0\n", [], "loss: 'low'"),
        ("epoch,loss,seconds\n-1,0.5,10.0\n", [], "epoch: '-1'"),
        (f"epoch,loss,seconds\n{'9' * 5000},0.5,10.0\n", [], "epoch: "),
        ("epoch,loss,seconds\n1,0.5,10.0,7\n", [], "further cells"),
        ("epoch,lo", [], None),
        ("", [], None),
        ("loss\n0.5\n", [], "epoch: "),
        ("epoch,loss,seconds\n1,0.5,10.0\n\0\ufffd\n", ["1"], "epoch: "),
    ],
    ids=lambda one: repr(one)[:30],
)
def test_a_history_is_read_up_to_where_it_is_damaged(tmp_path, caplog, text, kept, field):
    path = tmp_path / "history.csv"
    path.write_text(text)
    history = History(path, ("loss",))
    assert [row["epoch"] for row in history.rows] == kept
    assert (field or "") in caplog.text
    assert bool(caplog.text) is (field is not None)
    history.append(9, {"loss": 0.1}, 90)
    assert [row["epoch"] for row in History(path, ("loss",)).rows] == [*kept, "9"]


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", "[" * 100_000, '{"a": ' + "9" * 5000])
def test_settings_that_are_damaged_are_told(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"damaged config\.json: .+\n.*config\.json\n"):
        read_config(tmp_path)
    with pytest.raises(CheckpointError, match=r"damaged config\.json"):
        open_run(Config(run_dir=tmp_path), tmp_path)
