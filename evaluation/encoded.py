"""Packed photos through the shipped networks: what export and evaluation measure on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyvips
from numpy.typing import NDArray

from imaging.lab import gray_from_lum, join_lab, split_lab
from pipeline.colorizer import Blend, Colorizer
from pipeline.engine.bundle import NetworkFile
from pipeline.engine.inputs import predict_ab, with_mirror
from pipeline.engine.routing import Ranking


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One photo that has passed the router once.

    Attributes:
        rgb: (H, W, 3) uint8, the original.
        lum: (H, W, 1) its luminance.
        ranking: the router's.
        features: the encoder's feature maps of the photo and its mirror image.
    """

    rgb: NDArray[np.uint8]
    lum: NDArray[np.float32]
    ranking: Ranking
    features: list[NDArray[np.float32]]


def start_trial(colorizer: Colorizer, rgb: NDArray[np.uint8]) -> Trial:
    """Classify a (256, 256, 3) uint8 photo from its luminance."""
    lum, _ = split_lab(rgb)
    ranking, features = colorizer.classify(lum)
    return Trial(rgb=rgb, lum=lum, ranking=ranking, features=features)


def network_inputs(file: NetworkFile, trial: Trial) -> list[NDArray[np.float32]]:
    """What a colorizer takes: the shared feature maps, or [lum (2, h, w, 1)] at its own size."""
    if file.shares_encoder:
        return trial.features
    if file.short_side == trial.rgb.shape[0]:
        return [with_mirror(trial.lum)]
    small = pyvips.Image.new_from_array(trial.rgb).thumbnail_image(file.short_side)
    return [with_mirror(split_lab(small.numpy())[0])]


def trial_ab(colorizer: Colorizer, trial: Trial, file: NetworkFile) -> NDArray[np.float32]:
    """Chrominance (H, W, 2) of the photo by one colorizer, at the photo's own size."""
    ab = predict_ab(network_inputs(file, trial), colorizer.network(file))
    scale = trial.rgb.shape[0] / ab.shape[0]
    if scale == 1:
        return ab
    return pyvips.Image.new_from_array(ab).resize(scale, kernel="cubic").numpy()


def trial_rgb(colorizer: Colorizer, trial: Trial, file: NetworkFile) -> NDArray[np.uint8]:
    """The photo (H, W, 3) uint8 coloured by one colorizer."""
    return blended_rgb(colorizer, trial, [(file, 1.0)])


def blended_rgb(colorizer: Colorizer, trial: Trial, chosen: Blend) -> NDArray[np.uint8]:
    """The photo (H, W, 3) uint8 coloured by several colorizers, each with its weight."""
    return join_blend(
        colorizer, trial, [(trial_ab(colorizer, trial, file), weight) for file, weight in chosen]
    )


def join_blend(
    colorizer: Colorizer, trial: Trial, weighted: Sequence[tuple[NDArray[np.float32], float]]
) -> NDArray[np.uint8]:
    """The photo (H, W, 3) uint8 with the weighted mean of several ab (H, W, 2)."""
    predictions, weights = zip(*weighted, strict=True)
    return join_lab(trial.lum, colorizer.mix(predictions, weights))


def gray_rgb(trial: Trial) -> NDArray[np.uint8]:
    """The photo (H, W, 3) uint8 without its colours."""
    return np.repeat(gray_from_lum(trial.lum)[..., None], 3, axis=-1)
