"""EfficientNet-Lite2: the strongest encoder here, for networks on its feature maps."""

from functools import partial

import keras

from classifier.backbones.backbone import Backbone, vary_kernels
from training.encoders.efficientnet_lite import build_encoder, load_encoder_weights

VARIANT = "lite2"


def build(width: float = 1.0, depth: int | None = None) -> keras.Model:
    """As `build_encoder`, with random weights from which it can learn."""
    encoder = build_encoder(width, depth, variant=VARIANT)
    vary_kernels(encoder)
    return encoder


SPEC = Backbone(
    name="efficientnet_lite2",
    build=build,
    n_params=4_782_024,
    source="Tan & Le 2019, Table 1, without squeeze-and-excitation",
    licence="Apache-2.0",
    encoder="efficientnet_lite2",
    load_weights=partial(load_encoder_weights, variant=VARIANT),
    upper=None,
)
