"""EfficientNet-Lite0: as quick as MobileNetV2, with more parameters."""

from functools import partial

import keras

from classifier.backbones.backbone import Backbone, vary_kernels
from training.encoders.efficientnet_lite import build_encoder, load_encoder_weights

VARIANT = "lite0"


def build(width: float = 1.0, depth: int | None = None) -> keras.Model:
    """As `build_encoder`, with random weights from which it can learn."""
    encoder = build_encoder(width, depth, variant=VARIANT)
    vary_kernels(encoder)
    return encoder


SPEC = Backbone(
    name="efficientnet_lite0",
    build=build,
    n_params=3_350_000,
    source="Tan & Le 2019, Table 1, without squeeze-and-excitation",
    licence="Apache-2.0",
    encoder="efficientnet_lite0",
    load_weights=partial(load_encoder_weights, variant=VARIANT),
    upper=None,
)
