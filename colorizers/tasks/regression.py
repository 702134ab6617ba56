"""Chrominance predicted as it is: the paper's error, and others that fade less to brown.

Each error takes lightness (N, H, W, 1), predicted and true ab (N, H, W, 2) as float32, and returns
a number.
"""

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import keras
from keras import KerasTensor, ops

from colorizers.told import count_told
from training.augment import Augmentation, apply_tone_curves, resize_crops
from training.encoders import DECODER, find_encoder
from training.encoders.head import GLOBAL
from training.lab_ops import join_lab, split_lab
from training.old_prints.treat import old_print_lightness, within_rim
from training.task import NETWORK, Parts, Tensors

if TYPE_CHECKING:
    from colorizers.config import ColorizerConfig

Error = Callable[[KerasTensor, KerasTensor, KerasTensor], KerasTensor]

HUBER_AB = 0.05  # errors above it count linearly: 6.4 units of a*, b*
FULL_CHROMA = 0.25  # of the truth, at which a pixel counts twice as much as a gray one
PSNR_FLOOR = 1e-3  # squared error, 30 dB: a photo that is nearly right gains little more
TOP = "top"  # the name of the encoder's last feature map
OUT_OF_GAMUT = 5.0  # weight of ab beside the sRGB error, which is blind beyond the gamut


def mse(lightness: KerasTensor, predicted: KerasTensor, truth: KerasTensor) -> KerasTensor:
    """Mean squared error of ab (section IV-A)."""
    return ops.mean(ops.square(predicted - truth))


def huber(lightness: KerasTensor, predicted: KerasTensor, truth: KerasTensor) -> KerasTensor:
    """Squared for small errors, linear for large ones: a bold guess that fails costs less.

    Source: Huber 1964; `HUBER_AB` is ours.
    """
    error = ops.sqrt(ops.sum(ops.square(predicted - truth), axis=-1) + 1e-12)
    quadratic = ops.minimum(error, HUBER_AB)
    return ops.mean(quadratic * (error - quadratic / 2))


def chroma_weighted(
    lightness: KerasTensor, predicted: KerasTensor, truth: KerasTensor
) -> KerasTensor:
    """Squared error in which vivid pixels, which are rare, count more.

    Source: ours, after the class rebalancing of Zhang et al. 2016, section 2.2.
    """
    return ops.mean(ops.square(predicted - truth) * rarity(truth)[..., None])


def psnr(lightness: KerasTensor, predicted: KerasTensor, truth: KerasTensor) -> KerasTensor:
    """The mean over photos of minus the PSNR of their sRGB pictures, in units of 10 dB.

    Averaging logarithms makes a photo that can be got right count as much as one that cannot,
    where squared errors would be ruled by the latter.
    """
    per_photo = srgb_error(lightness, predicted, truth)
    beyond = OUT_OF_GAMUT * mse(lightness, predicted, truth)
    return (ops.mean(ops.log(per_photo + PSNR_FLOOR)) + beyond) / math.log(10)


ERRORS: dict[str, Error] = {
    "mse": mse,
    "huber": huber,
    "chroma": chroma_weighted,
    "psnr": psnr,
    "joint": mse,  # beside the cross entropy of `tasks.routed`
}


def srgb_error(lightness: KerasTensor, predicted: KerasTensor, truth: KerasTensor) -> KerasTensor:
    """Mean squared error (N,) of each photo in sRGB, 0 to 1."""
    difference = join_lab(lightness, predicted) - join_lab(lightness, truth)
    return ops.mean(ops.square(difference), axis=(1, 2, 3))


def psnr_db(lightness: KerasTensor, predicted: KerasTensor, truth: KerasTensor) -> KerasTensor:
    """PSNR (N,) in dB of two ab (N, H, W, 2) under one lightness (N, H, W, 1), in sRGB."""
    error = srgb_error(lightness, predicted, truth)
    return -10 / math.log(10) * ops.log(ops.maximum(error, 1e-10))


def rarity(truth: KerasTensor) -> KerasTensor:
    """(N, H, W, 2) ab -> (N, H, W) weights from 1, for gray."""
    return 1 + ops.sqrt(ops.sum(ops.square(truth), axis=-1) + 1e-12) / FULL_CHROMA


def with_inner(network: keras.Model, layer: str = "") -> keras.Model:
    """What `network` takes -> {"ab": (N, H, W, 2)}, and what it goes by on the way.

    Args:
        network: a colorizer; one on an encoder also gives "top", the last feature map, and so does
            one with a layer `GLOBAL` its output.
        layer: of its decoder, or of a network without encoder, whose output is given too, by the
            same name.
    """
    encoder = find_encoder(network)
    if encoder is None or all(one.name != DECODER for one in network.layers):
        wanted = {layer: layer, GLOBAL: TOP}
        own = {wanted[one.name]: one.output for one in network.layers if one.name in wanted}
        return keras.Model(network.inputs, {"ab": network.output} | own)
    decoder = network.get_layer(DECODER)
    inner = {"ab": decoder.output} | ({layer: decoder.get_layer(layer).output} if layer else {})
    lightness, *others = [keras.Input(one.shape[1:], name=one.name) for one in network.inputs]
    features = encoder(lightness)
    given = {one.name: one for one in (lightness, *others)}
    beside = [given[one.name] for one in decoder.inputs[len(features) :]]
    outputs = keras.Model(decoder.inputs, inner)([*features, *beside])
    return keras.Model([lightness, *others] if others else lightness, outputs | {TOP: features[-1]})


class Regression:
    """A network that predicts ab, by one of `ERRORS`."""

    columns: tuple[str, ...] = ("loss", "val_loss", "val_psnr_db")
    inner = ""  # the layer of the decoder whose output the loss needs as well

    def __init__(self, config: "ColorizerConfig", parts: Parts) -> None:
        """Train on squares of `config.size` px; validate on whole photos at `config.run_px`."""
        self.parts, self.loss = parts, config.loss
        self.whole = with_inner(parts[NETWORK], self.inner)
        self.n_categories = count_told(parts[NETWORK])
        self.crop_px, self.inference_px = config.size, config.run_px
        self.augmentation = Augmentation(
            smallest_px=config.smallest_px,
            gamma_jitter=config.tone_spread,
            old_prints=config.old_prints,
            crop_px=config.size,
            untold=config.untold if self.n_categories else 0.0,
        )

    def forward(self, batch: Mapping[str, KerasTensor], training: bool) -> Tensors:
        """A batch -> lightness, the true ab, and what is predicted, (N, crop_px, crop_px, ...).

        In validation also psnr_db (N,); its way to sRGB and back is 6 % of a training step. A photo
        that is shown as an old print keeps its lightness and its true ab; its rim is gray.
        """
        side = self.crop_px if training else self.inference_px
        rgb = resize_crops(batch["rgb"], batch["crops"], side)
        lightness, ab = split_lab(rgb)
        shown = lightness
        if training and "prints" in batch:
            shown = old_print_lightness(rgb, batch["prints"], batch["grain"])
            ab = ab * within_rim(batch["prints"], side)
        if training:
            shown = apply_tone_curves(shown, batch["tone_curves"])
        given = [shown, self.categories(batch)] if self.n_categories else shown
        outputs = {"lightness": lightness, "truth": ab, **self.whole(given, training=training)}
        if not training:
            outputs["psnr_db"] = psnr_db(lightness, outputs["ab"], ab)
        return outputs

    def categories(self, batch: Mapping[str, KerasTensor]) -> KerasTensor:
        """(N, n_categories) one-hot, for a network that is told; zeros where it is told nothing."""
        one_hot = ops.one_hot(batch["labels"], self.n_categories, dtype="float32")
        return one_hot * batch["told"][:, None] if "told" in batch else one_hot

    def losses(self, outputs: Tensors) -> Tensors:
        """The error of the predicted ab."""
        error = ERRORS[self.loss]
        return {self.loss: error(outputs["lightness"], outputs["ab"], outputs["truth"])}

    def metrics(self, outputs: Tensors) -> Tensors:
        """In validation the photos' PSNR in dB, at the network's own size."""
        return {name: one for name, one in outputs.items() if name == "psnr_db"}
