"""Chrominance predicted as classes of colour: cross entropy of their logits."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from keras import KerasTensor, ops
from numpy.typing import NDArray

from colorizers.color_classes import (
    GRID,
    LOGITS,
    ColorClasses,
    classes_of,
    rebalancing,
    share_classes,
)
from colorizers.tasks.regression import Regression, rarity
from imaging.lab import split_lab
from preprocessing.packing import packed_categories
from training.batches import load_photos
from training.task import Parts, Tensors

if TYPE_CHECKING:
    from colorizers.config import ColorizerConfig


PRIOR_PHOTOS = 1000  # of which the prior is taken
PRIOR_STEP = 8  # px between those that count


def cross_entropy(
    logits: KerasTensor, truth: KerasTensor, weights: NDArray[np.float32] | None = None
) -> KerasTensor:
    """Cross entropy of colour classes, vivid pixels weighted as in `chroma_weighted`.

    The truth is shared by the classes around it, as its set of classes says.

    Args:
        logits: (N, h, w, n) of the classes of a set of `color_classes`, in its order.
        truth: (N, H, W, 2) ab; H a multiple of h.
        weights: (n,) of the classes, instead: see `color_classes.rebalancing`.

    Source: Zhang et al. 2016, equation 2.
    """
    small = ops.average_pool(truth, truth.shape[1] // logits.shape[1])  # (N, h, w, 2)
    target = classes_of(logits.shape[-1]).share(small)
    entropy = -ops.sum(target * ops.log_softmax(logits, axis=-1), axis=-1)
    weight = rarity(small) if weights is None else ops.sum(target * weights, axis=-1)
    return ops.mean(entropy * weight)


def class_weights(
    packed_dir: Path, categories: Sequence[str], classes: ColorClasses = GRID
) -> NDArray[np.float32]:
    """Weights of the classes by how rare they are in some of the training photos."""
    some = load_photos(packed_dir, categories, "train").some(PRIOR_PHOTOS)
    pixels = np.stack(
        [some.take(np.array([i]))[0, ::PRIOR_STEP, ::PRIOR_STEP] for i in range(len(some))]
    )
    return rebalancing(share_classes(split_lab(pixels)[1].reshape(-1, 2), classes))


class Classes(Regression):
    """A network that predicts how likely each class is, and ab as their annealed mean."""

    inner = LOGITS

    def __init__(self, config: "ColorizerConfig", parts: Parts) -> None:
        """As `Regression`; the network has a layer `LOGITS`."""
        super().__init__(config, parts)
        self.weights = None
        if config.loss == "classes_balanced":
            is_one = config.category in (known := packed_categories(config.packed_dir))
            names = [config.category] if is_one else known
            n_classes = self.whole.output[LOGITS].shape[-1]
            self.weights = class_weights(config.packed_dir, names, classes_of(n_classes))

    def losses(self, outputs: Tensors) -> Tensors:
        """The cross entropy of the classes."""
        return {self.loss: cross_entropy(outputs[LOGITS], outputs["truth"], self.weights)}
