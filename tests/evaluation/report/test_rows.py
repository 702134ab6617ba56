import numpy as np
import pytest

from evaluation.harness import TRUTH
from evaluation.report.hues import SECTORS
from evaluation.report.measure import GRAY, METHODS, PhotoFigures
from evaluation.report.prints import TREATMENTS
from evaluation.report.rows import Table, all_rows, table_of

CATEGORIES = ("beach", "forest")
MODES = ("faithful", "vivid")


def photo(
    category: str,
    gain: float,
    *,
    near: int = 6,
    sure: float = 0.9,
    features: list[np.ndarray] | None = None,
) -> PhotoFigures:
    """A photo of 20 dB in gray, so much nearer to the truth in every way to colour it."""
    sectors = len(SECTORS)
    score = {"psnr_db": 20 + gain, "ssim": 0.9 + gain / 100, "colorfulness": 30.0}
    gray = {"psnr_db": 20.0, "ssim": 0.9, "colorfulness": 0.0}
    truth = {"psnr_db": np.inf, "ssim": 1.0, "colorfulness": 60.0}
    other = CATEGORIES[category == CATEGORIES[0]]
    return PhotoFigures(
        category=category,
        scores={**dict.fromkeys([*METHODS, *MODES], score), GRAY: gray, TRUTH: truth},
        prints_db=dict.fromkeys(TREATMENTS, 19.5 + gain),
        near_px=np.full(sectors, near),
        seen_px=np.full(sectors, 10),
        ranking={category: sure, other: 1 - sure},
        reference=category,
        features=features,
    )


@pytest.fixture
def table() -> Table:
    photos = [photo("beach", 2.0), photo("beach", 4.0), photo("forest", -2.0, near=0, sure=0.1)]
    return table_of(photos, CATEGORIES, MODES)


def values(table: Table) -> dict[str, float]:
    return {row.measure: row.value for row in all_rows(table, CATEGORIES, 1.0)}


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        ("PSNR (dB) over gray, routed, over photos", 4 / 3),
        ("PSNR (dB) over gray, routed, over categories", 0.5),
        ("PSNR (dB) over gray, routed, photos of beach", 3.0),
        ("PSNR (dB), routed less universal, over photos", 0.0),
        ("SSIM over gray, universal, over categories", 0.005),
        ("colorfulness as a share of the originals', vivid", 0.5),
        ("photos further from the truth than gray", 1 / 3),
        ("photos further from the truth than gray by more than 1 dB", 1 / 3),
        ("px within 30 degrees of the true hue, faithful, all hues", 0.4),
        ("router, top-1, over photos", 2 / 3),
        ("router, top-1, over categories", 0.5),
        ("router, top-3, over categories", 1.0),
        ("router, calibration error after the temperature", 0.9 - 2 / 3),
        ("router, same best category as the reference's", 2 / 3),
        ("old prints, loss (dB), grain of sigma 12, over photos", 0.5),
    ],
)
def test_a_row_says_what_was_measured(table, measure, value):
    assert values(table)[measure] == pytest.approx(value)


def test_values_lie_within_their_intervals(table):
    for row in all_rows(table, CATEGORIES, 1.0):
        if not np.isnan(row.low):
            assert row.low - 1e-9 <= row.value <= row.high + 1e-9, row.measure


def test_no_measure_stands_twice(table):
    names = [row.measure for row in all_rows(table, CATEGORIES, 1.0)]
    assert len(names) == len(set(names))


def test_without_features_nothing_is_judged(table):
    assert not [name for name in values(table) if "judge" in name or "Frechet" in name]


def test_with_features_a_mode_like_the_truth_is_not_told_from_it_and_another_is():
    drawn = np.random.default_rng(0).normal(size=(12, 3, 6))
    drawn[:, 1] = drawn[:, 0]
    drawn[:, 2] = drawn[:, 0] + 20
    judged = values(
        table_of(
            [photo("beach", 1.0, features=[one[:, :2], one]) for one in drawn], CATEGORIES, MODES
        )
    )
    assert judged["judge, accuracy on faithful"] == 0.5
    assert judged["judge, accuracy on vivid"] == 1
    same = "Frechet distance of the true photos from the same as predicted"
    assert judged[f"{same}, faithful"] == pytest.approx(0, abs=1e-6)
    assert judged[f"{same}, vivid"] == pytest.approx(6 * 20**2)
