import numpy as np
import pandas as pd
import pytest

from evaluation.evaluate import main, router_table, summarize
from evaluation.harness import METHODS, TRUTH, mean_tints, score_photos
from imaging.lab import split_lab
from pipeline import Colorizer
from preprocessing.packing import load_packed


@pytest.fixture(scope="module")
def measured(tiny_bundle, packed_photos):
    return score_photos(Colorizer(tiny_bundle), packed_photos)


def test_every_test_photo_is_measured_in_every_way(measured):
    scores, confidences = measured
    counts = scores.groupby(["category", "method"]).size()
    assert set(counts) == {2}  # drawn test photos per category
    assert len(counts) == 3 * (len(METHODS) + 1)
    assert len(confidences) == 6
    np.testing.assert_allclose(confidences[["beach", "forest", "fruit"]].sum(axis=1), 1, atol=1e-4)


def test_routed_is_what_colorize_does_and_best_category_its_first_choice(measured, tiny_bundle):
    scores, confidences = measured
    colorizer = Colorizer(tiny_bundle)
    for photo, row in confidences.iterrows():
        rows = scores[scores["photo"] == photo].set_index("method")["psnr_db"]
        ranking = sorted(row.drop("category").items(), key=lambda one: -one[1])
        ((best, _),) = colorizer.engine.blend_of({ranking[0][0]: 1.0})
        if [file for file, _ in colorizer.engine.choose(ranking)] == [best]:
            assert rows["routed"] == rows["best category"]
        if best.category == "universal":
            assert rows["best category"] == rows["universal"]
    assert len(confidences) == 6


def test_the_truth_is_perfect_and_gray_is_gray(measured):
    scores, _ = measured
    by_method = scores.groupby("method")[["psnr_db", "ssim", "colorfulness"]].mean()
    assert by_method.loc[TRUTH, "psnr_db"] == np.inf
    assert by_method.loc[TRUTH, "ssim"] == pytest.approx(1)
    assert by_method.loc["gray", "colorfulness"] == 0


def test_the_categorys_own_tint_beats_the_overall_tint_and_gray(measured):
    table = summarize(measured[0])
    over_all = table[table["category"] == "all"].set_index("method")["psnr_db"]
    assert over_all["mean tint of the category"] > over_all["constant tint"] > over_all["gray"]


def test_the_mean_lies_within_its_interval(measured):
    table = summarize(measured[0])
    table = table[table["method"] != TRUTH]
    assert (table["psnr_db_low"] <= table["psnr_db"]).all()
    assert (table["psnr_db"] <= table["psnr_db_high"]).all()


def test_a_tint_is_the_mean_of_the_training_photos(packed_photos):
    tints = mean_tints(packed_photos, ["beach", "fruit"])
    _, ab = split_lab(np.asarray(load_packed(packed_photos, "beach", "train")))
    np.testing.assert_allclose(tints.by_category["beach"], ab.mean(axis=(0, 1, 2)), atol=5e-3)
    assert not np.allclose(tints.by_category["beach"], tints.by_category["fruit"], atol=0.02)


def test_the_router_is_counted_per_category():
    confidences = pd.DataFrame(
        {"category": ["a", "a", "b"], "a": [0.7, 0.2, 0.6], "b": [0.3, 0.8, 0.4]}
    )
    table = router_table(confidences, ["a", "b"]).set_index("category")
    assert table.loc["all", "top_1"] == pytest.approx(1 / 3, abs=1e-4)
    assert table.loc["a", "top_1"] == 0.5
    assert table.loc["b", "top_1"] == 0
    assert table.loc["all", "top_3"] == 1


def test_the_command_writes_tables_and_figures(tiny_bundle, packed_photos, tmp_path, capsys):
    options = ["--models", str(tiny_bundle), "--packed-dir", str(packed_photos), "--limit", "1"]
    assert main([*options, "--results-dir", str(tmp_path)]) == 0
    written = capsys.readouterr().out.split()
    names = [
        "evaluation.csv", "router.csv", "confusion.csv", "reliability.csv", "evaluation.png",
        "confusion.png", "reliability.png",
    ]  # fmt: skip
    assert {path.name for path in tmp_path.iterdir()} == set(names)
    assert written == [str(tmp_path / one) for one in names]
    table = pd.read_csv(tmp_path / "evaluation.csv")
    assert set(table["method"]) == {*METHODS, TRUTH}
    matrix = pd.read_csv(tmp_path / "confusion.csv", index_col=0)
    assert matrix.to_numpy().sum() == 3


def test_photos_that_were_never_packed_are_told(tiny_bundle, tmp_path, capsys):
    assert main(["--models", str(tiny_bundle), "--packed-dir", str(tmp_path)]) == 1
    assert "python -m preprocessing" in capsys.readouterr().err
