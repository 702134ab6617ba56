import numpy as np
import pandas as pd
import pytest

from pipeline.views import COMBINATIONS, main, summarize, views_of


def test_views_show_the_parts_and_sizes_that_they_are_named_after():
    lum = np.linspace(0, 1, 256 * 256, dtype=np.float32).reshape(256, 256, 1)
    views = views_of(lum)
    assert {name for views in COMBINATIONS.values() for name in views} == set(views)
    assert views["192 px"].shape == (192, 192, 1)
    assert views["320 px"].mean() == pytest.approx(lum.mean(), abs=5e-3)
    np.testing.assert_array_equal(views["centre"], lum[16:240, 16:240])
    np.testing.assert_array_equal(views["corner 3"], lum[32:, 32:])


def test_gains_are_counted_against_the_whole_photo():
    labels = np.zeros(100, int)
    right, wrong = np.array([0.6, 0.3, 0.07, 0.03]), np.array([0.3, 0.6, 0.07, 0.03])
    told = {name: np.tile(right, (100, 1)) for views in COMBINATIONS.values() for name in views}
    told["whole photo"] = np.where(np.arange(100)[:, None] < 20, wrong, right)
    table = summarize(told, dict.fromkeys(told, 0.01), labels, (1.0,) * 4).set_index("views")
    assert table.loc["whole photo", "top_1"] == 0.8
    assert table.loc["224 px", "top_1_gain"] == 0.2
    assert table.loc["224 px", "top_1_error"] == 0.04  # sqrt(0.2 * 0.8 / 100)
    assert table.loc["224 px", "top_3_gain"] == 0
    assert table.loc["whole and five crops", ["passes", "milliseconds"]].tolist() == [6, 60]


def test_the_command_writes_a_table(tiny_bundle, packed_photos, tmp_path, capsys):
    options = ["--models", str(tiny_bundle), "--packed-dir", str(packed_photos), "--limit", "1"]
    assert main([*options, "--results-dir", str(tmp_path)]) == 0
    path = tmp_path / "router_views.csv"
    assert capsys.readouterr().out.split() == [str(path)]
    table = pd.read_csv(path)
    assert list(table["views"]) == list(COMBINATIONS)
    assert set(table["n"]) == {3}
    assert table.loc[0, ["top_1_gain", "top_3_gain"]].tolist() == [0, 0]
