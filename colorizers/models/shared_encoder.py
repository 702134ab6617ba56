"""One light decoder per category on the features of the router's own encoder.

The encoder (MobileNetV2) is trained as the router, then frozen: a photo passes it once, and is
classified and coloured from the same features. What the paper calls a network per category is here
the decoder: five convolutions, each after an upsampling by 2, in the manner of Fig. 3, with skips.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import layers

from training.encoders import DECODER, decoder_alone
from training.encoders.mobilenet_v2 import STRIDE, build_encoder, scaled
from training.registry import ModelSpec

ON_ENCODER: dict[str, Any] = {  # of the spec of every network on the router's encoder
    "inputs": ("features",),
    "stride": STRIDE,
    "encoder": "mobilenet_v2",
    "exported": decoder_alone,
    "licence": "Apache-2.0",  # of the ImageNet weights from which the encoder starts
}
NECK = 256  # filters to which the 1280 of the top are reduced
FILTERS = (192, 96, 48, 32)  # filters after each upsampling; all ours

Tensors = Sequence[keras.KerasTensor]


def build(width: float = 1.0, depth: int | None = None) -> keras.Model:
    """(N, H, W, 1) lightness -> (N, H, W, 2) ab; H, W multiples of 32. The encoder is frozen."""
    return on_encoder("shared_encoder", decode, width, depth)


def decode(features: Tensors, width: float = 1.0) -> keras.KerasTensor:
    """The encoder's five feature maps -> (N, H, W, 2) ab."""
    return to_ab(join_skips(reduce_top(features[-1], width), features, width))


def on_encoder(
    name: str,
    decode: Callable[[Tensors, float], keras.KerasTensor],
    width: float,
    depth: int | None,
) -> keras.Model:
    """A network of the frozen encoder and a model named "decoder" of its feature maps.

    Args:
        name: of the network.
        decode: feature maps and a factor of all filters -> (N, H, W, 2) ab.
        width: that factor, for encoder and decoder.
        depth: of the encoder; see `build_encoder`.
    """
    encoder = build_encoder(width, depth)
    encoder.trainable = False
    features = [keras.Input(output.shape[1:]) for output in encoder.outputs]
    decoder = keras.Model(features, decode(features, width), name=DECODER)
    lightness = keras.Input((None, None, 1), name="lightness")
    return keras.Model(lightness, decoder(encoder(lightness)), name=name)


def reduce_top(top: keras.KerasTensor, width: float = 1.0) -> keras.KerasTensor:
    """(N, H/32, W/32, 1280) -> (N, H/32, W/32, 256)."""
    return _convolution(top, scaled(NECK, width), 1)


def join_skips(x: keras.KerasTensor, features: Tensors, width: float = 1.0) -> keras.KerasTensor:
    """(N, H/32, W/32, c) and the encoder's feature maps -> (N, H/2, W/2, 32)."""
    for filters, skip in zip(FILTERS, reversed(features[:-1]), strict=True):
        x = layers.UpSampling2D(interpolation="bilinear")(x)  # to H/16, H/8, H/4, H/2
        x = layers.Concatenate()([x, skip])
        x = _convolution(x, scaled(filters, width), 3)
    return x


def to_ab(x: keras.KerasTensor) -> keras.KerasTensor:
    """(N, H/2, W/2, c) -> (N, H, W, 2) ab."""
    # zero at first: training starts from gray; linear, for tanh saturated here and learnt nothing
    ab = layers.Conv2D(2, 3, padding="same", kernel_initializer="zeros", dtype="float32")(x)
    return layers.UpSampling2D(interpolation="bilinear", dtype="float32", name="chrominance")(ab)


def _convolution(x: keras.KerasTensor, filters: int, side: int) -> keras.KerasTensor:
    x = layers.Conv2D(filters, side, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization()(x))


SPEC = ModelSpec(
    name="shared_encoder",
    build=build,
    n_params=3_409_634,
    source="ours; encoder: Sandler et al. 2018, skips: Ronneberger et al. 2015",
    **ON_ENCODER,
)
