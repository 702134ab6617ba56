import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.arms import train_arm
from experiments.backbones import chance, error_rows, main, measure, paper_error
from experiments.candidates import PAPER_CATEGORIES, Budget, Candidate, arms
from preprocessing.packing import load_packed
from tests.thin import build_thin_encoder
from tests.training.imagenet_like import write_weights

RENAMED = {"beach": "beach", "forest": "city", "fruit": "autumn"}  # three of the paper's six
SIX = Candidate(set_name="six", categories=PAPER_CATEGORIES, backbone="vgg19", weights="none")


@pytest.fixture(scope="module")
def packed(packed_photos, tmp_path_factory) -> Path:
    """Three categories of Table I, and one that is none of them."""
    folder = tmp_path_factory.mktemp("table") / "packed"
    for category, name in RENAMED.items():
        shutil.copytree(packed_photos / category, folder / name)
    shutil.copytree(packed_photos / "fruit", folder / "fruit")
    return folder


def options(packed: Path, folder: Path, weights: Path, *more: str) -> list[str]:
    return [
        *("--packed-dir", str(packed), "--runs-dir", str(folder / "runs")),
        *("--results-dir", str(folder / "results"), "--weights", str(weights)),
        *("--px", "32", "--steps-per-epoch", "1", "--batch-size", "2"),
        *("--backbones", "mobilenet_v2", *more),
    ]


@pytest.fixture(scope="module")
def made(packed, tmp_path_factory) -> tuple[Path, list[str]]:
    """The folder with runs and results of the command, and its options."""
    folder = tmp_path_factory.mktemp("made")
    weights = write_weights(folder / "weights.npz", encoder=build_thin_encoder())
    arguments = options(packed, folder, weights, "--epochs", "3")
    assert main(arguments) == 0
    return folder, arguments


def test_chance_is_half_of_six_categories():
    assert chance(6, 3) == 0.5
    assert chance(20, 3) == pytest.approx(0.85)
    assert chance(2, 3) == 0


def test_the_paper_s_figures_are_those_of_its_table():
    assert paper_error(SIX, "beach") == 0.319
    assert paper_error(SIX, "mountain") == 0.476
    assert paper_error(SIX, "mean") == pytest.approx(0.4708, abs=1e-4)
    assert paper_error(replace(SIX, backbone="resnet50"), "city") == 0.905
    assert paper_error(replace(SIX, backbone="inception_v3"), "sunset") == 0.76


@pytest.mark.parametrize(
    ("candidate", "category"),
    [
        (SIX, "all"),
        (replace(SIX, backbone="mobilenet_v2"), "beach"),
        (replace(SIX, set_name="every"), "beach"),
    ],
)
def test_the_paper_says_nothing_of_other_rows(candidate, category):
    assert math.isnan(paper_error(candidate, category))


def test_errors_are_counted_per_category_and_a_tie_is_no_hit():
    candidate = replace(SIX, categories=("beach", "city", "autumn", "sunset"))
    confidences = np.array(
        [
            [0.4, 0.3, 0.2, 0.1],  # beach first
            [0.1, 0.4, 0.3, 0.2],  # beach last
            [0.3, 0.2, 0.4, 0.1],  # city third
            [0.25, 0.25, 0.25, 0.25],  # a city, and nobody knows
        ],
        np.float32,
    )
    rows = {
        row["category"]: row for row in error_rows(candidate, confidences, np.array([0, 0, 1, 1]))
    }
    assert list(rows) == ["beach", "city", "all", "mean"]  # no test photo of the others
    assert [rows[one]["top_3_error"] for one in rows] == [0.5, 0.5, 0.5, 0.5]
    assert [rows[one]["top_1_error"] for one in rows] == [0.5, 1, 0.75, 0.75]
    assert [rows[one]["n"] for one in rows] == [2, 2, 4, 4]


def test_the_mean_counts_each_category_alike():
    confidences = np.eye(4)[[0, 0, 0, 0]]
    candidate = replace(SIX, categories=("beach", "city", "autumn", "sunset"))
    rows = {
        row["category"]: row for row in error_rows(candidate, confidences, np.array([0, 0, 0, 1]))
    }
    assert rows["all"]["top_1_error"] == 0.25
    assert rows["mean"]["top_1_error"] == 0.5


@pytest.mark.slow
def test_the_table_tells_of_each_training_what_it_was(made):
    table = pd.read_csv(made[0] / "results" / "table_1.csv")
    means = table[table["category"] == "mean"]
    assert list(zip(means["set"], means["start"], strict=True)) == [
        (name, start) for name in ("six", "every") for start in ("scratch", "ImageNet")
    ]
    assert set(means["steps"]) == {3}
    assert set(means["px"]) == {32}
    assert list(means["learns"].unique()) == ["all layers", "head for 1 steps, then all layers"]
    assert (means["seconds"] > 0).all()
    assert set(means[means["set"] == "every"]["chance_top_3_error"]) == {0.25}
    for (name, _), rows in table.groupby(["set", "start"]):
        counts = rows.set_index("category")["n"]
        n = 3 if name == "six" else 4
        assert counts["all"] == 2 * n
        assert len(counts) == n + 2


@pytest.mark.slow
def test_a_second_command_trains_nothing_and_measures_the_same(made, capsys):
    folder, arguments = made
    text = (folder / "results" / "table_1.csv").read_text()
    before = {path: path.stat().st_mtime_ns for path in (folder / "runs").glob("**/*.*")}
    assert main(arguments) == 0
    assert {path: path.stat().st_mtime_ns for path in (folder / "runs").glob("**/*.*")} == before
    assert (folder / "results" / "table_1.csv").read_text() == text
    printed = capsys.readouterr().out.split()
    assert printed == [str(folder / "results" / f"table_1.{kind}") for kind in ("csv", "png")]


@pytest.mark.slow
def test_a_run_folder_of_another_budget_is_refused(made, capsys):
    _, arguments = made
    assert main([*arguments, "--seed", "1"]) == 1
    assert "a run with other settings: seed 0 -> 1" in capsys.readouterr().err


@pytest.mark.slow
def test_vgg19_in_bfloat16_is_measured_as_it_was_validated(packed, tmp_path):
    candidate = replace(SIX, categories=("beach", "city", "autumn"))
    for category in candidate.categories:  # test photos that are those of the validation split
        (tmp_path / category).mkdir()
        for split, source in (("train", "train"), ("val", "val"), ("test", "val")):
            np.save(tmp_path / category / f"{split}.npy", load_packed(packed, category, source))
    budget = Budget(px=32, epochs=2, steps_per_epoch=2, batch_size=6)
    (arm,) = arms([candidate], budget, tmp_path, tmp_path / "runs")
    config = arm.training
    assert config.policy == "mixed_bfloat16"
    train_arm(arm)
    table = measure(arm).set_index("category")
    validated = pd.read_csv(config.run_dir / "history.csv")["val_top_1"].iloc[-1]
    assert table.loc["all", "top_1_error"] == pytest.approx(1 - validated, abs=1e-4)
    assert table.loc["all", "top_3_error"] == 0  # of three, and no confidence equals another
    assert table.loc["city", "paper_top_3_error"] == 0.15
    assert table.loc["city", "paper_source"].startswith("section V, Table I")
    assert table.loc["all", "paper_source"] == ""
    assert (table["parameters"] > 20_024_384).all()
