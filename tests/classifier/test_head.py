from collections.abc import Iterator

import keras
import numpy as np
import pytest
from keras import layers

from classifier.head import build_classifier, take_head

LIGHTNESS = np.random.default_rng(0).random((3, 64, 96, 1), dtype=np.float32)


@pytest.fixture
def bfloat16() -> Iterator[None]:
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy("float32")


def small_encoder(*, n_maps: int) -> keras.Model:
    """(N, H, W, 1) lightness -> one feature map, or a list of them with the top last."""
    lightness = keras.Input((None, None, 1))
    maps = [layers.Conv2D(4 * (i + 1), 3, 2, padding="same")(lightness) for i in range(n_maps)]
    return keras.Model(lightness, maps if n_maps > 1 else maps[0], name="encoder")


@pytest.mark.parametrize("n_maps", [1, 3])
@pytest.mark.parametrize("n_categories", [2, 20])
def test_every_photo_gets_confidences_that_sum_to_1(n_maps, n_categories):
    classifier = build_classifier(small_encoder(n_maps=n_maps), n_categories)
    confidences = classifier.predict(LIGHTNESS, verbose=0)
    assert confidences.shape == (3, n_categories)
    assert confidences.min() >= 0
    np.testing.assert_allclose(confidences.sum(axis=1), 1, rtol=1e-5)


def test_the_top_is_replaced_by_batch_normalization_dropout_and_dense_softmax():
    classifier = build_classifier(small_encoder(n_maps=3), 6)
    kinds = [type(layer).__name__ for layer in classifier.layers[2:]]
    assert kinds == ["GlobalAveragePooling2D", "BatchNormalization", "Dropout", "Dense"]
    dense = classifier.get_layer("confidences")
    assert dense.activation is keras.activations.softmax
    assert dense.kernel.shape == (12, 6)  # the last of the feature maps is the top


@pytest.mark.usefixtures("bfloat16")
def test_confidences_keep_their_digits_under_bfloat16():
    confidences = build_classifier(small_encoder(n_maps=1), 20).predict(LIGHTNESS, verbose=0)
    assert confidences.dtype == np.float32
    np.testing.assert_allclose(confidences.sum(axis=1), 1, rtol=1e-6)


def test_a_wider_head_knows_what_the_old_one_knew():
    encoder = small_encoder(n_maps=3)
    old, new = build_classifier(encoder, 2), build_classifier(encoder, 3)
    norm = old.layers[3]
    norm.set_weights([np.full(12, value, np.float32) for value in (2, 0.5, 0.1, 3)])
    take_head(new, old, ["castle", "dog", "beach"], ["beach", "dog"])
    before, after = old.predict(LIGHTNESS, verbose=0), new.predict(LIGHTNESS, verbose=0)
    # how much more a dog than a beach: a softmax keeps the odds when a category joins
    np.testing.assert_allclose(after[:, 1] / after[:, 2], before[:, 1] / before[:, 0], rtol=1e-4)
