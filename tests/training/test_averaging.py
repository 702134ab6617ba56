import keras
import numpy as np
from keras import layers

from training.averaging import batch_norms, settle_norms


def build() -> keras.Model:
    """Numbers through batch normalization, on a frozen inner network with one of its own."""
    inner = keras.Sequential([keras.Input((1,)), layers.BatchNormalization()], name="encoder")
    inner.trainable = False
    value = keras.Input((1,))
    return keras.Model(value, layers.BatchNormalization()(inner(value)))


def test_every_batch_counts_alike_in_settled_statistics():
    network = build()
    batches = [np.array([[low], [high]], np.float32) for low, high in ((0, 2), (4, 8), (3, 3))]
    settle_norms([network], iter([lambda x=one: network(x, training=True) for one in batches]))
    (norm,) = batch_norms(network)
    scale = 1 / np.sqrt(1 + norm.epsilon)  # of the inner one, whose statistics are 0 and 1
    np.testing.assert_allclose(np.asarray(norm.moving_mean), scale * (1 + 6 + 3) / 3, rtol=1e-5)
    np.testing.assert_allclose(
        np.asarray(norm.moving_variance), scale**2 * (1 + 4 + 0) / 3, rtol=1e-5
    )
    assert norm.momentum == 0.99
    np.testing.assert_array_equal(np.asarray(network.get_layer("encoder").get_weights()[2]), 0)
