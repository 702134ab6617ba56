import csv
from pathlib import Path

import numpy as np
import pytest

from basics.errors import DataError
from experiments.sweep import accuracy, main, read_settings

PAPER = Path("experiments/fusion_paper.csv")
HEAD = "photos,batch_size,learning_rate,epochs,test_photos,published_accuracy\n"


def test_the_rows_of_the_fusion_paper():
    rows = read_settings(PAPER)
    assert [row["photos"] for row in rows] == [10_000, 3_500, 8_500, 15_000]
    assert [row["epochs"] for row in rows] == [10, 30, 46, 59]
    assert {row["learning_rate"] for row in rows} == {1e-5}


def test_the_truth_is_accurate_and_the_farthest_colour_is_not():
    truth = np.zeros((2, 4, 4, 2))
    assert accuracy(truth, truth) == 100
    assert accuracy(truth + 1, truth) == pytest.approx(0)
    assert accuracy(truth + np.array([0, 0.5]), truth) == pytest.approx(
        100 * (1 - 64 / 181), abs=0.02
    )


def test_a_row_is_trained_and_measured_once(packed_photos, tmp_path):
    table = tmp_path / "settings.csv"
    table.write_text(HEAD + "60,2,0.001,10,20,50\n40,4,0.001,10,20,60\n")
    places = ["--packed-dir", packed_photos, "--runs-dir", tmp_path, "--results-dir", tmp_path]
    options = [
        "--scale",
        "0.1",
        "--size",
        "32",
        "--architecture",
        "encoder_decoder",
        "--loss",
        "mse",
    ]
    arguments = [str(one) for one in ("--table", table, *places, *options)]
    assert main(arguments) == 0
    with (tmp_path / "sweep.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["published_accuracy"] for row in rows] == ["50", "60"]
    assert [row["trained_photos"] for row in rows] == ["6", "4"]
    assert {row["trained_epochs"] for row in rows} == {"1"}
    assert {row["tested_photos"] for row in rows} == {"2"}
    assert all(0 < float(row["accuracy"]) < 100 for row in rows)
    histories = sorted((tmp_path / "encoder_decoder").glob("*/history.csv"))
    assert len(histories) == 2
    before = [one.stat().st_mtime_ns for one in histories]
    assert main(arguments) == 0
    assert [one.stat().st_mtime_ns for one in histories] == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("photos,epochs\n1,2\n", "no column batch_size, test_photos, learning_rate"),
        (HEAD, "0 rows"),
        (HEAD + "10,5,0.1,-1,5,\n", r"epochs -1\n.*line 2"),
        (HEAD + "10,5,0.1,1,5,\nten,5,0.1,1,5,\n", r"photos 'ten'\n.*line 3"),
        (HEAD + "10,2.5,0.1,1,5,\n", r"batch_size 2.5\n.*\n.*whole number"),
        (HEAD + "10,5,nan,1,5,\n", r"learning_rate nan"),
        ("", "no table of settings"),
    ],
)
def test_settings_that_are_none_are_told(tmp_path, text, message):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        read_settings(tmp_path / "a.csv")
