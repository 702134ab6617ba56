"""One light decoder per category on the features of the router's own encoder.

The encoder (MobileNetV2) is trained as the router, then frozen: a photo passes it once, and is
classified and coloured from the same features. What the paper calls a network per category is here
the decoder: five convolutions, each after an upsampling by 2, in the manner of Fig. 3, with skips.
"""

import keras
from keras import layers

from training.mobilenet_v2 import build_encoder
from training.registry import Architecture

NECK = 256  # filters to which the 1280 of the top are reduced
DECODER = (192, 96, 48, 32)  # filters after each upsampling; all ours


def build() -> keras.Model:
    """(N, H, W, 1) lum -> (N, H, W, 2) ab; H and W multiples of 32. The encoder does not learn."""
    encoder = build_encoder()
    encoder.trainable = False
    lum = keras.Input((None, None, 1), name="luminance")
    ab = build_decoder(encoder)(encoder(lum))
    return keras.Model(lum, ab, name="shared_encoder")


def build_decoder(encoder: keras.Model) -> keras.Model:
    """The encoder's five feature maps -> (N, H, W, 2) ab."""
    features = [keras.Input(output.shape[1:]) for output in encoder.outputs]
    x = _convolution(features[-1], NECK, 1)  # (N, H/32, W/32, 256)
    for filters, skip in zip(DECODER, reversed(features[:-1]), strict=True):
        x = layers.UpSampling2D(interpolation="bilinear")(x)  # to H/16, H/8, H/4, H/2
        x = layers.Concatenate()([x, skip])
        x = _convolution(x, filters, 3)
    # zero at first: training starts from gray; linear, for tanh saturated here and learnt nothing
    ab = layers.Conv2D(2, 3, padding="same", kernel_initializer="zeros", dtype="float32")(x)
    ab = layers.UpSampling2D(interpolation="bilinear", dtype="float32", name="chrominance")(ab)
    return keras.Model(features, ab, name="decoder")


def _convolution(x: keras.KerasTensor, filters: int, side: int) -> keras.KerasTensor:
    x = layers.Conv2D(filters, side, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization()(x))


SPEC = Architecture(
    name="shared_encoder",
    build=build,
    n_params=3_409_634,
    source="ours; encoder: Sandler et al. 2018, skips: Ronneberger et al. 2015",
)
