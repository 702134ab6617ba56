"""The figures of the documents are those of the CSVs: speed, sizes, times, routing's share."""

import re

import pandas as pd

from benchmarks import environments, image_size, targets
from benchmarks.parts import document, tables
from benchmarks.parts.table import read
from tests.documents import ROOT, fences, in_one_line, prose, rows

README, RESULTS = ROOT / "README.md", ROOT / "docs" / "results.md"
API = ROOT / "docs" / "api.md"
BENCHMARKS, TRAINING = ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "training.md"
RESULTS_DIR = ROOT / "results"
NO_CSV_YET = {  # tables of docs/benchmarks.md whose benchmark has not been run since it keeps one
    "cold_start", "folder", "folder_batches", "large", "web", "web_memory", "edges", "faded",
    "faded_test", "faded_fog", "int8", "against", "training", "depthwise", "scraping",
    "environments", "image_size",
}  # fmt: skip
NOT_TIMED_YET = {  # targets of docs/results.md, likewise (`python -m benchmarks.targets`)
    "evaluate", "evaluate-paper", "report", "soft-routing", "modes", "augmentation", "cross",
    "gallery", "showcase", "epochs", "table-one", "compare", "claim", "model-card", "notebooks",
}  # fmt: skip


def test_every_table_of_speed_is_what_its_csv_says():
    told = {table.name: (table, text) for table, text in document.blocks(BENCHMARKS.read_text())}
    kept = {name for name, (table, _) in told.items() if (RESULTS_DIR / table.file).exists()}
    for name in kept:
        table, text = told[name]
        assert text == table.text(read(table, RESULTS_DIR))
    assert set(told) - kept == NO_CSV_YET
    assert {f"`results/{table.file}`" for table, _ in told.values()} <= set(
        re.findall(r"`results/speed_\w+\.csv`", prose(BENCHMARKS))
    )


def test_every_block_of_the_benchmarks_is_one_that_a_csv_fills():
    assert len(list(fences(BENCHMARKS))) == len(list(document.blocks(BENCHMARKS.read_text())))


def test_environments_are_as_large_and_made_as_fast_as_the_documents_say():
    told = rows(README, "environment")
    assert {name.strip("`") for name in told} == set(environments.LOCKS)
    if "environments" not in NO_CSV_YET:
        for row in read(tables.ENVIRONMENTS, RESULTS_DIR):
            measured = environments.in_words(float(row["mb"]), float(row["seconds"]))
            assert tuple(told[f"`{row['environment']}`"][1:]) == measured


def test_the_image_is_as_large_as_the_documents_say():
    assert "MB on top" in in_one_line(API)
    if "image_size" not in NO_CSV_YET:
        mb = {row["part"]: float(row["mb"]) for row in read(tables.IMAGE_SIZE, RESULTS_DIR)}
        told = f"{mb[image_size.ALL]:.0f} MB on top: {mb[image_size.PACKAGES]:.0f} of packages"
        assert told in in_one_line(API)
        assert f"and {mb['pretrained']:.0f} of networks" in in_one_line(API)


def test_times_of_targets_are_those_measured():
    told = {}
    for _, command, time in rows(RESULTS, "what").values():
        if time and (made := re.match(r"`make ([\w-]+)", command)):
            told[made[1]] = time
    path = RESULTS_DIR / tables.TARGETS.file
    timed = (
        {row["target"]: row for row in read(tables.TARGETS, RESULTS_DIR)} if path.exists() else {}
    )
    for target in told.keys() & timed.keys():
        assert told[target] == targets.in_words(float(timed[target]["seconds"]))
    assert told.keys() - timed.keys() == NOT_TIMED_YET


def test_the_shipped_networks_were_trained_as_long_as_the_documents_say():
    history = pd.read_csv(RESULTS_DIR / "train_quick.csv")
    minutes = history.groupby("run")["seconds"].max().sum() / 60  # each counts on from its start
    assert f"{minutes:.0f} minutes of training" in TRAINING.read_text()


def test_what_routing_adds_is_what_was_measured():
    measured = pd.read_csv(RESULTS_DIR / "report_2026-11-26.csv").set_index("measure")
    told = rows(RESULTS, "compared")
    assert {"routed less universal", "routed less mean of all decoders"} <= set(told)
    for compared, cells in told.items():
        over_gray = compared.removesuffix(" less gray")
        name = f" over gray, {over_gray}" if compared != over_gray else f", {compared}"
        for mean, cell in zip(("photos", "categories"), cells, strict=True):
            one = measured.loc[f"PSNR (dB){name}, over {mean}"]
            assert cell == f"{one['value']:.3f} ({one['low']:.3f} to {one['high']:.3f})"


def test_categories_without_a_colorizer_of_their_own_are_named():
    history = pd.read_csv(RESULTS_DIR / "train_quick.csv")
    history = history[history["run"].str.startswith("colorizers/shared_encoder/")]
    best = history.loc[history.groupby("run")["val_psnr_db"].idxmax()]
    unchanged = best[best["epoch"] == 0]["run"].str.split("/").str[-1].sort_values().tolist()
    names = f"{', '.join(unchanged[:-1])} and {unchanged[-1]}"
    assert f"Of the twenty categories, {names} have no colorizer of their own" in in_one_line(
        RESULTS
    )


def test_the_network_of_fig_3_stands_beside_tints():
    scores = pd.read_csv(RESULTS_DIR / "evaluation_encoder_decoder.csv")
    db = scores[scores["category"] == "all"].set_index("method")["psnr_db"]
    universal, routed, constant, tint = (
        f"{db[name]:.2f} dB"
        for name in ("universal", "routed", "constant tint", "mean tint of the category")
    )
    assert (
        f"universal {universal} and routed {routed}, where a constant tint of all photos has "
        f"{constant} and the mean tint of the true category {tint}"
    ) in in_one_line(RESULTS)


def test_table_one_is_what_was_measured():
    table = pd.read_csv(RESULTS_DIR / "table_1.csv").query("category == 'mean'")
    error = table.set_index(["set", "backbone", "start"])["top_3_error"]
    six, every = error["six"], error["every"]
    names = ("vgg19", "resnet50", "inception_v3", "mobilenet_v2")
    for name, title in zip(names, ("VGG19", "ResNet50", "InceptionV3", "MobileNetV2"), strict=True):
        assert f"{six[name, 'scratch']:.2f} ({title})" in in_one_line(RESULTS)
    means = [f"{every[name, 'scratch']:.2f}" for name in names]
    assert f"{', '.join(means[:-1])} and {means[-1]}" in in_one_line(RESULTS)
