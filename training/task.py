"""What is learnt, apart from how a run goes: one file per task, one line in its learner's table.

`TaskTrainer` is the one Keras model that is fitted, whatever the task. It runs the task's forward
pass in `call` and sums its losses in `compute_loss`, both in the compiled step of any backend. An
adversarial loss needs no loop of its own: the discriminator judges the network's picture through
`stateless_call` on `ops.stop_gradient(weight)` for each of its weights, so that this term moves the
network alone, and through its own weights a picture under `ops.stop_gradient`, so that the other
term moves the discriminator alone; tests/training/test_backends.py does it on all backends.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import keras
from keras import KerasTensor

from training.augment import Augmentation

Parts = dict[str, keras.Model]
Tensors = dict[str, KerasTensor]
NETWORK = "network"  # the part that every task has: what is shipped


class Task(Protocol):
    """What is learnt by which networks.

    A task holds its networks rather than being handed them at each call: one that needs the logits
    inside a network takes them out of it once. What the host draws is an object that draws, not a
    list of names: hints will be drawn in another way than crops.

    Attributes:
        columns: of history.csv between epoch and seconds: "loss", "val_loss", the names of
            `metrics`, and of `losses` where there are several, for validation after "val_".
        parts: what is trained and saved, `NETWORK` among them.
        augmentation: what the host draws for a batch.
    """

    columns: tuple[str, ...]
    parts: Parts
    augmentation: Augmentation

    def forward(self, batch: Mapping[str, KerasTensor], training: bool) -> Tensors:
        """A batch of `training_batches` -> what losses and metrics are made of, each (N, ...)."""
        ...

    def losses(self, outputs: Tensors) -> Tensors:
        """Name -> number; their sum is what is made small."""
        ...

    def metrics(self, outputs: Tensors) -> Tensors:
        """Name -> (N,) a number for each photo, of which history.csv holds the mean."""
        ...


class TaskTrainer(keras.Model):
    """Trains the parts of a task."""

    def __init__(self, task: Task) -> None:
        """Compile it with an optimizer alone."""
        super().__init__(dtype="float32")  # crops keep their precision under mixed_bfloat16
        self.task, self.parts = task, dict(task.parts)
        names = dict.fromkeys(one.removeprefix("val_") for one in task.columns)
        self.means = {name: keras.metrics.Mean(name=name) for name in names if name != "loss"}
        self.terms: tuple[str, ...] = ()  # of the loss, where each has a column

    def call(self, inputs: dict[str, KerasTensor], training: bool = False) -> Tensors:
        """The outputs of the task's networks for a batch."""
        return self.task.forward(inputs, training)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> KerasTensor:
        """The sum of the task's losses; the truth was cut along with the input."""
        losses = self.task.losses(y_pred)
        self.terms = tuple(name for name in losses if name in self.means)
        for name in self.terms:
            self.means[name].update_state(losses[name])
        first, *others = losses.values()
        return sum(others, start=first)

    def compute_metrics(
        self,
        x: Any,
        y: Any,
        y_pred: Any,
        sample_weight: Any = None,
    ) -> dict[str, Any]:
        """The loss, its terms, and the metrics that the task has of these outputs."""
        metrics = self.task.metrics(y_pred)
        for name, values in metrics.items():
            self.means[name].update_state(values)
        reported = {"loss", *self.terms, *metrics}
        return {name: one for name, one in self.get_metrics_result().items() if name in reported}
