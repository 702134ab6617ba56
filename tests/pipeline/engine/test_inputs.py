import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.engine.inputs import blend, predict_ab, with_mirrors

chrominance = arrays(np.float32, (3, 4, 2), elements=st.floats(-1, 1, width=32))


def test_a_photo_and_its_mirror_image_make_a_batch():
    lum = np.random.default_rng(0).random((8, 16, 1), dtype=np.float32)
    batch = with_mirrors([lum])
    np.testing.assert_array_equal(batch[0], lum)
    np.testing.assert_array_equal(batch[1], np.fliplr(lum))


def test_a_network_that_works_pixel_by_pixel_is_not_changed_by_the_mirror():
    lum = np.random.default_rng(0).random((8, 16, 1), dtype=np.float32)
    inputs = [with_mirrors([lum])]
    (ab,) = predict_ab(inputs, lambda inputs: [np.concatenate([inputs[0], -inputs[0]], axis=-1)])
    np.testing.assert_array_equal(ab, np.concatenate([lum, -lum], axis=-1))


def test_the_prediction_of_a_mirrored_photo_is_the_mirrored_prediction():
    lum = np.random.default_rng(0).random((8, 16, 1), dtype=np.float32)

    def leaning(inputs):  # a network that paints the left side red, whatever it sees
        (batch,) = inputs
        slope = np.linspace(1, 0, batch.shape[2], dtype=np.float32)[None, None, :, None]
        return [np.concatenate([batch * slope, batch], axis=-1)]

    (there,) = predict_ab([with_mirrors([lum])], leaning)
    (back,) = predict_ab([with_mirrors([np.fliplr(lum)])], leaning)
    np.testing.assert_allclose(np.fliplr(back), there, atol=1e-6)


def test_feature_maps_are_handed_on_in_their_order():
    features = [np.full((2, 2, 2, 1), value, np.float32) for value in (0.25, 0.5)]
    (ab,) = predict_ab(features, lambda inputs: [np.concatenate(inputs, axis=-1)])
    assert ab[0, 0].tolist() == [0.25, 0.5]


@given(arrays(np.float32, (2, 3, 4, 2), elements=st.floats(-1e6, 1e6, width=32)))
def test_chrominance_is_held_within_its_range(raw):
    (ab,) = predict_ab([], lambda _: [raw])
    assert np.abs(ab).max() <= 1
    mean = (raw[0] + np.fliplr(raw[1])) / 2
    inside = np.abs(mean) <= 1
    np.testing.assert_array_equal(ab[inside], mean[inside])


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
