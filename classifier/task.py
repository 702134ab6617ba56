"""What a classifier learns: the category of a photo, from its lightness alone (section IV-B)."""

from collections.abc import Mapping

import keras
from keras import KerasTensor, ops

from classifier.config import ClassifierConfig
from training.augment import Augmentation, resize_crops
from training.lab_ops import split_lab
from training.task import NETWORK, Parts, Tensors


class Categories:
    """A network that gives each photo confidences in the categories."""

    columns: tuple[str, ...] = ("loss", "top_1", "top_3", "val_loss", "val_top_1", "val_top_3")

    def __init__(self, config: ClassifierConfig, parts: Parts) -> None:
        """Train on squares of `config.size` px; validate on whole photos at `config.run_px`."""
        self.parts = parts
        self.crop_px, self.inference_px = config.size, config.run_px
        self.augmentation = Augmentation(smallest_px=config.smallest_px)

    def forward(self, batch: Mapping[str, KerasTensor], training: bool) -> Tensors:
        """A batch of photos -> their confidences and true categories, both (N, categories)."""
        side = self.crop_px if training else self.inference_px
        lightness, _ = split_lab(resize_crops(batch["rgb"], batch["crops"], side))
        confidences = self.parts[NETWORK](lightness, training=training)
        truth = ops.one_hot(batch["labels"], confidences.shape[-1], dtype="float32")
        return {"confidences": confidences, "truth": truth}

    def losses(self, outputs: Tensors) -> Tensors:
        """The mean cross entropy."""
        entropy = keras.losses.categorical_crossentropy(outputs["truth"], outputs["confidences"])
        return {"cross_entropy": ops.mean(entropy)}

    def metrics(self, outputs: Tensors) -> Tensors:
        """Whether the true category is the most confident one; whether it is among three."""
        pair = outputs["truth"], outputs["confidences"]
        return {
            "top_1": keras.metrics.categorical_accuracy(*pair),
            "top_3": keras.metrics.top_k_categorical_accuracy(*pair, k=3),
        }
