"""The network of Fig. 3: stride-2 encoder, upsampling decoder, no pooling (section IV-A)."""

import keras
from keras import layers

from training.registry import ModelSpec

ENCODER = ((64, 1), (64, 2), (128, 1), (128, 2), (256, 1), (256, 2), (512, 1))  # filters, stride
STRIDE = 8  # heights and widths must be multiples of it


def build(width: float = 1.0) -> keras.Model:
    """(N, H, W, 1) lightness -> (N, H, W, 2) ab; H and W multiples of 8.

    Relu and tanh are our choice. `width` is a factor of all filters; 1 is the paper's network.
    """
    x = lightness = keras.Input((None, None, 1), name="lightness")
    for filters, stride in ENCODER:
        x = layers.Conv2D(round(filters * width), 3, stride, padding="same", activation="relu")(x)
    for filters in (256, 128):  # (N, H/8, W/8, filters)
        x = layers.Conv2D(round(filters * width), 3, padding="same", activation="relu")(x)
    for filters in (64, 32):  # (N, H/4, W/4, 64), then (N, H/2, W/2, 32)
        x = layers.UpSampling2D()(x)
        x = layers.Conv2D(round(filters * width), 3, padding="same", activation="relu")(x)
    ab = layers.Conv2D(2, 3, padding="same", activation="tanh", dtype="float32")(x)
    ab = layers.UpSampling2D(dtype="float32", name="chrominance")(ab)  # (N, H, W, 2)
    return keras.Model(lightness, ab, name="encoder_decoder")


SPEC = ModelSpec(
    name="encoder_decoder",
    build=build,
    n_params=3_892_194,
    source="paper, Fig. 3",
    stride=STRIDE,
)
