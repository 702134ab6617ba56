"""A colorizer together with what runs in its compiled step: windows cut, Lab split, the loss."""

import math
from typing import Any

import keras
from keras import ops

from colorizers.config import CLASSES
from colorizers.losses import LOSSES, srgb_error
from colorizers.models.class_encoder import with_logits
from training.augment import bend_tones, cut_windows
from training.lab_ops import split_lab


class ColorizerTrainer(keras.Model):
    """Maps a batch of packed photos, windows and tones to predicted and true chrominance."""

    def __init__(self, network: keras.Model, *, size: int, run_px: int, loss: str = "mse") -> None:
        """Train `network` on squares of `size` px; validate on whole photos at `run_px`.

        `loss` is a name of `colorizers.losses.LOSSES`.
        """
        super().__init__(dtype="float32")  # windows keep their precision under mixed_bfloat16
        self.network, self.size, self.run_px = network, size, run_px
        self.error = LOSSES[loss]
        self.with_logits = with_logits(network) if loss == CLASSES else None
        self.psnr_db = keras.metrics.Mean(name="psnr_db")

    def call(
        self, inputs: dict[str, keras.KerasTensor], training: bool = False
    ) -> dict[str, keras.KerasTensor]:
        """A batch of `training_batches` -> lum, what is judged, the true ab (N, size, size, ...).

        In validation also psnr_db (N,); its way to sRGB and back is 6 % of a training step.
        """
        size = self.size if training else self.run_px
        lum, ab = split_lab(cut_windows(inputs["rgb"], inputs["windows"], size))
        shown = bend_tones(lum, inputs["tones"]) if training else lum
        if self.with_logits is None:
            predicted = judged = self.network(shown, training=training)
        else:
            judged, predicted = self.with_logits(shown, training=training)
        outputs = {"lum": lum, "judged": judged, "ground_truth": ab}
        return outputs if training else {**outputs, "psnr_db": _psnr_db(lum, predicted, ab)}

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> keras.KerasTensor:
        """The error of the predicted ab; the truth was cut along with the input."""
        return self.error(y_pred["lum"], y_pred["judged"], y_pred["ground_truth"])

    def compute_metrics(
        self,
        x: Any,
        y: Any,
        y_pred: Any,
        sample_weight: Any = None,
    ) -> dict[str, Any]:
        """The loss; in validation also the photos' mean PSNR in dB, at the network's own size."""
        if "psnr_db" in y_pred:
            self.psnr_db.update_state(y_pred["psnr_db"])
            return self.get_metrics_result()
        results = self.get_metrics_result()
        return {name: value for name, value in results.items() if name != self.psnr_db.name}


def _psnr_db(
    lum: keras.KerasTensor, predicted: keras.KerasTensor, ground_truth: keras.KerasTensor
) -> keras.KerasTensor:
    """PSNR (N,) in dB of two ab (N, H, W, 2) under one lum (N, H, W, 1), in sRGB."""
    mse = srgb_error(lum, predicted, ground_truth)
    return -10 / math.log(10) * ops.log(ops.maximum(mse, 1e-10))
