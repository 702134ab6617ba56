"""VGG19, the paper's choice (section IV-B)."""

from functools import partial

import keras
from keras import layers

from classifier.backbones.backbone import Backbone, load_keras_weights, on_lightness


def prepare(lightness: keras.KerasTensor) -> keras.KerasTensor:
    """Lightness -> what ImageNet VGG19 was trained on: BGR 0 to 255 minus the mean, all gray."""
    channels = layers.Concatenate()([lightness, lightness, lightness])
    return layers.Rescaling(255.0, offset=[-103.939, -116.779, -123.68])(channels)


def build() -> keras.Model:
    """(N, H, W, 1) lightness -> (N, H/32, W/32, 512)."""
    network = keras.applications.VGG19(include_top=False, weights=None, input_shape=(None, None, 3))
    return on_lightness(prepare, network)


SPEC = Backbone(
    name="vgg19",
    build=build,
    n_params=20_024_384,
    source="Simonyan & Zisserman 2014, configuration E",
    licence="CC-BY-4.0",
    encoder="vgg19",
    load_weights=partial(load_keras_weights, keras.applications.VGG19),
    upper="block5_conv1",
)
