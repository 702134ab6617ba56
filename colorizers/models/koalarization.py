"""Deep Koalarization: what a frozen classifier sees of the whole photo, fused into a colorizer.

The classifier is the router's encoder, in place of Inception-ResNet-v2: the mean of its last map
over the photo stands for the 1001 classes of the source.
Source: Baldassarre, González Morín and Rodés-Guirao, "Deep Koalarization", 2017, Table 1.
"""

from typing import Any

import keras
from keras import layers

from colorizers.models.shared_encoder import ON_ENCODER
from training.encoders import DECODER
from training.encoders.mobilenet_v2 import scaled
from training.encoders.table import ENCODERS, USUAL
from training.registry import ModelSpec

OWN = ((64, 2), (128, 1), (128, 2), (256, 1), (256, 2), (512, 1), (512, 1), (256, 1))
N_FUSED = 256
GIVEN: dict[str, Any] = {**ON_ENCODER, "inputs": ("features", "lightness")}


def build(width: float = 1.0, depth: int | None = None, backbone: str = USUAL) -> keras.Model:
    """(N, H, W, 1) lightness -> (N, H, W, 2) ab; H, W multiples of 32. The encoder is frozen."""
    encoder = ENCODERS[backbone].build(width, depth)
    encoder.trainable = False
    features = [keras.Input(output.shape[1:]) for output in encoder.outputs]
    inner = keras.Input((None, None, 1), name="lightness")
    decoder = keras.Model([*features, inner], _decode(features[-1], inner, width), name=DECODER)
    lightness = keras.Input((None, None, 1), name="lightness")
    return keras.Model(lightness, decoder([*encoder(lightness), lightness]), name="koalarization")


def _decode(
    top: keras.KerasTensor, lightness: keras.KerasTensor, width: float
) -> keras.KerasTensor:
    """The encoder's last map (N, h, w, c) and (N, H, W, 1) lightness -> (N, H, W, 2) ab."""
    x = lightness
    for filters, stride in OWN:
        x = _convolution(x, scaled(filters, width), stride)  # at last (N, H/8, W/8, 256)
    seen = layers.GlobalAveragePooling2D()(top)
    # one matrix times the joined vector, here as the sum of its two halves' products
    everywhere = layers.Reshape((1, 1, -1))(layers.Dense(scaled(N_FUSED, width))(seen))
    x = layers.Add()([layers.Conv2D(scaled(N_FUSED, width), 1, use_bias=False)(x), everywhere])
    x = _convolution(layers.ReLU(name="fusion")(x), scaled(128, width), 1)
    x = layers.UpSampling2D()(x)
    for filters in (64, 64):
        x = _convolution(x, scaled(filters, width), 1)
    x = _convolution(layers.UpSampling2D()(x), scaled(32, width), 1)
    ab = layers.Conv2D(2, 3, padding="same", activation="tanh", dtype="float32")(x)
    return layers.UpSampling2D(2, interpolation="bilinear", dtype="float32", name="chrominance")(ab)


def _convolution(x: keras.KerasTensor, filters: int, stride: int) -> keras.KerasTensor:
    return layers.Conv2D(filters, 3, stride, padding="same", activation="relu")(x)


SPEC = ModelSpec(
    name="koalarization",
    build=build,
    n_params=8_852_290,
    source="Baldassarre et al. 2017, Table 1; the classifier is the router's encoder",
    **GIVEN,
)
