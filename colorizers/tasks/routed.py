"""An encoder that must also tell the categories apart: colours, and the router's cross entropy.

Both are read from one pass of the encoder, of which the head sees the last feature map. The head
is thrown away: the router that is shipped is fitted on the finished encoder.
Source: Iizuka et al., "Let there be Color!", 2016, section 3.3.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import keras
from keras import KerasTensor, ops

from colorizers.tasks.regression import TOP
from training.task import Task, Tensors

if TYPE_CHECKING:
    from colorizers.config import ColorizerConfig

ROUTER = "router"  # the part that is the head
COLORS = "colors"


class Routed:
    """A task of ab whose encoder learns the categories too; a photo of `any` teaches it none."""

    columns: tuple[str, ...] = (
        "loss", COLORS, ROUTER, "val_loss", f"val_{COLORS}", f"val_{ROUTER}", "val_psnr_db",
        "val_top_1",
    )  # fmt: skip

    def __init__(self, config: "ColorizerConfig", task: Task) -> None:
        """Add the cross entropy of the head among the parts of `task` to its losses."""
        self.task, self.factor = task, config.head_factor
        self.parts, self.augmentation = task.parts, task.augmentation

    def forward(self, batch: Mapping[str, KerasTensor], training: bool) -> Tensors:
        """What the task makes of a batch; "confidences" and "labels", both (N, categories)."""
        outputs = self.task.forward(batch, training)
        confidences = self.parts[ROUTER](outputs[TOP], training=training)
        labels = ops.one_hot(batch["labels"], confidences.shape[-1], dtype="float32")
        return {**outputs, "confidences": confidences, "labels": labels}

    def losses(self, outputs: Tensors) -> Tensors:
        """The sum of the task's, and the mean cross entropy; a row of zeros has none."""
        pair = outputs["labels"], outputs["confidences"]
        return {
            COLORS: sum(self.task.losses(outputs).values()),
            ROUTER: self.factor * ops.mean(keras.losses.categorical_crossentropy(*pair)),
        }

    def metrics(self, outputs: Tensors) -> Tensors:
        """Those of the task; in validation, whether the true category is the most confident."""
        found = dict(self.task.metrics(outputs))
        if found:
            pair = outputs["labels"], outputs["confidences"]
            found["top_1"] = keras.metrics.categorical_accuracy(*pair)
        return found
