"""ARCHITECTURES, the table of networks that can colour."""

from colorizers.models import encoder_decoder, shared_encoder
from training.registry import index

ARCHITECTURES = index(encoder_decoder.SPEC, shared_encoder.SPEC)
