"""Weights that fit MobileNetV2 and are nobody's: what the tests load in place of ImageNet's."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from training.encoders.mobilenet_v2 import build_encoder


def convolutions(encoder: keras.Model) -> list[keras.Layer]:
    """The encoder's convolutions in network order."""
    kinds = layers.Conv2D | layers.DepthwiseConv2D
    return [layer for layer in encoder.layers if isinstance(layer, kinds)]


def random_arrays(seed: int = 0, encoder: keras.Model | None = None) -> dict[str, Any]:
    """`00_w`, `00_b`, ... `51_b`; variances are kept from layer to layer, as a trained net does.

    They fit `encoder`, or else the one of full size.
    """
    rng = np.random.default_rng(seed)
    arrays = {}
    for number, layer in enumerate(convolutions(encoder or build_encoder())):
        depthwise = isinstance(layer, layers.DepthwiseConv2D)
        fan_in = 9 if depthwise else np.prod(layer.kernel.shape[:-1])
        kernel = rng.normal(0, np.sqrt(2 / fan_in), layer.kernel.shape)
        arrays[f"{number:02d}_w"] = kernel.astype(np.float32)
        arrays[f"{number:02d}_b"] = rng.normal(0, 0.1, layer.bias.shape).astype(np.float32)
    return arrays


def write_weights(path: Path, seed: int = 0, encoder: keras.Model | None = None) -> Path:
    """Write the arrays as `--weights PATH` takes them."""
    np.savez(path, **random_arrays(seed, encoder))
    return path
