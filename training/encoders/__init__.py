"""Encoders that classifiers and colorizers build on, and where one is found in a network."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

ENCODER = "encoder"  # the name of the inner network
DECODER = "decoder"  # and of what follows it in a colorizer


def find_encoder(network: "keras.Model") -> "keras.Model | None":
    """The encoder in a network; None if it has none that others could share."""
    return next((layer for layer in network.layers if layer.name == ENCODER), None)


def head_layers(network: "keras.Model") -> "list[keras.Layer]":
    """The layers that follow the encoder of a network, in a row."""
    names = [layer.name for layer in network.layers]
    return list(network.layers[names.index(ENCODER) + 1 :])


def decoder_alone(network: "keras.Model") -> "keras.Model":
    """The part of a colorizer that maps the feature maps of the encoder to ab."""
    return network.get_layer(DECODER)
