"""What replaces a backbone's top: batch normalization, dropout, dense softmax (section IV-B)."""

import keras
from keras import layers

DROPOUT = 0.3  # ours; the paper gives no rate


def build_classifier(encoder: keras.Model, n_categories: int) -> keras.Model:
    """(N, H, W, 1) lum -> (N, n_categories) confidences that sum to 1.

    Args:
        encoder: a backbone; its last output is averaged over the photo.
        n_categories: as many as the data has.
    """
    lum = keras.Input((None, None, 1), name="luminance")
    features = encoder(lum)
    top = features[-1] if isinstance(features, list | tuple) else features
    x = layers.GlobalAveragePooling2D()(top)
    x = layers.BatchNormalization()(x)
    x = layers.Dropout(DROPOUT)(x)
    # float32, for a softmax in bfloat16 has three digits
    confidences = layers.Dense(n_categories, "softmax", dtype="float32", name="confidences")(x)
    return keras.Model(lum, confidences, name="classifier")
