import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from basics.errors import ConfigError, DataError
from colorizers.config import UNIVERSAL
from colorizers.train import train
from evaluation.category_matrix import load_test
from evaluation.encoded import encode_photo
from experiments.measure import open_network, predict, score_all, shrink
from experiments.universal_vs_category.__main__ import find_encoder, main
from experiments.universal_vs_category.runs import (
    CONTINUED,
    EACH,
    FINE_TUNED,
    FOR_ALL,
    HALF,
    SCRATCH,
    STAGES,
    ComparisonConfig,
    plan,
)
from experiments.universal_vs_category.scores import (
    GRAY,
    ROUTED,
    TINT,
    UNSURE,
    by_method,
    load_test_photos,
)
from experiments.universal_vs_category.tables import gains, levels
from pipeline.colorizer import Colorizer
from pipeline.engine.bundle_file import read_bundle
from tests.notebooks import make_05
from training.runs import read_config

CATEGORIES = ["beach", "forest", "fruit"]
PAIR = ["method", "reference", "category", "seed"]


@pytest.fixture(scope="module")
def config(packed_photos):
    return ComparisonConfig(
        packed_dir=packed_photos,
        runs_dir=packed_photos / "nowhere",
        architecture="encoder_decoder",
        photos=1000,
        size=32,
        seed_category="beach",
    )


@pytest.fixture(scope="module")
def finished(results_of):
    """The folder in which the command was given once; read only."""
    return results_of("05")


@pytest.fixture(scope="module")
def two_packed(finished):
    """The packed photos of two categories; read only."""
    return finished / "two"


@pytest.fixture(scope="module")
def options(finished, tiny_bundle):
    """What makes the command quick, but where its results go."""
    return make_05.options(finished, tiny_bundle)


@pytest.fixture(scope="module")
def tables(finished):
    stem = finished / "results" / "universal_vs_category_encoder_decoder"
    return pd.read_csv(f"{stem}.csv"), pd.read_csv(f"{stem}_gains.csv")


def _shown(network):
    run = network.training
    return run.epochs * run.steps_per_epoch * run.batch_size


@pytest.mark.parametrize("photos", [1, 1000, 25_000])
def test_every_arm_is_shown_the_same_number_of_photos(config, photos):
    config = replace(config, photos=photos)
    planned = plan(config, CATEGORIES)
    shown = {
        arm: sum(_shown(one) for one in planned if one.name == arm)
        for arm in (FOR_ALL, HALF, CONTINUED, SCRATCH, FINE_TUNED)
    }
    budget = config.budget(len(CATEGORIES))
    assert shown[FOR_ALL] == shown[SCRATCH] == budget
    assert shown[HALF] + shown[CONTINUED] == shown[HALF] + shown[FINE_TUNED] == budget
    assert abs(budget - photos) <= max(photos / 2, 2 * 3 * 25 * STAGES)


def test_the_universal_networks_see_no_other_photos_than_those_of_categories(
    config, packed_photos, tmp_path
):
    packed = shutil.copytree(packed_photos, tmp_path / "packed")
    (packed / "any").mkdir()
    np.save(packed / "any" / "train.npy", np.zeros((5, 256, 256, 3), np.uint8))
    config = replace(config, packed_dir=packed, runs_dir=tmp_path)
    planned = {(one.name, one.category): one for one in plan(config, CATEGORIES)}
    assert all(one.training.categories_only for one in planned.values())
    one_step = {"epochs": 1, "steps_per_epoch": 1, "batch_size": 2}
    short = replace(planned[FOR_ALL, UNIVERSAL].training, **one_step)
    train(short)
    assert read_config(short.run_dir)["photos"] == 24  # those of `any` would make it 29


def test_a_network_counts_the_photos_of_the_one_it_starts_from(config):
    budget = config.budget(3)
    planned = {(one.name, one.category): one for one in plan(config, CATEGORIES)}
    assert planned[FOR_ALL, UNIVERSAL].photos == planned[CONTINUED, UNIVERSAL].photos == budget
    assert planned[SCRATCH, "fruit"].photos == budget // 3
    assert planned[FINE_TUNED, "fruit"].photos == budget // 2 + budget // 6
    assert planned[EACH, "beach"].photos == budget
    assert planned[FINE_TUNED, "fruit"].training.init == planned[HALF, UNIVERSAL].training.run_dir
    assert planned[CONTINUED, UNIVERSAL].training.init == planned[HALF, UNIVERSAL].training.run_dir
    assert planned[SCRATCH, "fruit"].training.init is None


def test_a_network_is_planned_after_the_one_it_starts_from(config):
    planned = plan(replace(config, seeds=3, seed_universal=True), CATEGORIES)
    folders = [one.training.run_dir for one in planned]
    assert len(set(folders)) == len(folders)
    for place, one in enumerate(planned):
        if one.training.init is not None:
            assert one.training.init in folders[:place]


def test_only_the_category_of_the_seeds_has_several(config):
    planned = plan(replace(config, seeds=3), CATEGORIES)
    seeds = {}
    for one in planned:
        seeds.setdefault((one.name, one.category), []).append(one.seed)
    assert seeds[SCRATCH, "beach"] == seeds[FINE_TUNED, "beach"] == [0, 1, 2]
    assert seeds[SCRATCH, "fruit"] == seeds[FOR_ALL, UNIVERSAL] == seeds[EACH, "beach"] == [0]
    assert (EACH, "fruit") not in seeds
    generous = plan(replace(config, generous=True), CATEGORIES)
    assert [one.category for one in generous if one.name == EACH] == CATEGORIES


def test_the_seeds_need_a_packed_category(config):
    with pytest.raises(ConfigError, match="no packed photos of 'castle'"):
        plan(replace(config, seed_category="castle"), CATEGORIES)


def test_the_encoder_is_that_of_the_bundles_router(tiny_bundle):
    bundle = read_bundle(tiny_bundle)
    assert find_encoder(bundle, "encoder_decoder") is None
    assert find_encoder(bundle, "shared_encoder") == tiny_bundle / "training" / "router.npz"


def test_oracle_and_real_routing_differ_by_the_choice_alone(tiny_bundle, packed_photos):
    router = Colorizer(tiny_bundle)
    photos = load_test_photos(packed_photos, CATEGORIES, 32, router)
    photos = replace(
        photos,
        categories=np.array(["a", "a", "b"]),
        first=np.array(["a", "b", "b"]),
        chosen=np.array([UNIVERSAL, "b", "b"]),
    )
    rows = [(0, "a", FINE_TUNED, "a", 21.0), (1, "a", FINE_TUNED, "a", 22.0),
            (1, "a", FINE_TUNED, "b", 18.0), (2, "b", FINE_TUNED, "b", 23.0),
            (0, "a", CONTINUED, UNIVERSAL, 20.0), (1, "a", CONTINUED, UNIVERSAL, 20.0),
            (2, "b", CONTINUED, UNIVERSAL, 20.0)]  # fmt: skip
    scores = pd.DataFrame(rows, columns=["photo", "category", "arm", "network", "psnr_db"])
    scores = scores.assign(seed=0, ssim=1.0, colorfulness=1.0, loss=0.0)
    psnr = by_method(scores, photos).pivot(index="photo", columns="method", values="psnr_db")
    assert list(psnr[FINE_TUNED]) == [21, 22, 23]
    assert list(psnr[ROUTED]) == [21, 18, 23]
    assert list(psnr[UNSURE]) == [20, 18, 23]
    assert list(psnr[CONTINUED]) == [20, 20, 20]


def test_the_router_is_asked_once_for_each_test_photo(tiny_bundle, packed_photos):
    router = Colorizer(tiny_bundle)
    photos = load_test_photos(packed_photos, CATEGORIES, 32, router)
    assert photos.rgb.shape == (6, 32, 32, 3)
    assert list(photos.categories) == [one for one in CATEGORIES for _ in range(2)]
    rgb = np.asarray(load_test(packed_photos, "forest")[1])
    ranking = encode_photo(router, rgb).ranking
    assert photos.first[3] == ranking[0][0]
    is_sure = ranking[0][1] >= router.bundle.fallback_threshold
    assert photos.chosen[3] == (ranking[0][0] if is_sure else UNIVERSAL)
    known = load_test_photos(packed_photos, ["fruit"], 32, router)
    assert list(known.first) == ["fruit", "fruit"]  # of what was not trained it is never asked


def test_a_gain_is_paired_and_its_interval_contains_the_mean():
    rng = np.random.default_rng(0)
    level = rng.normal(20, 5, 100)  # photos differ far more than methods do
    gain = rng.normal(0.3, 0.2, 100)
    table = gains(_scores({(FOR_ALL, 0): level, (SCRATCH, 0): level + gain}))
    (row,) = table[table["category"] == "all"].to_dict("records")
    assert (row["method"], row["reference"], row["n"]) == (SCRATCH, FOR_ALL, 100)
    assert row["gain_db"] == pytest.approx(gain.mean(), abs=1e-3)
    assert 0.2 < row["low"] < row["gain_db"] < row["high"] < 0.4
    parts = table[table["category"] != "all"]
    assert np.average(parts["gain_db"], weights=parts["n"]) == pytest.approx(row["gain_db"])


def test_seeds_give_a_mean_and_a_spread():
    level = np.full(100, 20.0)
    tuned = {(FINE_TUNED, seed): level[:50] + seed for seed in (1, 2)}
    table = gains(_scores({(FOR_ALL, 0): level, (FINE_TUNED, 0): level, **tuned}))
    of_a = table[table["category"] == "a"].set_index("seed")
    assert [of_a.loc[seed, "gain_db"] for seed in (0, 1, 2, "mean")] == [0, 1, 2, 1]
    assert of_a.loc["mean", "spread_db"] == 1
    assert list(table.loc[table["category"] == "all", "seed"]) == [0]  # the others are of one


def _scores(psnr):
    """Photos 0 to 99, the first fifty of category a."""
    parts = [
        pd.DataFrame({"psnr_db": values, "method": method, "seed": seed})
        for (method, seed), values in psnr.items()
    ]
    table = pd.concat(parts).rename_axis("photo").reset_index()
    table["category"] = np.where(table["photo"] < 50, "a", "b")
    return table.assign(ssim=1.0, colorfulness=1.0, loss=0.0)


def test_levels_over_all_need_photos_of_all():
    table = levels(_scores({(FOR_ALL, 0): np.ones(100), (EACH, 0): np.ones(50)}))
    assert list(table.loc[table["method"] == FOR_ALL, "category"]) == ["all", "a", "b"]
    assert list(table.loc[table["method"] == EACH, "category"]) == ["a"]


def test_the_command_measures_every_method_at_its_cost(tables):
    table, _ = tables
    over_all = table[(table["category"] == "all") & (table["seed"] == 0)].set_index("method")
    named = {GRAY, TINT, FOR_ALL, CONTINUED, SCRATCH, FINE_TUNED, ROUTED, UNSURE}
    assert set(over_all.index) == named
    assert set(over_all["n"]) == {4}
    costs = over_all.drop([GRAY, TINT])
    assert set(costs["photos_in_all"]) == {64}
    assert costs.loc[SCRATCH, "photos_per_network"] == 32
    assert costs.loc[FINE_TUNED, "photos_per_network"] == 48
    assert set(table.loc[table["method"] == EACH, "photos_in_all"]) == {128}
    assert (table["psnr_db_low"] <= table["psnr_db"] + 1e-4).all()
    assert (table["psnr_db_high"] >= table["psnr_db"] - 1e-4).all()


def test_a_level_is_that_of_the_categorys_own_network(tables, finished, packed_photos):
    folder = finished / "runs" / "encoder_decoder" / "64_photos_32px" / "fine_tuned" / "fruit_0"
    rgb = shrink(load_test(packed_photos, "fruit"), 32)
    network = open_network("encoder_decoder", folder / f"epoch_{STAGES:04d}.keras", rgb)
    mean = np.mean([one["psnr_db"] for one in score_all(rgb, predict(network, rgb))])
    table, _ = tables
    row = table[(table["method"] == FINE_TUNED) & (table["category"] == "fruit")]
    assert row["psnr_db"].item() == pytest.approx(mean, abs=1e-3)


def test_gains_are_differences_of_levels(tables):
    table, found = tables
    level = table.set_index(["method", "category", "seed"])["psnr_db"]
    gain = found.set_index(PAIR)["gain_db"]
    for method, reference in ((SCRATCH, FOR_ALL), (FINE_TUNED, CONTINUED), (ROUTED, FINE_TUNED)):
        difference = level[method, "all", 0] - level[reference, "all", 0]
        assert gain[method, reference, "all", "0"] == pytest.approx(difference, abs=1e-3)
    seeds = found[(found["method"] == FINE_TUNED) & (found["category"] == "beach")]
    assert set(seeds["seed"]) == {"0", "1", "mean"}


def test_a_second_run_only_measures(options, finished, tmp_path, capsys):
    histories = sorted(finished.glob("runs/**/history.csv"))
    before = [path.stat().st_mtime_ns for path in histories]
    assert main([*options, *make_05.places(finished), "--results-dir", str(tmp_path)]) == 0
    assert len(before) == 3 + 2 * 2 + 1 + 2
    assert [path.stat().st_mtime_ns for path in histories] == before
    assert capsys.readouterr().err.count("already trained") == len(before)
    for name in (
        "universal_vs_category_encoder_decoder.csv",
        "universal_vs_category_encoder_decoder_gains.csv",
    ):
        assert (tmp_path / name).read_text() == (finished / "results" / name).read_text()
    assert (tmp_path / "universal_vs_category_encoder_decoder.png").stat().st_size > 10_000


def test_a_category_without_test_photos_is_told_before_training(
    options, two_packed, tmp_path, capsys
):
    shutil.copytree(two_packed, tmp_path / "packed")
    path = tmp_path / "packed" / "fruit" / "test.npy"
    np.save(path, np.load(path)[:0])
    places = [*make_05.places(tmp_path), "--packed-dir", str(tmp_path / "packed")]
    assert main([*options, *places]) == 1
    assert "no test photos of 'fruit'" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
    with pytest.raises(DataError, match="no test photos of 'fruit'"):
        load_test(tmp_path / "packed", "fruit")
