"""Chrominance whose pictures look alike to a network that knows things: PSNR and features.

The features are those of EfficientNet-Lite0, trained on ImageNet in colour and frozen. A pixel may
then miss its hue at less cost than a thing may look like no thing.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import keras
from keras import KerasTensor, ops

from colorizers.tasks.regression import Regression, psnr
from training.encoders.efficientnet_lite import build_encoder, load_encoder_weights
from training.lab_ops import join_lab
from training.task import Parts, Tensors

if TYPE_CHECKING:
    from colorizers.config import ColorizerConfig

N_MAPS = 4  # H/2 to H/16; at H/32 a training square has 4 x 4 places, and little to say of colour


def frozen_features(encoder: keras.Model) -> keras.Model:
    """(N, H, W, 3) sRGB, 0 to 1 -> the first feature maps of an encoder that never learns."""
    features = keras.Model(encoder.input, encoder.outputs[:N_MAPS], name="features")
    features.trainable = False
    return features


def distance(predicted: list[KerasTensor], truth: list[KerasTensor]) -> KerasTensor:
    """The mean squared distance of feature vectors of length 1, summed over the maps.

    Args:
        predicted: feature maps (N, h, w, C) of the predicted pictures.
        truth: those of the true ones, which teach nothing to their own network.

    Source: Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric",
        2018, equation 1, all channels weighted alike.
    """
    total = ops.zeros(())
    for ours, theirs in zip(predicted, truth, strict=True):
        difference = _unit(ours) - ops.stop_gradient(_unit(theirs))
        total = total + ops.mean(ops.sum(ops.square(difference), axis=-1))
    return total


class Perceptual(Regression):
    """A network that predicts ab, by PSNR and the features of the pictures."""

    columns: tuple[str, ...] = (
        "loss", "psnr", "perceptual", "val_loss", "val_psnr", "val_perceptual", "val_psnr_db",
    )  # fmt: skip

    def __init__(
        self, config: "ColorizerConfig", parts: Parts, features: keras.Model | None = None
    ) -> None:
        """As `Regression`, with other features than those of `config.perceptual_weights` if given.

        Raises:
            CheckpointError: there are no such weights, or they do not fit.
        """
        super().__init__(config, parts)
        self.factor = config.perceptual_factor
        self.features = features or _load_features(config.perceptual_weights or Path())

    def losses(self, outputs: Tensors) -> Tensors:
        """The loss "psnr", and the distance of the features of both pictures."""
        lightness, ab, truth = (outputs[name] for name in ("lightness", "ab", "truth"))
        seen = [self.features(join_lab(lightness, one), training=False) for one in (ab, truth)]
        return {
            "psnr": psnr(lightness, ab, truth),
            "perceptual": self.factor * distance(*seen),
        }


def _load_features(weights: Path) -> keras.Model:
    encoder = build_encoder(channels=3)
    load_encoder_weights(encoder, weights)
    return frozen_features(encoder)


def _unit(features: KerasTensor) -> KerasTensor:
    """(N, h, w, C) -> float32 with vectors of length 1 along the channels."""
    features = ops.cast(features, "float32")
    square = ops.sum(ops.square(features), axis=-1, keepdims=True)
    return features * ops.rsqrt(square + 1e-6)
