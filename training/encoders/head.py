"""What replaces an encoder's top: batch normalization, dropout, dense softmax (section IV-B)."""

import keras
from keras import layers

GLOBAL = "global_features"  # the layer of a network without an encoder that sums the photo up
DROPOUT = 0.3  # ours; the paper gives no rate


def classify(top: keras.KerasTensor, n_categories: int) -> keras.KerasTensor:
    """The last feature map (N, h, w, c) -> (N, n_categories) confidences that sum to 1."""
    x = layers.GlobalAveragePooling2D()(top)
    x = layers.BatchNormalization()(x)
    x = layers.Dropout(DROPOUT)(x)
    # float32, for a softmax in bfloat16 has three digits
    return layers.Dense(n_categories, "softmax", dtype="float32", name="confidences")(x)


def build_head(features: keras.KerasTensor, n_categories: int) -> keras.Model:
    """A network of an encoder's last feature map, or of a vector, -> (N, n_categories) confidences.

    A vector passes a dense layer alone, as in Iizuka et al. 2016.
    """
    top = keras.Input(features.shape[1:], name="top")
    if len(features.shape) == 4:
        return keras.Model(top, classify(top, n_categories), name="head")
    dense = layers.Dense(n_categories, "softmax", dtype="float32", name="confidences")
    return keras.Model(top, dense(top), name="head")
