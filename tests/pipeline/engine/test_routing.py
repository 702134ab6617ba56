import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.engine.routing import rank

NAMES = ("beach", "dog", "fruit", "road")


def test_categories_are_ranked_by_confidence():
    ranking = rank(np.array([0.125, 0.5, 0.25, 0.0625], np.float32), NAMES)
    assert ranking == [("dog", 0.5), ("fruit", 0.25), ("beach", 0.125), ("road", 0.0625)]
    assert all(type(confidence) is float for _, confidence in ranking)


def test_categories_of_equal_confidence_keep_their_order():
    assert [name for name, _ in rank(np.full(4, 0.25), NAMES)] == list(NAMES)


@given(arrays(np.float32, 4, elements=st.floats(0, 1, width=32)))
def test_every_category_is_ranked_once_with_its_own_confidence(confidences):
    ranking = rank(confidences, NAMES)
    assert dict(ranking) == dict(zip(NAMES, confidences.tolist(), strict=True))
    ranked = [confidence for _, confidence in ranking]
    assert ranked == sorted(ranked, reverse=True)
