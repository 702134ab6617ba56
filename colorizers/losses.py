"""What a colorizer is trained to make small: the paper's error, and others that fade less to brown.

Each takes lum (N, H, W, 1), predicted and true ab (N, H, W, 2) as float32, and returns a number;
`classes` takes the logits of `class_encoder` (N, H/2, W/2, 225) in place of the predicted ab.
"""

import math
from collections.abc import Callable

import numpy as np
from keras import KerasTensor, ops

from colorizers.models.class_encoder import AXIS, STEP
from training.lab_ops import join_lab

Loss = Callable[[KerasTensor, KerasTensor, KerasTensor], KerasTensor]

HUBER_AB = 0.05  # errors above it count linearly: 6.4 units of a*, b*
FULL_CHROMA = 0.25  # of the truth, at which a pixel counts twice as much as a gray one
PSNR_FLOOR = 1e-3  # squared error, 30 dB: a photo that is nearly right gains little more
OUT_OF_GAMUT = 5.0  # weight of ab beside the sRGB error, which is blind beyond the gamut


def mse(lum: KerasTensor, predicted: KerasTensor, truth: KerasTensor) -> KerasTensor:
    """Mean squared error of ab (section IV-A)."""
    return ops.mean(ops.square(predicted - truth))


def huber(lum: KerasTensor, predicted: KerasTensor, truth: KerasTensor) -> KerasTensor:
    """Squared for small errors, linear for large ones: a bold guess that fails costs less.

    Source: Huber 1964; `HUBER_AB` is ours.
    """
    error = ops.sqrt(ops.sum(ops.square(predicted - truth), axis=-1) + 1e-12)
    quadratic = ops.minimum(error, HUBER_AB)
    return ops.mean(quadratic * (error - quadratic / 2))


def chroma_weighted(lum: KerasTensor, predicted: KerasTensor, truth: KerasTensor) -> KerasTensor:
    """Squared error in which vivid pixels, which are rare, count more.

    Source: ours, after the class rebalancing of Zhang et al. 2016, section 2.2.
    """
    return ops.mean(ops.square(predicted - truth) * _rarity(truth)[..., None])


def psnr(lum: KerasTensor, predicted: KerasTensor, truth: KerasTensor) -> KerasTensor:
    """The mean over photos of minus the PSNR of their sRGB pictures, in units of 10 dB.

    Averaging logarithms makes a photo that can be got right count as much as one that cannot,
    where squared errors would be ruled by the latter.
    """
    per_photo = srgb_error(lum, predicted, truth)
    beyond = OUT_OF_GAMUT * mse(lum, predicted, truth)
    return (ops.mean(ops.log(per_photo + PSNR_FLOOR)) + beyond) / math.log(10)


def srgb_error(lum: KerasTensor, predicted: KerasTensor, truth: KerasTensor) -> KerasTensor:
    """Mean squared error (N,) of each photo in sRGB, 0 to 1."""
    difference = join_lab(lum, predicted) - join_lab(lum, truth)
    return ops.mean(ops.square(difference), axis=(1, 2, 3))


def classes(lum: KerasTensor, logits: KerasTensor, truth: KerasTensor) -> KerasTensor:
    """Cross entropy of colour classes, vivid pixels weighted as in `chroma_weighted`.

    The truth is shared by the four classes around it, bilinearly.

    Source: Zhang et al. 2016, equation 2, where the five nearest share.
    """
    half = ops.average_pool(truth, 2)  # (N, H/2, W/2, 2)
    near = ops.maximum(1 - ops.abs(half[..., None] - np.asarray(AXIS)) / STEP, 0)
    target = near[..., 0, :, None] * near[..., 1, None, :]  # (N, H/2, W/2, 15, 15)
    target = ops.reshape(target, (-1, *half.shape[1:-1], len(AXIS) ** 2))
    entropy = -ops.sum(target * ops.log_softmax(logits, axis=-1), axis=-1)
    return ops.mean(entropy * _rarity(half))


def _rarity(truth: KerasTensor) -> KerasTensor:
    """(N, H, W, 2) ab -> (N, H, W) weights from 1, for gray."""
    return 1 + ops.sqrt(ops.sum(ops.square(truth), axis=-1) + 1e-12) / FULL_CHROMA


LOSSES: dict[str, Loss] = {
    "mse": mse, "huber": huber, "chroma": chroma_weighted, "psnr": psnr, "classes": classes,
}  # fmt: skip
