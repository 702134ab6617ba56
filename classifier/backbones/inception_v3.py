"""InceptionV3, one of the paper's candidates (section IV-B)."""

from functools import partial

import keras
from keras import layers

from classifier.backbones.backbone import Backbone, load_keras_weights, on_lightness


def prepare(lightness: keras.KerasTensor) -> keras.KerasTensor:
    """Lightness -> what ImageNet InceptionV3 was trained on: three channels, -1 to 1."""
    channels = layers.Concatenate()([lightness, lightness, lightness])
    return layers.Rescaling(2.0, offset=-1.0)(channels)


def build() -> keras.Model:
    """(N, H, W, 1) lightness -> (N, about H/32 - 2, about W/32 - 2, 2048); at least 75 px."""
    network = keras.applications.InceptionV3(
        include_top=False, weights=None, input_shape=(None, None, 3)
    )
    return on_lightness(prepare, network)


SPEC = Backbone(
    name="inception_v3",
    build=build,
    n_params=21_802_784,
    source="Szegedy et al. 2015, Table 1",
    licence="Apache-2.0",
    encoder="inception_v3",
    load_weights=partial(load_keras_weights, keras.applications.InceptionV3),
    upper="mixed7",
    smallest_px=75,
)
