import shutil
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from basics.errors import ConfigError
from colorizers.config import UNIVERSAL
from colorizers.models.film_encoder import Film
from colorizers.told import CATEGORY
from evaluation.harness import packed_photos
from experiments.category_forms.__main__ import main
from experiments.category_forms.figure import forms_figure
from experiments.category_forms.mean_ab import choose_factor, mean_errors
from experiments.category_forms.photos import (
    ALL,
    BEST,
    FIRST,
    TRUE,
    RoutedPhotos,
    load_photos,
    run_router,
)
from experiments.category_forms.predictions import (
    WAYS,
    by_category_input,
    by_constant,
    by_decoders,
    iter_predictions,
)
from experiments.category_forms.runs import (
    DECODER,
    FILM,
    FORMS,
    LAST_STAGE,
    MEAN_AB,
    STAGES,
    FormsConfig,
    plan,
    require_known,
)
from experiments.category_forms.tables import DESIGN, METHODS, choose, tables_of
from imaging.lab import split_lab
from tests.drawing import CATEGORIES, draw_photo
from training.checkpoints import load_checkpoint

CONFIDENCES = np.array([[0.5, 0.3, 0.15, 0.05], [0.1, 0.2, 0.3, 0.4]])
NAMES = ("beach", "bus", "forest", "fruit")


@pytest.fixture
def config(packed_photos, tmp_path) -> FormsConfig:
    return FormsConfig(
        universal=Path("universal"),
        architecture="quarter_encoder",
        backbone="efficientnet_lite0",
        packed_dir=packed_photos,
        runs_dir=tmp_path,
        photos=12_800,
        size=128,
        batch_size=16,
        smallest_px=150,
        policy="float32",
    )


@pytest.fixture(scope="module")
def photos() -> RoutedPhotos:
    """Two photos of 32 px; the router is right about the second."""
    rgb = np.stack([draw_photo(one, 0)[:32, :32] for one in ("beach", "fruit")])
    return RoutedPhotos(rgb=rgb, labels=np.array([1, 3]), categories=NAMES, confidences=CONFIDENCES)


def constant(ab: tuple[float, float]) -> keras.Model:
    """A network that predicts one chrominance everywhere."""
    lightness = keras.Input((None, None, 1))
    layer = keras.layers.Conv2D(2, 1, kernel_initializer="zeros")
    network = keras.Model(lightness, layer(lightness))
    layer.bias.assign(ab)
    return network


def of_photo(form, ways, photos, number) -> dict[str, np.ndarray]:
    """By way, the mean ab of one of the photos."""
    ((_, by_way),) = iter_predictions(form, ways, photos)
    return {way: ab[number].mean(axis=(0, 1)) for way, ab in by_way.items()}


@pytest.mark.parametrize("n_photos", [1, 1000, 12_800])
def test_every_form_is_shown_the_same_number_of_photos(config, n_photos):
    config = replace(config, photos=n_photos)
    for form in (UNIVERSAL, DECODER, FILM, LAST_STAGE):
        networks = plan(config, form, NAMES, seed=0)
        runs = [one.training for one in networks]
        shown = [one.epochs * one.steps_per_epoch * one.batch_size for one in runs]
        assert sum(shown) == sum(one.photos for one in networks) == config.budget(4)
        assert {one.init for one in runs} == {config.universal}
        assert not any(one.train_encoder for one in runs)
    assert plan(config, MEAN_AB, NAMES, seed=0) == []


def test_forms_differ_in_what_is_told_and_in_what_learns_and_seeds_in_their_folders(config):
    film, untold, own, last = (
        plan(config, form, NAMES, seed=0)[0].training
        for form in (FILM, UNIVERSAL, DECODER, LAST_STAGE)
    )
    assert film.architecture == "film_quarter_encoder"
    assert untold.architecture == own.architecture == last.architecture == "quarter_encoder"
    assert (own.last_stages, last.last_stages) == (0, 1)
    assert {one.backbone for one in (film, untold, own, last)} == {"efficientnet_lite0"}
    folders = [
        one.training.run_dir
        for seed in range(2)
        for form in (UNIVERSAL, *FORMS)
        for one in plan(config, form, NAMES, seed)
    ]
    assert len(set(folders)) == len(folders) == 2 * (1 + 4 + 1 + 4)


def test_the_weights_of_short_runs_are_not_averaged(config):
    long, short = (
        plan(replace(config, photos=n), DECODER, NAMES, seed=0)[0].training for n in (12_800, 500)
    )
    assert long.average == pytest.approx(1 - 1 / (0.1 * 200))
    assert short.average == 0


def test_a_network_that_has_no_told_form_is_refused():
    assert require_known("shared_encoder", Path("run")) == "shared_encoder"
    with pytest.raises(
        ConfigError, match=r"no network like 'encoder_decoder' is told\n.*run\n.*quarter"
    ):
        require_known("encoder_decoder", Path("run"))


def test_the_category_is_known_truly_by_one_choice_by_three_or_by_all_confidences(photos):
    known = {way: one[0].tolist() for way, one in photos.known.items()}
    assert known[TRUE] == [0, 1, 0, 0]
    assert known[FIRST] == [1, 0, 0, 0]
    assert known[BEST] == pytest.approx([0.5 / 0.95, 0.3 / 0.95, 0.15 / 0.95, 0])
    assert known[ALL] == pytest.approx(CONFIDENCES[0])
    other = replace(photos, confidences=CONFIDENCES[::-1])
    assert other.fingerprint != photos.fingerprint


def test_decoders_are_blended_by_what_is_known_and_a_constant_is_added_by_it(photos):
    tints = np.array([[0.1, 0], [0.2, 0], [0, 0.1], [0, 0.2]])
    decoders = by_decoders([constant(tuple(tint)) for tint in tints])
    shifted = by_constant(constant((0.05, 0.05)), tints)
    for number in (0, 1):
        found = of_photo(decoders, WAYS[DECODER], photos, number)
        added = of_photo(shifted, WAYS[MEAN_AB], photos, number)
        for way in WAYS[DECODER]:
            expected = photos.known[way][number] @ tints
            np.testing.assert_allclose(found[way], expected, atol=1e-5)
            np.testing.assert_allclose(added[way] - 0.05, expected, atol=1e-5)


def test_a_told_network_is_given_what_is_known_and_zeros_where_that_is_nothing(photos):
    lightness, category = keras.Input((None, None, 1)), keras.Input((4,), name=CATEGORY)
    x = keras.layers.Concatenate()([lightness, lightness])
    film = Film(category)
    network = keras.Model([lightness, category], film(x))
    shift = network.get_layer("film_shift_1").kernel
    shift.assign(np.repeat([[0.1], [0.2], [0.3], [0.4]], 2, axis=1))
    found = of_photo(by_category_input(network), WAYS[FILM], photos, 0)
    base = found.pop("nothing")
    for way, ab in found.items():
        np.testing.assert_allclose(
            ab - base, photos.known[way][0] @ [0.1, 0.2, 0.3, 0.4], atol=1e-5
        )


def test_the_constant_of_a_category_is_what_its_training_photos_have_beyond_the_prediction(
    packed_photos,
):
    gray, tinted = (
        mean_errors(constant(ab), packed_photos, CATEGORIES, 32) for ab in ((0, 0), (0.1, -0.1))
    )
    assert np.abs(gray).max() > 0.05  # the drawn photos have colours
    np.testing.assert_allclose(gray - tinted, np.tile([0.1, -0.1], (3, 1)), atol=1e-5)
    rgb = np.stack([draw_photo(one, 0)[:64, :64] for one in CATEGORIES])
    truth = split_lab(rgb)[1].mean(axis=(1, 2))
    eye = np.eye(3)
    photos = RoutedPhotos(rgb=rgb, labels=np.arange(3), categories=CATEGORIES, confidences=eye)
    assert choose_factor(constant((0, 0)), truth, photos) == 1
    assert choose_factor(constant((0, 0)), -truth, photos) == 0


def test_a_classifier_is_asked_at_its_own_size_and_what_it_alone_knows_is_left_out(
    packed_photos, tiny_runs
):
    router = run_router(tiny_runs / "classifier" / "mobilenet_v2")
    given = packed_photos, ["beach", "fruit"], "val", 32, router
    photos = load_photos(*given)
    assert photos.rgb.shape == (4, 32, 32, 3)
    assert photos.labels.tolist() == [0, 0, 1, 1]
    np.testing.assert_allclose(photos.confidences.sum(axis=1), 1)
    confidences, known = router(packed_photos_of(packed_photos))
    both = confidences[:, [known.index("beach"), known.index("fruit")]]
    np.testing.assert_allclose(photos.confidences, both / both.sum(axis=1, keepdims=True))
    with pytest.raises(ConfigError, match="the router knows none of beach"):
        load_photos(*given[:-1], lambda photos: (np.ones((len(photos), 1)), ["dog"]))


def packed_photos_of(packed_dir):
    return packed_photos(packed_dir, ["beach", "fruit"], "val")


def scores_of(gains: dict[str, float]) -> pd.DataFrame:
    """Two seeds of forty photos on both splits; each method so much above the universal one."""
    rng = np.random.default_rng(0)
    base = rng.normal(22, 3, 40)
    tables = []
    for split in ("val", "test"):
        for seed in (0, 1):
            for method in METHODS:
                psnr = base + gains.get(method, 0.0) + rng.normal(0, 0.05, 40)
                about = {"split": split, "method": method, "seed": seed, "factor": 0.5}
                facts = {"psnr_db": psnr, "colorfulness": 30.0, "photo": np.arange(40)}
                tables.append(pd.DataFrame({**facts, **about}))
    category = np.where(np.arange(40) < 30, "beach", "bus")
    return pd.concat([one.assign(category=category) for one in tables])


def test_what_ships_is_the_decoders_unless_another_form_beats_them_beyond_its_interval(config):
    categories = ["beach", "bus"]
    even = scores_of({}).query("split == 'val' and seed == 0")
    assert choose(tables_of(even, config, categories)[1]) == DESIGN
    better = {"film, top 3": 0.2, "film, confidences": 0.3, "mean_ab, true": 1.0}
    table, gains = tables_of(scores_of(better), config, categories)
    assert choose(gains) == "film, confidences"
    rows = gains[gains["seed"].astype(str) == "mean"].set_index(
        ["split", "method", "reference", "category"]
    )
    for category in ("all", "mean of categories", "bus"):
        row = rows.loc["test", "film, confidences", "universal", category]
        assert row["gain_db"] == pytest.approx(0.3, abs=0.05)
        assert row["low"] < row["gain_db"] < row["high"]
    cost = table.set_index("method")[["networks", "photos_in_all", "photos_per_network"]]
    assert cost.loc["film, true"].iloc[0].tolist() == [1, config.budget(2), config.budget(2)]
    assert cost.loc[DESIGN].iloc[0].tolist() == [2, config.budget(2), config.budget(2) / 2]
    labels = [one.get_text() for one in forms_figure(gains).axes[0].get_yticklabels()]
    assert labels == [one for one in METHODS if one not in ("gray", "universal")]


@pytest.mark.slow
@pytest.mark.nightly
def test_the_command_trains_and_measures_each_form_once(tiny_runs, packed_photos, tmp_path, capsys):
    for name in ("beach", "fruit"):
        shutil.copytree(packed_photos / name, tmp_path / "packed" / name)
    universal = tiny_runs / "colorizers" / "shared_encoder" / "universal"
    router = tiny_runs / "classifier" / "mobilenet_v2"
    places = ["--packed-dir", tmp_path / "packed", "--runs-dir", tmp_path / "runs"]
    short = ["--photos", 32, "--batch-size", 2, "--size", 32, "--seeds", 1, "--policy", "float32"]
    given = [universal, *places, "--router", router, *short, "--results-dir", tmp_path]
    command = [str(one) for one in given]
    assert main(command) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "category_forms.png")
    table = pd.read_csv(tmp_path / "category_forms.csv")
    over_all = table[(table["category"] == "all") & (table["split"] == "test")]
    assert list(over_all["method"]) == list(METHODS)
    runs = tmp_path / "runs" / "shared_encoder" / "32_photos_32px"
    started = load_checkpoint(universal / "epoch_0001.keras").get_layer("decoder")
    ended = load_checkpoint(runs / "last_stage" / "fruit_0" / f"epoch_{STAGES:04d}.keras")
    pairs = zip(started.get_weights(), ended.get_layer("decoder").get_weights(), strict=True)
    same = [np.array_equal(*pair) for pair in pairs]
    assert sum(same) == len(same) - 7  # kernel, four of its normalization, kernel and bias of ab
    before = {one: one.stat().st_mtime_ns for one in runs.rglob("*.*")}
    assert main(command) == 0
    assert {one: one.stat().st_mtime_ns for one in runs.rglob("*.*")} == before
    assert main([*command, "--forms", "films"]) == 1
    assert "unknown form 'films'; did you mean 'film'?" in capsys.readouterr().err
