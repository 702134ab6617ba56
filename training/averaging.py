"""The moving average of a network's weights, which is what is judged and shipped.

The optimizer keeps it, in the compiled step and in the checkpoints (Keras' `use_ema`). Here it
takes the place of the weights for a while; training goes on from the weights as they are.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice

import keras

from training.batches import Batch
from training.task import TaskTrainer

SETTLING = 20  # batches over which the statistics of batch normalization are taken anew; ours


class Averaged:
    """Puts the average of a trainer's optimizer into its networks, and takes it out again.

    With it come statistics of batch normalization: those in the networks are of other weights.

    Source: Polyak & Juditsky 1992; statistics: Izmailov et al. 2018 (SWA), section 3.2.
    """

    def __init__(self, trainer: TaskTrainer, batches: Callable[[], Iterator[Batch]]) -> None:
        """Change nothing yet.

        Args:
            trainer: its optimizer keeps an average.
            batches: gives training batches, the same at each call, from which statistics are taken.
        """
        self.trainer, self.batches = trainer, batches
        self._own: list | None = None  # the networks' own values, while the average is in

    def put(self) -> None:
        """Put the average in; does nothing if it is in."""
        if self._own is not None:
            return
        self._own = [keras.ops.convert_to_numpy(one).copy() for one in self._variables]
        self.trainer.optimizer.finalize_variable_values(self.trainer.trainable_variables)
        passes = (partial(self._send, inputs) for (inputs,) in islice(self.batches(), SETTLING))
        settle_norms(list(self.trainer.parts.values()), passes)

    def take_out(self) -> None:
        """Give the networks back what they had, seeds of dropout included, if the average is in."""
        if self._own is not None:
            for variable, value in zip(self._variables, self._own, strict=True):
                variable.assign(value)
        self._own = None

    @property
    def _variables(self) -> list[keras.Variable]:
        return [one for part in self.trainer.parts.values() for one in part.variables]

    def _send(self, inputs: dict) -> None:
        self.trainer.task.forward(inputs, training=True)


def settle_norms(networks: Sequence[keras.Model], passes: Iterator[Callable[[], object]]) -> None:
    """Make the statistics of batch normalization those of some batches, each counting alike.

    Args:
        networks: whose statistics; a frozen inner network keeps its own.
        passes: each sends a batch through the networks, in training mode.

    Source: Wu & Johnson 2021, "Rethinking 'Batch' in BatchNorm", section 3.
    """
    norms = [norm for network in networks for norm in batch_norms(network)]
    usual = [norm.momentum for norm in norms]
    try:
        for number, send in enumerate(passes if norms else ()):
            for norm in norms:
                norm.momentum = number / (number + 1)
            send()
    finally:
        for norm, momentum in zip(norms, usual, strict=True):
            norm.momentum = momentum


def batch_norms(network: keras.Model) -> list[keras.layers.BatchNormalization]:
    """The batch normalizations of a network, and of inner networks that are not frozen."""
    found: list[keras.layers.BatchNormalization] = []
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            found += batch_norms(layer) if layer.trainable else []
        elif isinstance(layer, keras.layers.BatchNormalization):
            found.append(layer)
    return found
