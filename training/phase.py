"""Phases of a run: how long and how fast each learns, and by which optimizer."""

import math
from dataclasses import dataclass
from typing import Any

import keras

from training.optimizer import GradedAdamW


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A part of a run with an optimizer of its own: the epochs after `first` up to `last`.

    Attributes:
        weight_decay: of AdamW, decoupled; 0 takes Adam.
        decay: of the learning rate: "constant", or "cosine" to zero at the last epoch (or minute).
        minutes: stop the run as well, if they end before the last epoch.
        validate_every: epochs.
        keep_best: keep the epoch that is best on validation, the initial weights among them.
        average: momentum of the weights' moving average, which is then what is judged and shipped;
            0: none.
        warmup_steps: the first steps, in which the learning rate rises.
        clipnorm: the largest norm of all gradients together; 0: any.
        encoder_rate: share of the learning rate at which the encoder learns, where it does.
    """

    first: int = 0
    last: int
    learning_rate: float
    weight_decay: float = 0.0
    decay: str = "constant"
    minutes: float | None = None
    validate_every: int = 1
    keep_best: bool = False
    average: float = 0.0
    warmup_steps: int = 0
    clipnorm: float = 0.0
    encoder_rate: float = 1.0

    def optimizer(self) -> keras.Optimizer:
        """A new one."""
        others: dict[str, Any] = {"global_clipnorm": self.clipnorm} if self.clipnorm else {}
        if self.average:
            others |= {"use_ema": True, "ema_momentum": self.average}
        if self.warmup_steps or self.encoder_rate != 1:
            others |= {"warmup_steps": self.warmup_steps, "slow_share": self.encoder_rate}
            return GradedAdamW(self.learning_rate, self.weight_decay, **others)
        if self.weight_decay:
            return keras.optimizers.AdamW(self.learning_rate, self.weight_decay, **others)
        return keras.optimizers.Adam(self.learning_rate, **others)

    def rate(self, epoch: int, seconds: float) -> float:
        """The learning rate of an epoch, from 1, that begins after so many seconds."""
        progress = (epoch - 0.5 - self.first) / (self.last - self.first)
        if self.minutes is not None:
            progress = max(progress, seconds / (60 * self.minutes))
        fade = (1 + math.cos(math.pi * min(progress, 1))) / 2 if self.decay == "cosine" else 1
        return self.learning_rate * fade

    @property
    def validated(self) -> list[int]:
        """The epochs after which the validation split is judged, the last one among them."""
        every = self.validate_every
        return sorted({*range(every, self.last + 1, every), self.last})
