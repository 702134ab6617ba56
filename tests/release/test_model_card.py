import re
import shutil
from dataclasses import replace

import pandas as pd
import pytest

from basics.errors import DataError
from evaluation import evaluate, showcase
from pipeline.engine.bundle import ModelEntry
from pipeline.engine.bundle_file import read_bundle
from preprocessing.inventory import Row, write_rows
from release.card_tables import data_table, photos_shown, router_facts, without_category
from release.model_card import main, write_card


@pytest.fixture(scope="module")
def measured(tiny_bundle, packed_photos, tmp_path_factory):
    """A copy of the tiny bundle, and what was measured of it."""
    folder = tmp_path_factory.mktemp("card")
    bundle_dir, results_dir = folder / "pretrained", folder / "results"
    shutil.copytree(tiny_bundle, bundle_dir)
    options = ["--models", str(bundle_dir), "--results-dir", str(results_dir)]
    assert evaluate.main([*options, "--packed-dir", str(packed_photos)]) == 0
    assert showcase.main([*options, "--examples-dir", str(folder / "examples")]) == 0
    rows = [("classifier/mobilenet_v2", 1, 60.0), ("classifier/mobilenet_v2", 2, 120.0)]
    log = pd.DataFrame(rows, columns=["run", "epoch", "seconds"])
    log.to_csv(results_dir / "train_quick.csv", index=False)
    return bundle_dir, results_dir


@pytest.fixture
def options(measured, packed_photos):
    bundle_dir, results_dir = measured
    places = ["--models", str(bundle_dir), "--packed-dir", str(packed_photos)]
    history = str(results_dir / "train_quick.csv")
    return [*places, "--results-dir", str(results_dir), "--history", history]


@pytest.fixture
def card(options, measured):
    assert main(options) == 0
    return (measured[0] / "MODEL_CARD.md").read_text()


def test_every_link_of_the_card_leads_to_a_file(card, measured):
    links = re.findall(r"\]\(([^)]+)\)", card)
    assert {"bundle.json", "../results/grid.jpg"} <= set(links)
    assert not [one for one in links if not (measured[0] / one).exists()]


def test_the_cards_figures_are_those_measured(card, measured):
    scores = pd.read_csv(measured[1] / "evaluation.csv").set_index(["method", "category"])
    router = pd.read_csv(measured[1] / "router.csv").set_index("category")
    cells = _row(card, "forest", 11)
    psnr_db = [
        scores.loc[(method, "forest"), "psnr_db"]
        for method in ("gray", "mean tint of the category", "universal", "routed")
    ]
    assert cells[1:6] == ["2", *(f"{one:.2f}" for one in psnr_db)]
    assert cells[-2:] == [f"{router.loc['forest', one]:.2f}" for one in ("top_1", "top_3")]
    kept = [scores.loc[(one, "forest"), "colorfulness"] for one in ("routed", "ground truth")]
    assert cells[8] == f"{100 * kept[0] / kept[1]:.0f} %"


def test_the_card_counts_the_photos_of_each_split(card):
    assert _row(card, "forest", 4) == ["forest", "8", "2", "2"]
    assert _row(card, "all", 4) == ["all", "24", "6", "6"]
    assert "36 colour photos in 3 categories" in card


def test_photos_of_no_category_and_further_ones_are_counted_apart(tmp_path):
    results = [("road", "train"), ("road", "test"), ("road", "test_more"), ("any", "train")]
    results += [("any", "train"), ("road", "duplicate")]
    rows = [
        Row(file=f"{category}/{i}.jpg", size=1, mtime_ns=1, sha256=f"{i:064x}", result=result)
        for i, (category, result) in enumerate(results)
    ]
    write_rows(tmp_path / "photos.csv", rows)
    table, totals = data_table(tmp_path)
    assert table.splitlines() == [
        "| category | training | validation | test | further test |",
        "| --- | --- | --- | --- | --- |",
        "| any | 2 | 0 | 0 | 0 |",
        "| road | 1 | 0 | 1 | 1 |",
        "| all | 3 | 0 | 1 | 1 |",
    ]
    assert sum(totals.values()) == 5
    assert without_category(tmp_path) == 2


def test_the_card_tells_what_validation_decided_of_the_router(card, measured):
    bundle = read_bundle(measured[0])
    told = bundle.router.validation
    assert f"The router is shipped in {bundle.router.precision}" in card
    assert f"same for {told['int8_agreement']:.1%} of the validation photos" in card
    assert f"error {told['calibration_error_before']:.3f} before" in card
    old = replace(bundle, router=replace(bundle.router, validation={"top_1": 0.8}))
    assert router_facts(old) == ""


def test_the_card_tells_how_long_each_network_was_trained(card):
    router = _row(card, "mobilenet_v2", 8)
    assert router[:2] == ["mobilenet_v2", "router"]
    assert router[-1] == "2"  # minutes
    rows = [line for line in card.splitlines() if line.startswith("| shared_encoder | ")]
    assert [line.split(" | ")[1:3] for line in rows[1:]] == [["beach", "16"], ["universal", "16"]]


def test_photos_shown_counts_repetitions():
    def shown(**training):
        about = {"file": "", "sha256": "", "architecture": "", "category": "", "inference_px": 1}
        return photos_shown(ModelEntry(**about, precision="int8", training=training))

    assert shown(epochs=3, steps_per_epoch=10, batch_size=4, photos=7) == 120
    assert shown(epochs=3, head_epochs=2, steps_per_epoch=0, batch_size=4, photos=7) == 35
    assert shown() == 0


def test_calibration_is_told_where_it_was_measured(card, measured, options):
    assert "confidences are calibrated: on these photos" in card
    path = measured[1] / "reliability.csv"
    content = path.read_bytes()
    path.unlink()
    try:
        assert main(options) == 0
    finally:
        path.write_bytes(content)
    assert "confidences are calibrated" not in (measured[0] / "MODEL_CARD.md").read_text()


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("evaluation.csv", "evaluation.evaluate"),
        ("router.csv", "evaluation.evaluate"),
        ("showcase.csv", "evaluation.showcase"),
        ("grid.jpg", "evaluation.showcase"),
        ("train_quick.csv", "release.recipe"),
    ],
)
def test_what_is_missing_is_told_with_the_command_that_makes_it(
    measured, packed_photos, tmp_path, name, command
):
    results_dir = shutil.copytree(measured[1], tmp_path / "results")
    (results_dir / name).unlink()
    bundle = read_bundle(measured[0])
    with pytest.raises(DataError, match=f"(?s){name}.*run: python -m {command}"):
        write_card(bundle, packed_photos, results_dir, [results_dir / "train_quick.csv"])


def test_scores_without_a_method_are_refused(measured, packed_photos, tmp_path):
    results_dir = shutil.copytree(measured[1], tmp_path / "results")
    scores = pd.read_csv(results_dir / "evaluation.csv")
    scores[scores["method"] != "universal"].to_csv(results_dir / "evaluation.csv", index=False)
    with pytest.raises(DataError, match="not measured: universal"):
        write_card(
            read_bundle(measured[0]), packed_photos, results_dir, [results_dir / "train_quick.csv"]
        )


def _row(card, name, n_cells):
    """The cells of the row of a table of so many columns."""
    rows = [line.strip("| ").split(" | ") for line in card.splitlines() if line.startswith("| ")]
    (found,) = [cells for cells in rows if cells[0] == name and len(cells) == n_cells]
    return found
