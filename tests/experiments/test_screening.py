import numpy as np
import pandas as pd
import pytest

from experiments.screening import ARMS, BASE, main
from experiments.screening_scores import SATURATIONS, summarize
from imaging.lab import split_lab
from tests.drawing import draw_photo
from tests.training.imagenet_like import write_weights
from training.encoders.table import ENCODERS


def test_at_most_twelve_arms_each_change_one_thing():
    assert len(ARMS) <= 12
    for changes in ARMS.values():
        # the classes have a network of their own
        assert len(changes.keys() - ({"architecture"} if "loss" in changes else set())) <= 1
        assert all(BASE[key] != value for key, value in changes.items())


@pytest.mark.slow
def test_arms_are_trained_and_measured_once_and_those_of_several_calls_share_a_table(
    packed_photos, tmp_path, capsys
):
    weights = tmp_path / "mobilenet_v2_imagenet.npz"
    write_weights(weights, encoder=ENCODERS["mobilenet_v2"].build())
    places = ["--packed-dir", str(packed_photos), "--runs-dir", str(tmp_path / "runs")]
    budget = ["--photos", "16", "--batch-size", "2", "--size", "32", "--policy", "float32"]
    command = [str(tmp_path), *places, *budget, "--results-dir", str(tmp_path), "--sizes", "32"]
    assert main([*command, "--arms", "second_seed"]) == 0
    assert main([*command, "--arms", "base", "--sizes", "32", "64"]) == 0
    table = pd.read_csv(tmp_path / "screening.csv")
    assert list(zip(table["arm"], table["size"], strict=True)) == [
        ("base", 32), ("base", 64), ("second_seed", 32),
    ]  # fmt: skip
    assert set(table["photos"]) == {16}
    before = {one: one.stat().st_mtime_ns for one in (tmp_path / "runs").rglob("*.*")}
    assert main([*command, "--arms", "base"]) == 0
    assert {one: one.stat().st_mtime_ns for one in (tmp_path / "runs").rglob("*.*")} == before
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "screening.png")
    assert main([*command, "--arms", "bass"]) == 1
    assert "unknown arm 'bass'; did you mean 'base'?" in capsys.readouterr().err


def test_half_of_the_true_colour_gains_and_is_compared_at_the_colour_it_reaches():
    rgb = np.stack([draw_photo(one, 0)[:64, :64] for one in ("beach", "forest")])
    truth = split_lab(rgb)[1]
    half = (truth / 2).astype(np.float32)
    figures = summarize(rgb, half, ["beach", "forest"])
    assert figures["colour_ratio"] == pytest.approx(0.5, abs=0.1)
    assert 4 < figures["gain_db"] < 8  # half of the error: 6 dB
    assert figures["category_gain_db"] == pytest.approx(figures["gain_db"])
    assert figures["gain_db"] < figures["gain_at_70_db"] < figures["gain_at_85_db"]
    assert figures["best_gain_db"] >= figures["gain_at_85_db"]
    assert figures["worse_than_gray"] == 0
    wrong = summarize(rgb, -truth, ["beach", "forest"])
    assert (wrong["worse_than_gray"], wrong["worse_by_1_db"]) == (1, 1)
    assert min(SATURATIONS) < 1 < max(SATURATIONS)
