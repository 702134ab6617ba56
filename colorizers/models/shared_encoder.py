"""One light decoder per category on the features of the router's own encoder.

The encoder (MobileNetV2, or another of `training.encoders.table`) is trained as the router, then
frozen: a photo passes it once, and is classified and coloured from the same features. What the
paper calls a network per category is here the decoder: five convolutions, each after an upsampling
by 2, in the manner of Fig. 3, with skips.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
from keras import layers

from basics.errors import Setting
from basics.names import require_name
from training.encoders import DECODER, decoder_alone
from training.encoders.mobilenet_v2 import scaled
from training.encoders.table import ENCODERS, NAMES, STRIDE, USUAL
from training.registry import ModelSpec

ON_ENCODER: dict[str, Any] = {  # of the spec of every network on the router's encoder
    "inputs": ("features",),
    "stride": STRIDE,
    "encoder": USUAL,
    "exported": decoder_alone,
    "licence": "Apache-2.0",  # of the ImageNet weights from which the encoder starts
}
NECK = 256  # filters to which the 1280 of the top are reduced
FILTERS = (192, 96, 48, 32)  # filters after each upsampling; all ours

Tensors = Sequence[keras.KerasTensor]
Change = Callable[[keras.KerasTensor], keras.KerasTensor]  # (N, h, w, c) -> the same shape


def unchanged(x: keras.KerasTensor) -> keras.KerasTensor:
    """What a decoder does between a batch normalization and its relu: nothing."""
    return x


def build(width: float = 1.0, depth: int | None = None, backbone: str = USUAL) -> keras.Model:
    """(N, H, W, 1) lightness -> (N, H, W, 2) ab; H, W multiples of 32. The encoder is frozen."""
    return on_encoder("shared_encoder", decode, width, depth, backbone)


def decode(features: Tensors, width: float = 1.0) -> keras.KerasTensor:
    """The encoder's five feature maps -> (N, H, W, 2) ab."""
    return to_ab(join_skips(reduce_top(features[-1], width), skips(features), width))


def on_encoder(
    name: str,
    decode: Callable[[Tensors, float], keras.KerasTensor],
    width: float,
    depth: int | None,
    backbone: str,
    beside: Mapping[str, tuple[int, ...]] | None = None,
) -> keras.Model:
    """A network of the frozen encoder and a model named "decoder" of its feature maps.

    Args:
        name: of the network.
        decode: what the decoder takes, feature maps first, and a factor of all filters ->
            (N, H, W, 2) ab.
        width: that factor, for encoder and decoder.
        depth: of the encoder; see `build_encoder` of its file.
        backbone: a name of `training.encoders.table`.
        beside: what network and decoder take beside lightness and feature maps: name -> shape.

    Returns:
        A network of lightness, or of a list: lightness, and what is beside it.

    Raises:
        ConfigError: there is no such encoder.
    """
    name_of_encoder = require_name(backbone, NAMES, what="backbone", where=Setting("backbone"))
    encoder = ENCODERS[name_of_encoder].build(width, depth)
    encoder.trainable = False
    features = [keras.Input(output.shape[1:]) for output in encoder.outputs]
    inner, outer = (
        [keras.Input(shape, name=one) for one, shape in (beside or {}).items()] for _ in range(2)
    )
    taken = [*features, *inner]
    decoder = keras.Model(taken, decode(taken, width), name=DECODER)
    lightness = keras.Input((None, None, 1), name="lightness")
    given = [lightness, *outer] if outer else lightness
    return keras.Model(given, decoder([*encoder(lightness), *outer]), name=name)


def skips(features: Tensors) -> Tensors:
    """The four feature maps that a decoder joins, at H/16, H/8, H/4 and H/2."""
    return features[-2::-1]


def reduce_top(
    top: keras.KerasTensor, width: float = 1.0, neck: int = NECK, change: Change = unchanged
) -> keras.KerasTensor:
    """(N, H/32, W/32, 1280) -> (N, H/32, W/32, neck); `change` goes before the relu."""
    return _convolution(top, scaled(neck, width), 1, change)


def join_skips(
    x: keras.KerasTensor,
    skips: Tensors,
    width: float = 1.0,
    filters: Sequence[int] = FILTERS,
    change: Change = unchanged,
) -> keras.KerasTensor:
    """Enlarge by 2 and join with a feature map, as often as there are of these.

    Args:
        x: (N, h, w, c).
        skips: of twice the size, then of four times, and so on.
        width: factor of all filters.
        filters: after each.
        change: between each batch normalization and its relu.
    """
    for number, skip in zip(filters, skips, strict=True):
        x = layers.UpSampling2D(interpolation="bilinear")(x)  # to H/16, H/8, H/4, H/2
        x = layers.Concatenate()([x, skip])
        x = _convolution(x, scaled(number, width), 3, change)
    return x


def to_ab(x: keras.KerasTensor, size: int = 2) -> keras.KerasTensor:
    """(N, H/size, W/size, c) -> (N, H, W, 2) ab."""
    # zero at first: training starts from gray; linear, for tanh saturated here and learnt nothing
    ab = layers.Conv2D(2, 3, padding="same", kernel_initializer="zeros", dtype="float32")(x)
    return layers.UpSampling2D(size, interpolation="bilinear", dtype="float32", name="chrominance")(
        ab
    )


def _convolution(
    x: keras.KerasTensor, filters: int, side: int, change: Change
) -> keras.KerasTensor:
    x = layers.Conv2D(filters, side, padding="same", use_bias=False)(x)
    return layers.ReLU()(change(layers.BatchNormalization()(x)))


SPEC = ModelSpec(
    name="shared_encoder",
    build=build,
    n_params=3_409_634,
    source="ours; encoder: Sandler et al. 2018, skips: Ronneberger et al. 2015",
    **ON_ENCODER,
)
