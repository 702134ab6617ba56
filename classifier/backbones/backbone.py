"""What a backbone's file declares, and how one of Keras' ImageNet networks becomes a backbone."""

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from basics.errors import CheckpointError
from training.encoders import ENCODER
from training.registry import CATEGORIES, ModelSpec


@dataclass(frozen=True, kw_only=True)
class Backbone(ModelSpec):
    """A `ModelSpec` whose network maps (N, H, W, 1) lightness to feature maps, the last the top.

    Attributes:
        load_weights: puts weights into a built network, from "imagenet" or a path.
        upper: the first layer of the blocks that fine-tuning changes; None for all layers.
        smallest_px: the smallest height and width that the network takes.
    """

    load_weights: Callable[[keras.Model, str], None]
    upper: str | None
    task: str = CATEGORIES
    smallest_px: int = 32


def on_lightness(
    prepare: Callable[[keras.KerasTensor], keras.KerasTensor], network: keras.Model
) -> keras.Model:
    """Put an input preparation before a network without top; it takes (N, H, W, 1) lightness."""
    lightness = keras.Input((None, None, 1), name="lightness")
    return keras.Model(lightness, network(prepare(lightness)), name=ENCODER)


def load_keras_weights(
    application: Callable[..., keras.Model], encoder: keras.Model, weights: str
) -> None:
    """Start one of Keras' own networks from ImageNet weights, downloaded or in a file.

    Raises:
        CheckpointError: they cannot be had, or do not fit.
    """
    network = next(layer for layer in encoder.layers if isinstance(layer, keras.Model))
    try:
        if weights == "imagenet":
            with redirect_stdout(sys.stderr):  # where Keras prints its progress
                source = application(include_top=False, weights="imagenet")
            network.set_weights(source.get_weights())
        else:
            network.load_weights(weights)
    except Exception as error:  # Keras raises a plain Exception where a download fails
        raise CheckpointError(
            f"cannot load the weights: {error}",
            f"--weights {weights}",
            "give a file that you have: --weights PATH; or train from scratch: --weights none",
        ) from error


def vary_kernels(encoder: keras.Model) -> None:
    """Draw kernels that pass a signal on: no batch normalization scales it up again.

    With Keras' own, each depthwise convolution shrinks it by the root of half its channels, and
    nothing is learnt. What ends a block with a sum starts at zero.

    Source: He et al. 2015, equation 10; Zhang et al. 2019 (Fixup), section 3.
    """
    sums = [layer for layer in encoder.layers if isinstance(layer, layers.Add)]
    ends = {id(layer.input[1]) for layer in sums}
    for layer in encoder.layers:
        if not isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D):
            continue
        height, width, channels, _ = layer.kernel.shape
        fan_in = height * width * (1 if isinstance(layer, layers.DepthwiseConv2D) else channels)
        scale = 0.0 if id(layer.output) in ends else np.sqrt(2 / fan_in)
        layer.kernel.assign(scale * keras.random.normal(layer.kernel.shape, dtype="float32"))
