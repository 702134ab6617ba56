"""Ways to train, each for some steps in turn."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import keras

UNCOUNTED = 2  # first steps of a round; Keras draws two batches before it starts

Batches = Callable[[int], Iterator]  # seed -> endless batches


class Variant(NamedTuple):
    """One way to train: a compiled model and what feeds it."""

    name: str
    trainer: "keras.Model"
    batches: Batches


def compare(variants: Sequence[Variant], steps: int, rounds: int, batch_size: int) -> list[float]:
    """Median photos per second of each variant; a first round compiles and is not counted."""
    seconds: list[list[float]] = [[] for _ in variants]
    for number in range(rounds + 1):
        for variant, own in zip(variants, seconds, strict=True):
            took = train_s(variant, steps if number else 1, seed=number)
            if number:
                own.append(took)
    return [steps * batch_size / statistics.median(own) for own in seconds]


def train_s(variant: Variant, steps: int, seed: int) -> float:
    """Seconds of `steps` steps of `model.fit`, after the uncounted ones."""
    import keras

    ends: dict[int, float] = {}  # Keras has fetched the loss by then: the step is done
    clock = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: ends.update({batch: time.perf_counter()})
    )
    clock.async_safe = True  # the next batch is made meanwhile, as in training.loop
    variant.trainer.fit(
        variant.batches(seed),
        steps_per_epoch=UNCOUNTED + steps,
        callbacks=[clock],
        shuffle=False,
        verbose=0,
    )
    return ends[UNCOUNTED + steps - 1] - ends[UNCOUNTED - 1]
