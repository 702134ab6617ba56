import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.engine.inputs import alike, blend, mean_of_views, predict_ab
from pipeline.engine.results import EncodedView
from pipeline.engine.views import BEST, ONCE
from pipeline.media.images import image_frame

chrominance = arrays(np.float32, (3, 4, 2), elements=st.floats(-1, 1, width=32))
GRAY = np.add.outer(np.arange(128) // 2, np.sqrt(np.arange(192)) * 10).astype(np.uint8)


def predicted(gray, views, network, px=64):
    """(h, w, 2) ab of a picture by a network, in these views."""
    frame, none = image_frame(gray), np.zeros(0, np.float32)
    seen = [view.lightness(frame, px) for view in views]
    encoded = [
        EncodedView(frame=frame, view=view, lightness=one, confidences=none, features=())
        for view, one in zip(views, seen, strict=True)
    ]
    return mean_of_views(encoded, [predict_ab([one[None]], network)[0] for one in seen])


def leaning(inputs):
    """A network that paints the left side red, whatever it sees."""
    slope = np.linspace(1, 0, inputs[0].shape[2], dtype=np.float32)[None, None, :, None]
    return [np.concatenate([inputs[0] * slope, inputs[0]], axis=-1)]


def by_pixel(inputs):
    """A network that looks at each pixel alone."""
    return [np.concatenate([inputs[0], -inputs[0]], axis=-1)]


def test_a_picture_that_passes_once_is_coloured_as_the_network_says():
    seen = image_frame(GRAY).seen(64)
    np.testing.assert_array_equal(predicted(GRAY, ONCE, by_pixel), np.dstack([seen, -seen]))


def test_a_network_that_looks_at_each_pixel_alone_is_not_changed_by_the_mirror():
    once, mirrored = (predicted(GRAY, views, by_pixel) for views in (ONCE, BEST[:2]))
    np.testing.assert_allclose(mirrored, once, atol=1e-6)


@pytest.mark.parametrize("px", [64, 128])
def test_the_best_colours_of_a_mirrored_picture_are_the_mirrored_ones(px):
    there, back = (predicted(one, BEST, leaning, px) for one in (GRAY, np.fliplr(GRAY)))
    np.testing.assert_allclose(np.fliplr(back), there, atol=2 / 255)  # libvips reduces otherwise
    assert there.shape == (px, px * 3 // 2, 2)
    assert not np.allclose(there, predicted(GRAY, ONCE, leaning, px), atol=0.1)


@given(st.lists(st.sampled_from("abc")))
def test_what_is_alike_is_found_together_and_nothing_is_lost(keys):
    found = alike(keys)
    assert sorted(place for places in found for place in places) == list(range(len(keys)))
    assert [{keys[place] for place in places} for places in found] == [
        {key} for key in dict.fromkeys(keys)
    ]


def test_feature_maps_are_handed_on_in_their_order():
    features = [np.full((2, 2, 2, 1), value, np.float32) for value in (0.25, 0.5)]
    ab = predict_ab(features, lambda inputs: [np.concatenate(inputs, axis=-1)])
    assert ab[1, 0, 0].tolist() == [0.25, 0.5]


@given(arrays(np.float32, (2, 3, 4, 2), elements=st.floats(-1e6, 1e6, width=32)))
def test_chrominance_is_held_within_its_range(raw):
    ab = predict_ab([], lambda _: [raw])
    assert np.abs(ab).max() <= 1
    inside = np.abs(raw) <= 1
    np.testing.assert_array_equal(ab[inside], raw[inside])


@given(chrominance, chrominance, st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_blend_lies_between_its_parts(first, second, weight, other_weight):
    ab = blend([first, second], [weight, other_weight])
    assert (ab.shape, ab.dtype) == ((3, 4, 2), np.float32)
    assert (ab >= np.minimum(first, second) - 1e-6).all()
    assert (ab <= np.maximum(first, second) + 1e-6).all()


@pytest.mark.parametrize(
    ("weights", "expected"), [((1, 1), 0.25), ((0.6, 0.2), 0.125), ((1, 0), 0.0), ((0, 5), 0.5)]
)
def test_a_blend_is_the_weighted_mean(weights, expected):
    predictions = [np.full((2, 2, 2), value, np.float32) for value in (0, 0.5)]
    np.testing.assert_allclose(blend(predictions, weights), expected, rtol=1e-6)


@given(chrominance)
def test_a_blend_of_one_is_that_one(ab):
    np.testing.assert_array_equal(blend([ab], [0.3]), ab)
