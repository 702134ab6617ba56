"""MobileNetV2: small enough to route on any machine, and the encoder of `shared_encoder`."""

import keras
import numpy as np
from keras import layers

from classifier.backbones.backbone import Backbone
from training.encoders.mobilenet_v2 import build_encoder, load_encoder_weights


def build(width: float = 1.0, depth: int | None = None) -> keras.Model:
    """As `build_encoder`, with random weights from which it can learn."""
    encoder = build_encoder(width, depth)
    _vary(encoder)
    return encoder


def _vary(encoder: keras.Model) -> None:
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


SPEC = Backbone(
    name="mobilenet_v2",
    build=build,
    n_params=2_206_816,
    source="Sandler et al. 2018, Table 2",
    licence="Apache-2.0",
    encoder="mobilenet_v2",
    load_weights=load_encoder_weights,
    upper=None,
)
