"""Chrominance predicted as classes of colour: cross entropy of their logits."""

from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import KerasTensor, ops

from colorizers.color_classes import AXIS, LOGITS, STEP
from colorizers.tasks.regression import Regression, rarity
from training.encoders import DECODER, ENCODER
from training.task import NETWORK, Parts, Tensors

if TYPE_CHECKING:
    from colorizers.config import ColorizerConfig


def cross_entropy(logits: KerasTensor, truth: KerasTensor) -> KerasTensor:
    """Cross entropy of colour classes, vivid pixels weighted as in `chroma_weighted`.

    The truth is shared by the four classes around it, bilinearly.

    Args:
        logits: (N, H/2, W/2, 225), in the order of `color_classes.class_colours`.
        truth: (N, H, W, 2) ab.

    Source: Zhang et al. 2016, equation 2, where the five nearest share.
    """
    half = ops.average_pool(truth, 2)  # (N, H/2, W/2, 2)
    near = ops.maximum(1 - ops.abs(half[..., None] - np.asarray(AXIS)) / STEP, 0)
    target = near[..., 0, :, None] * near[..., 1, None, :]  # (N, H/2, W/2, 15, 15)
    target = ops.reshape(target, (-1, *half.shape[1:-1], len(AXIS) ** 2))
    entropy = -ops.sum(target * ops.log_softmax(logits, axis=-1), axis=-1)
    return ops.mean(entropy * rarity(half))


def with_logits(network: keras.Model) -> keras.Model:
    """Lightness -> (N, H/2, W/2, 225) logits and (N, H, W, 2) ab, by the layers of `network`."""
    encoder, decoder = network.get_layer(ENCODER), network.get_layer(DECODER)
    both = keras.Model(decoder.inputs, [decoder.get_layer(LOGITS).output, decoder.output])
    lightness = keras.Input((None, None, 1), name="lightness")
    return keras.Model(lightness, both(encoder(lightness)))


class Classes(Regression):
    """A network that predicts how likely each class is, and ab as their annealed mean."""

    def __init__(self, config: "ColorizerConfig", parts: Parts) -> None:
        """As `Regression`; the network has a layer `LOGITS`."""
        super().__init__(config, parts)
        self.with_logits = with_logits(parts[NETWORK])

    def predict(self, lightness: KerasTensor, training: bool) -> Tensors:
        """(N, H, W, 1) lightness -> "ab" (N, H, W, 2) and "logits" (N, H/2, W/2, 225)."""
        logits, ab = self.with_logits(lightness, training=training)
        return {"ab": ab, "logits": logits}

    def losses(self, outputs: Tensors) -> Tensors:
        """The cross entropy of the classes."""
        return {self.loss: cross_entropy(outputs["logits"], outputs["truth"])}
