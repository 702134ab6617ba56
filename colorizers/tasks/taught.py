"""A student: any loss against the truth, and the same loss against what teachers predict.

The teachers' mean ab was computed once for each whole photo (`colorizers.teach`); the crop that a
photo gets is cut from it too. They saw the clean photo, whatever the student is shown.
Source: Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015, section 2.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from keras import KerasTensor

from colorizers.taught_ab import TAUGHT
from imaging.lab import AB_SCALE
from training.augment import resize_crops
from training.old_prints.treat import within_rim
from training.task import Task, Tensors

if TYPE_CHECKING:
    from colorizers.config import ColorizerConfig

TRUTH = "truth"  # as `Regression.forward` calls it


class Taught:
    """A task of ab with teachers beside the truth."""

    columns: tuple[str, ...] = ("loss", TRUTH, TAUGHT, "val_loss", "val_psnr_db")

    def __init__(self, config: "ColorizerConfig", task: Task) -> None:
        """Have `task` judge the outputs twice; on validation, against the truth alone."""
        self.task, self.crop_px = task, config.size
        self.parts, self.augmentation = task.parts, task.augmentation
        self.factors = {TRUTH: config.truth_factor, TAUGHT: config.taught_factor}

    def forward(self, batch: Mapping[str, KerasTensor], training: bool) -> Tensors:
        """What the task makes of a batch; in training also what the teachers predict of it."""
        outputs = self.task.forward(batch, training)
        if training:
            taught = resize_crops(batch[TAUGHT], batch["crops"], self.crop_px) / AB_SCALE
            if "prints" in batch:
                taught = taught * within_rim(batch["prints"], self.crop_px)
            outputs[TAUGHT] = taught
        return outputs

    def losses(self, outputs: Tensors) -> Tensors:
        """The task's losses against both, in training; against the truth, on validation."""
        if TAUGHT not in outputs:
            return self.task.losses(outputs)
        return {
            name: factor * sum(self.task.losses({**outputs, TRUTH: outputs[name]}).values())
            for name, factor in self.factors.items()
        }

    def metrics(self, outputs: Tensors) -> Tensors:
        """Those of the task."""
        return self.task.metrics(outputs)
