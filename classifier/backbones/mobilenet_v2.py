"""MobileNetV2: small enough to route on any machine, and the encoder of `shared_encoder`."""

from classifier.backbones.backbone import Backbone
from training.mobilenet_v2 import build_encoder, load_encoder_weights

SPEC = Backbone(
    name="mobilenet_v2",
    build=build_encoder,
    n_params=2_206_816,
    source="Sandler et al. 2018, Table 2",
    load_weights=load_encoder_weights,
    upper=None,
)
