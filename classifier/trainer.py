"""A classifier together with what runs in its compiled step: windows cut, luminance taken."""

from typing import Any

import keras

from preprocessing.square import SIDE_PX
from training.augment import cut_windows
from training.lab_ops import split_lab


class ClassifierTrainer(keras.Model):
    """Maps a batch of packed photos and windows to confidences, through luminance alone."""

    def __init__(self, network: keras.Model, size: int, run_px: int = SIDE_PX) -> None:
        """Train `network` on squares of `size` px; validation takes whole photos at `run_px`."""
        super().__init__(dtype="float32")  # windows keep their precision under mixed_bfloat16
        self.network, self.size, self.run_px = network, size, run_px

    def call(self, inputs: dict[str, keras.KerasTensor], training: bool = False) -> Any:
        """{"rgb": (N, 256, 256, 3) uint8, "windows": (N, 4)} -> (N, categories)."""
        size = self.size if training else self.run_px
        lum, _ = split_lab(cut_windows(inputs["rgb"], inputs["windows"], size))
        return self.network(lum, training=training)

    @staticmethod
    def objective() -> dict[str, Any]:
        """Loss and metrics for `compile`."""
        return {
            "loss": keras.losses.CategoricalCrossentropy(),
            "metrics": [
                keras.metrics.CategoricalAccuracy(name="top_1"),
                keras.metrics.TopKCategoricalAccuracy(3, name="top_3"),
            ],
        }
