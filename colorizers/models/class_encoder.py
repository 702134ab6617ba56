"""`shared_encoder` that predicts how likely each colour is, and answers with their annealed mean.

A mean over all likely colours is brown where a photo could be red or blue. Here the plane of ab is
cut into classes; their probabilities, sharpened by a temperature, weigh the mean that is shown.
Zhang et al., "Colorful Image Colorization", 2016, sections 2.2 and 2.3; the grid is ours.
"""

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from colorizers.models.shared_encoder import Tensors, join_skips, on_encoder, reduce_top
from training.registry import Architecture

STEP = 0.125  # of ab: 16 units of a*, b*; Zhang et al. take 10
AXIS = np.arange(-7, 8, dtype=np.float32) * STEP  # sRGB lies within -0.85 .. 0.77
TEMPERATURE = 0.38  # section 2.3
LOGITS = "classes"  # the layer that a loss over classes looks at


def build(width: float = 1.0, depth: int | None = None) -> keras.Model:
    """(N, H, W, 1) lum -> (N, H, W, 2) ab; H and W multiples of 32. The encoder does not learn."""
    return on_encoder("class_encoder", decode, width, depth)


def decode(features: Tensors, width: float = 1.0) -> keras.KerasTensor:
    """The encoder's five feature maps -> (N, H, W, 2) ab."""
    x = join_skips(reduce_top(features[-1], width), features, width)
    x = layers.Conv2D(len(AXIS) ** 2, 3, padding="same", dtype="float32", name=LOGITS)(x)
    x = layers.Rescaling(1 / TEMPERATURE, dtype="float32")(x)
    x = layers.Softmax(dtype="float32")(x)  # (N, H/2, W/2, 225)
    mean = layers.Conv2D(2, 1, use_bias=False, trainable=False, dtype="float32", name="mean")
    ab = mean(x)
    mean.set_weights([class_colours()[None, None]])
    return layers.UpSampling2D(interpolation="bilinear", dtype="float32", name="chrominance")(ab)


def class_colours() -> NDArray[np.float32]:
    """(225, 2) ab of the classes, a slowest."""
    return np.stack(np.meshgrid(AXIS, AXIS, indexing="ij"), axis=-1).reshape(-1, 2)


def with_logits(network: keras.Model) -> keras.Model:
    """Lum -> (N, H/2, W/2, 225) logits and (N, H, W, 2) ab, by the layers of `network`."""
    decoder = network.get_layer("decoder")
    both = keras.Model(decoder.inputs, [decoder.get_layer(LOGITS).output, decoder.output])
    lum = keras.Input((None, None, 1), name="luminance")
    return keras.Model(lum, both(network.get_layer("encoder")(lum)))


SPEC = Architecture(
    name="class_encoder",
    build=build,
    n_params=3_409_634 - (32 * 9 + 1) * 2 + (32 * 9 + 1) * len(AXIS) ** 2 + 2 * len(AXIS) ** 2,
    source="ours; classes and annealed mean: Zhang et al. 2016, sections 2.2 and 2.3",
)
