"""Keras steps as they are written, not traced into a graph first.

Tracing costs a small network ten times what a few of its steps do, and most tests are about what
happens around a step. The mark `graph` on a test, or `compiled()` around a fixture's training, has
the step traced as it is for users.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_traced = 0  # how many `compiled()` are open


def install() -> None:
    """Let Keras, if it has been imported, run every step eagerly unless within `compiled()`."""
    keras = sys.modules.get("keras")
    model = getattr(keras, "Model", None)
    if model is not None and "run_eagerly" not in vars(model):
        model.run_eagerly = property(lambda _: not _traced, lambda _, value: None)


@contextmanager
def compiled() -> Iterator[None]:
    """Steps are traced within the block."""
    global _traced
    _traced += 1
    try:
        yield
    finally:
        _traced -= 1
