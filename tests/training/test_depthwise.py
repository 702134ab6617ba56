import keras
import numpy as np
import pytest
import tensorflow as tf

from training.depthwise import quicken_gradients

SHAPE = (2, 12, 8, 6)


def network_of(side: int, stride: int, **settings) -> keras.Model:
    given = keras.Input((*SHAPE[1:3], SHAPE[3]))
    convolution = keras.layers.DepthwiseConv2D(side, stride, padding="same", **settings)
    inner = keras.Model(given, convolution(given))
    outer = keras.Input((*SHAPE[1:3], SHAPE[3]))
    return keras.Model(outer, inner(outer))


def gradients_of(network: keras.Model, x: np.ndarray) -> list[np.ndarray]:
    """Of output, input, kernel and bias, for a sum that weighs every output in another way."""
    given = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(given)
        y = network(given)
        weights = np.random.default_rng(1).normal(size=y.shape).astype(np.float32)
        total = tf.reduce_sum(y * weights)
    variables = [one.value for one in network.trainable_variables]
    return [np.asarray(one) for one in [y, *tape.gradient(total, [given, *variables])]]


@pytest.mark.parametrize("side", [3, 5])
@pytest.mark.parametrize("stride", [1, 2])
def test_the_gradients_are_those_of_tensorflow(side, stride):
    rng = np.random.default_rng(0)
    network = network_of(side, stride, bias_initializer="random_normal")
    x = rng.normal(size=SHAPE).astype(np.float32)
    usual = gradients_of(network, x)
    assert quicken_gradients(network) == 1
    for ours, theirs in zip(gradients_of(network, x), usual, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.parametrize(
    "settings", [{"activation": "relu"}, {"use_bias": False}, {"depth_multiplier": 2}]
)
def test_other_convolutions_are_left_alone(settings):
    assert quicken_gradients(network_of(3, 1, **settings)) == 0


def test_an_odd_side_is_convolved_as_before():
    given = keras.Input((None, None, 4))
    network = keras.Model(given, keras.layers.DepthwiseConv2D(3, 2, padding="same")(given))
    x = np.random.default_rng(0).normal(size=(1, 7, 9, 4)).astype(np.float32)
    before = np.asarray(network(x))
    quicken_gradients(network)
    np.testing.assert_allclose(np.asarray(network(x)), before, atol=1e-6)


def test_a_checkpoint_of_it_loads_with_keras_alone(tmp_path):
    network = network_of(5, 2)
    quicken_gradients(network)
    network.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    x = np.ones(SHAPE, np.float32)
    np.testing.assert_array_equal(np.asarray(loaded(x)), np.asarray(network(x)))
