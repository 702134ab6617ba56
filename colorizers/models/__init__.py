"""ARCHITECTURES, the table of networks that can colour."""

from colorizers.models import class_encoder, encoder_decoder, global_encoder, shared_encoder
from training.registry import index

ARCHITECTURES = index(
    encoder_decoder.SPEC, shared_encoder.SPEC, global_encoder.SPEC, class_encoder.SPEC
)
