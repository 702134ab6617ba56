"""AdamW with a warm-up, and with parts of a network that learn more slowly than the rest."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("training")
class GradedAdamW(keras.optimizers.AdamW):
    """AdamW whose rate rises at first, and is a share of it for some variables.

    Both are part of the compiled step, so that they hold on every backend. Weight decay goes by the
    whole rate. A checkpoint with it loads where this module is imported, or without its optimizer.

    Attributes:
        warmup_steps: the first steps, in which the rate rises linearly; 0: none.
        slow_share: of the rate, for the variables given to `slow_down`.
    """

    def __init__(
        self, *args: Any, warmup_steps: int = 0, slow_share: float = 1.0, **kwargs: Any
    ) -> None:
        """As AdamW; see the attributes."""
        super().__init__(*args, **kwargs)
        self.warmup_steps, self.slow_share = warmup_steps, slow_share
        self._slow: frozenset[int] = frozenset()

    def slow_down(self, variables: list) -> None:
        """Say which variables learn slowly; before the first step, and again after loading."""
        self._slow = frozenset(id(one) for one in variables)

    def _backend_update_step(
        self, grads: list, trainable_variables: list, learning_rate: Any
    ) -> None:
        """The step of all variables, which each backend takes in a way of its own, in two parts."""
        if self.warmup_steps:
            passed = (ops.cast(self.iterations, "float32") + 1) / self.warmup_steps
            learning_rate = learning_rate * ops.minimum(passed, 1.0)
        pairs = list(zip(grads, trainable_variables, strict=True))
        for is_slow, share in ((False, 1.0), (True, self.slow_share)):
            part = [pair for pair in pairs if (id(pair[1]) in self._slow) == is_slow]
            if part:
                some = [gradient for gradient, _ in part], [variable for _, variable in part]
                super()._backend_update_step(*some, learning_rate * share)

    def get_config(self) -> dict[str, Any]:
        """What a checkpoint holds of it."""
        own = {"warmup_steps": self.warmup_steps, "slow_share": self.slow_share}
        return {**super().get_config(), **own}
