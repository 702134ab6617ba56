"""MobileNetV2: small enough to route on any machine, and the encoder of `shared_encoder`."""

import keras

from classifier.backbones.backbone import Backbone, vary_kernels
from training.encoders.mobilenet_v2 import build_encoder, load_encoder_weights


def build(width: float = 1.0, depth: int | None = None) -> keras.Model:
    """As `build_encoder`, with random weights from which it can learn."""
    encoder = build_encoder(width, depth)
    vary_kernels(encoder)
    return encoder


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
