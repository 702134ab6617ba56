"""Packed photos through a checkpoint, at one size: what the experiments on training measure.

A photo is shrunk to the size at which its network runs, coloured there and compared there with its
shrunk original, in float32 and without the mirror image that `pipeline.colorize` adds: so networks
are compared with each other, not with the figures of the shipped bundle.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics import colorfulness, psnr_db, ssim
from imaging.lab import join_lab, split_lab
from training.encoders.table import USUAL

if TYPE_CHECKING:
    import keras

MEASURES = ("psnr_db", "ssim", "colorfulness", "loss")
BATCH = 25  # photos that pass a network at once
SETTLING = 100  # training photos for the statistics of batch normalization


def shrink(rgb: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """(n, 256, 256, 3) -> (n, size, size, 3), both uint8 sRGB, with the filter of training."""
    import keras

    from training.augment import resize_crops, whole_crops

    if rgb.shape[1] == size or not len(rgb):
        return np.array(rgb[:, :size, :size])
    small = [
        keras.ops.convert_to_numpy(resize_crops(photos, whole_crops(len(photos)), size))
        for photos in _batches(np.asarray(rgb))
    ]
    return np.rint(np.concatenate(small)).clip(0, 255).astype(np.uint8)


def open_network(
    architecture: str, path: Path, train: NDArray[np.uint8] | None, backbone: str = USUAL
) -> "keras.Model":
    """The network of a checkpoint in float32, with settled batch normalization.

    Its running statistics lag behind where training was a few dozen steps: 0.99 of them stay at
    each. So they are taken anew from training photos, for every network alike.

    Args:
        architecture: its name.
        path: the checkpoint.
        train: (n, size, size, 3) uint8 photos on which it was trained, the first 100 count;
            None keeps the statistics, which a network with averaged weights has settled.
        backbone: of its encoder, if it has one.

    Raises:
        CheckpointError: it cannot be read.

    Source of the statistics: Wu & Johnson 2021, "Rethinking 'Batch' in BatchNorm", section 3.
    """
    import keras

    from colorizers.initial_weights import build_random
    from colorizers.models import ARCHITECTURES
    from colorizers.told import count_told
    from training.averaging import settle_norms
    from training.checkpoints import load_checkpoint
    from training.registry import find

    keras.config.set_dtype_policy("float32")
    trained = load_checkpoint(path, with_optimizer=False)
    network = build_random(find(ARCHITECTURES, architecture), backbone, count_told(trained))
    network.set_weights(trained.get_weights())
    if train is not None:
        lightness, _ = split_lab(train[:SETTLING])
        settle_norms([network], iter([lambda: network(lightness, training=True)]))
    return network


def predict(
    network: "keras.Model", rgb: NDArray[np.uint8], told: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """(n, h, w, 3) uint8 photos -> (n, h, w, 2) ab in [-1, 1]; n at least 1.

    A network that is told the category takes `told`, (n, categories), too.
    """
    import keras

    found = []
    for start, photos in zip(range(0, len(rgb), BATCH), _batches(rgb), strict=True):
        lightness = split_lab(photos)[0]
        given = lightness if told is None else [lightness, told[start : start + BATCH]]
        ab = keras.ops.stop_gradient(network(given, training=False))
        found.append(keras.ops.convert_to_numpy(ab))
    return np.clip(np.concatenate(found), -1, 1)


def score(rgb: NDArray[np.uint8], ab: NDArray[np.floating]) -> dict[str, float]:
    """How near chrominance (h, w, 2) brings one photo (h, w, 3) to its colours.

    Returns:
        psnr_db, ssim, colorfulness of the coloured photo; loss, the mean squared error of ab.
    """
    lightness, truth = split_lab(rgb)
    predicted = join_lab(lightness, ab)
    figures = (psnr_db(predicted, rgb), ssim(predicted, rgb), colorfulness(predicted))
    loss = float(np.mean(np.square(ab - truth), dtype=np.float64))
    return dict(zip(MEASURES, (*figures, loss), strict=True))


def score_all(
    rgb: NDArray[np.uint8], ab: NDArray[np.floating] | Sequence[float]
) -> list[dict[str, float]]:
    """Scores of (n, h, w, 3) photos; `ab` is (n, h, w, 2), or one tint (2,) for all of them."""
    everywhere = np.broadcast_to(np.asarray(ab, np.float32), (*rgb.shape[:3], 2))
    return [score(*pair) for pair in zip(rgb, everywhere, strict=True)]


def mean_ab(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(2,) mean chrominance of (n, h, w, 3) photos: the tint to beat."""
    return split_lab(rgb[:, ::4, ::4])[1].mean(axis=(0, 1, 2), dtype=np.float64)


def _batches(photos: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    for start in range(0, len(photos), BATCH):
        yield photos[start : start + BATCH]
