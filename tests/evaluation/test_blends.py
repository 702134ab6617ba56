import numpy as np
import pandas as pd
import pytest

from evaluation.blends import (
    BEST_ALONE,
    UNIVERSAL_ALONE,
    WAYS,
    Measured,
    Way,
    category_mean,
    choose_threshold,
    choose_way,
    main,
    summarize,
)
from evaluation.figures import blends_figure

THREE = Way(top=3, universal_rest=False)


def measured(gains, colorfulness=None, confidence: float | np.ndarray = 0.9, noise=0.01):
    """300 photos on which each way gains so many dB (or (300,) of them) over the best alone."""
    rng = np.random.default_rng(0)
    psnr = rng.normal(22, 3, (300, 1)) + rng.normal(0, noise, (300, len(WAYS)))
    for way, gain in gains.items():
        psnr[:, WAYS.index(way)] += gain
    colorful = np.full((300, len(WAYS)), 30.0)
    for way, value in (colorfulness or {}).items():
        colorful[:, WAYS.index(way)] = value
    return Measured(
        labels=np.arange(300) % 3,
        confidence=np.broadcast_to(confidence, 300),
        psnr_db=psnr,
        colorfulness=colorful,
        n_colorizers=np.ones_like(psnr),
    )


def test_a_blend_that_gains_is_chosen():
    assert choose_way(measured({THREE: 0.1})) == THREE


def test_a_gain_within_the_noise_is_left_for_the_simplest():
    assert choose_way(measured({THREE: 0.03}, noise=1.0)) == BEST_ALONE


def test_a_blend_that_fades_is_not_chosen():
    assert choose_way(measured({THREE: 0.1}, {THREE: 28.0})) != THREE
    assert choose_way(measured({THREE: 0.1}, {THREE: 29.5})) == THREE


def test_the_universal_colorizer_alone_is_no_way_to_route():
    assert choose_way(measured({UNIVERSAL_ALONE: 5.0})).top >= 1


def test_unsure_photos_go_to_the_universal_colorizer_where_that_gains():
    confidence = np.linspace(0, 1, 300)
    gains = np.where(confidence < 0.5, 0.4, -0.4)
    assert (
        choose_threshold(measured({UNIVERSAL_ALONE: gains}, confidence=confidence), BEST_ALONE)
        == 0.5
    )
    assert (
        choose_threshold(measured({UNIVERSAL_ALONE: -0.4}, confidence=confidence), BEST_ALONE) == 0
    )


def test_a_gain_of_the_threshold_within_the_noise_is_none():
    found = measured({UNIVERSAL_ALONE: -0.05}, confidence=np.linspace(0, 1, 300), noise=1.0)
    assert choose_threshold(found, BEST_ALONE) == 0


def test_each_category_counts_the_same():
    mean, error = category_mean(np.array([1.0, 3.0, 10.0]), np.array([0, 0, 1]))
    assert mean == pytest.approx((2 + 10) / 2)
    assert error == pytest.approx(np.sqrt(2 * (1 / 4) ** 2))


def test_the_standard_error_is_the_spread_of_the_mean():
    rng = np.random.default_rng(3)
    labels = np.repeat([0, 1], [400, 100])
    draws = [category_mean(rng.normal(0, 2, 500), labels) for _ in range(300)]
    means, errors = np.transpose(draws)
    assert errors.mean() == pytest.approx(means.std(), rel=0.15)


def test_the_table_counts_gains_from_the_best_category_alone():
    table = summarize(measured({THREE: 0.1}))
    three = table[(table["top"] == 3) & ~table["universal_rest"]].iloc[0]
    assert three["gain_db"] == pytest.approx(0.1, abs=0.01)
    assert list(table[table["is_chosen"]]["top"]) == [3]
    assert len(table) == len(WAYS) == 11


def test_the_figure_rings_what_is_chosen():
    figure = blends_figure(summarize(measured({THREE: 0.1})))
    left, right = figure.axes
    for axis in (left, right):
        assert axis.get_xlabel() == "categories blended"
        (place,) = np.asarray(axis.collections[-1].get_offsets())[:, 0]
        assert place == pytest.approx(3, abs=0.1)
    assert left.get_ylabel().endswith("in dB")
    assert right.get_ylabel() == "colorfulness (no unit)"


def test_the_command_writes_a_table_and_a_figure(tiny_bundle, packed_photos, tmp_path, capsys):
    options = ["--models", str(tiny_bundle), "--packed-dir", str(packed_photos)]
    assert main([*options, "--results-dir", str(tmp_path)]) == 0
    written = [str(tmp_path / f"blends{suffix}") for suffix in (".csv", ".png")]
    assert capsys.readouterr().out.split() == written
    table = pd.read_csv(written[0])
    assert set(table["n"]) == {6}
    assert table["is_chosen"].sum() == 1
    alone = table[(table["top"] == 1) & ~table["universal_rest"]].iloc[0]
    assert (alone["gain_db"], alone["n_colorizers"]) == (0, 1)
