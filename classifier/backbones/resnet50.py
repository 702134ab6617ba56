"""ResNet50, one of the paper's candidates (section IV-B)."""

from functools import partial

import keras
from keras import layers

from classifier.backbones.backbone import Backbone, load_keras_weights, on_lightness


def prepare(lightness: keras.KerasTensor) -> keras.KerasTensor:
    """Lightness -> what ImageNet ResNet50 was trained on: BGR 0 to 255 minus the mean, all gray."""
    channels = layers.Concatenate()([lightness, lightness, lightness])
    return layers.Rescaling(255.0, offset=[-103.939, -116.779, -123.68])(channels)


def build() -> keras.Model:
    """(N, H, W, 1) lightness -> (N, H/32, W/32, 2048)."""
    network = keras.applications.ResNet50(
        include_top=False, weights=None, input_shape=(None, None, 3)
    )
    return on_lightness(prepare, network)


SPEC = Backbone(
    name="resnet50",
    build=build,
    n_params=23_587_712,
    source="He et al. 2015, Table 1",
    licence="MIT",
    encoder="resnet50",
    load_weights=partial(load_keras_weights, keras.applications.ResNet50),
    upper="conv5_block1_1_conv",
)
