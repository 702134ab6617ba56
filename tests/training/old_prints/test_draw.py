import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.augment import Augmentation
from training.old_prints.draw import draw_rows
from training.old_prints.fields import FIELDS, OldPrint, rows_of

SOUND = rows_of(OldPrint())


@given(st.integers(0, 2**32), st.floats(0.01, 1))
def test_old_prints_change_nothing_else_that_is_drawn(seed, share):
    plain = Augmentation(smallest_px=100, gamma_jitter=0.3)
    old = Augmentation(smallest_px=100, gamma_jitter=0.3, old_prints=share, crop_px=32)
    expected, drawn, again = (one.draw(np.random.default_rng(seed), 5) for one in (plain, old, old))
    assert list(expected) == ["crops", "tone_curves"]
    assert list(drawn) == ["crops", "tone_curves", "prints", "grain"]
    for name, values in expected.items():
        np.testing.assert_array_equal(values, drawn[name])
    for name, values in drawn.items():
        np.testing.assert_array_equal(values, again[name])
    assert (drawn["prints"].shape, drawn["prints"].dtype) == ((5, len(FIELDS)), np.float32)
    assert (drawn["grain"].shape, drawn["grain"].dtype) == ((5, 32, 32), np.float32)


@pytest.mark.parametrize("share", [0, 0.3, 1])
def test_as_many_photos_as_asked_for_become_old_prints(share):
    rows = draw_rows(np.random.default_rng(0), 4000, share)
    assert (rows != SOUND).any(axis=1).mean() == pytest.approx(share * 0.97, abs=0.03)


def test_every_fault_occurs_and_stays_in_its_range():
    rows = draw_rows(np.random.default_rng(0), 4000, 1)
    of = dict(zip(FIELDS, rows.T, strict=True))
    assert all((of[name] != SOUND[0, i]).any() for i, name in enumerate(FIELDS))
    np.testing.assert_allclose(of["red"] + of["green"] + of["blue"], 1, atol=1e-4)
    assert of["red"].min() == 0  # as no panchromatic film
    assert (of["grain"] * 255).max() <= 14.001
    assert of["blur_px"].max() <= 2
    assert of["reduction"].min() == 1
    assert (of["darkest"] < of["brightest"]).all()
    quality = of["jpeg_quality"][of["jpeg_quality"] > 0]
    assert quality.min() >= 15
    assert quality.max() <= 100
