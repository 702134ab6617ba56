"""`shared_encoder` that predicts how likely each colour is, and answers with their annealed mean.

The probabilities of the classes, sharpened by a temperature, weigh the mean that is shown.
Zhang et al., "Colorful Image Colorization", 2016, sections 2.2 and 2.3; the grid is ours.
"""

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from colorizers.color_classes import AXIS, LOGITS, class_colours
from colorizers.models.shared_encoder import (
    ON_ENCODER,
    Tensors,
    join_skips,
    on_encoder,
    reduce_top,
    skips,
)
from training.encoders.table import USUAL
from training.registry import CLASSES, ModelSpec

TEMPERATURE = 0.38  # section 2.3


def build(width: float = 1.0, depth: int | None = None, backbone: str = USUAL) -> keras.Model:
    """(N, H, W, 1) lightness -> (N, H, W, 2) ab; H, W multiples of 32. The encoder is frozen."""
    return on_encoder("class_encoder", decode, width, depth, backbone)


def decode(features: Tensors, width: float = 1.0) -> keras.KerasTensor:
    """The encoder's five feature maps -> (N, H, W, 2) ab."""
    return classes_to_ab(join_skips(reduce_top(features[-1], width), skips(features), width))


def classes_to_ab(x: keras.KerasTensor, size: int = 2) -> keras.KerasTensor:
    """(N, h, w, c) -> (N, H, W, 2) ab, h = H / size; the layer `LOGITS` gives (N, h, w, 225)."""
    x = layers.Conv2D(len(AXIS) ** 2, 1, dtype="float32", name=LOGITS)(x)
    ab = annealed_mean(x, class_colours(), names=(None, "mean"))
    return layers.UpSampling2D(size, interpolation="bilinear", dtype="float32", name="chrominance")(
        ab
    )


def annealed_mean(
    logits: keras.KerasTensor,
    values: NDArray[np.float32],
    sharpness: float = 1 / TEMPERATURE,
    names: tuple[str | None, str | None] = (None, None),
) -> keras.KerasTensor:
    """(N, h, w, n) logits of n classes -> (N, h, w, k): the mean of their values, sharpened.

    Args:
        logits: before the softmax.
        values: (n, k) of the classes; they are not learnt.
        sharpness: factor of the logits, 1 / T.
        names: of the layers of that factor and of the mean.

    Source: Zhang et al. 2016, section 2.3.
    """
    x = layers.Rescaling(sharpness, dtype="float32", name=names[0])(logits)
    x = layers.Softmax(dtype="float32")(x)
    mean = layers.Conv2D(
        values.shape[1], 1, use_bias=False, trainable=False, dtype="float32", name=names[1]
    )
    found = mean(x)
    mean.set_weights([values[None, None]])
    return found


def n_params(rest: int, filters: int) -> int:
    """Of a network whose `rest` ends with so many filters, of which two convolutions make ab."""
    return rest + (filters + 1) * len(AXIS) ** 2 + 2 * len(AXIS) ** 2


SPEC = ModelSpec(
    name="class_encoder",
    build=build,
    n_params=n_params(3_409_634 - (32 * 9 + 1) * 2, 32),
    source="ours; classes and annealed mean: Zhang et al. 2016, sections 2.2 and 2.3",
    task=CLASSES,
    **ON_ENCODER,
)
