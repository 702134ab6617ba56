"""A colorizer together with what runs in its compiled step: windows cut, Lab split, the loss."""

from typing import Any

import keras
from keras import ops

from training.augment import cut_windows
from training.lab_ops import split_lab


class ColorizerTrainer(keras.Model):
    """Maps a batch of packed photos and windows to predicted and true chrominance."""

    def __init__(self, network: keras.Model, *, size: int, run_px: int) -> None:
        """Train `network` on squares of `size` px; validate on whole photos at `run_px`."""
        super().__init__(dtype="float32")  # windows keep their precision under mixed_bfloat16
        self.network, self.size, self.run_px = network, size, run_px

    def call(
        self, inputs: dict[str, keras.KerasTensor], training: bool = False
    ) -> dict[str, keras.KerasTensor]:
        """{"rgb": (N, 256, 256, 3) uint8, "windows": (N, 4)} -> both ab, (N, size, size, 2)."""
        size = self.size if training else self.run_px
        lum, ab = split_lab(cut_windows(inputs["rgb"], inputs["windows"], size))
        return {"predicted": self.network(lum, training=training), "ground_truth": ab}

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> keras.KerasTensor:
        """Mean squared error of ab (section IV-A); the truth was augmented along with the input."""
        return ops.mean(ops.square(y_pred["predicted"] - y_pred["ground_truth"]))

    def compute_metrics(
        self,
        x: Any,
        y: Any,
        y_pred: Any,
        sample_weight: Any = None,
    ) -> dict[str, Any]:
        """The loss is the only figure: history.csv holds it for training and validation."""
        return self.get_metrics_result()
