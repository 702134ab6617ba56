"""Settings of one classifier training run."""

from dataclasses import dataclass
from pathlib import Path

from basics.errors import ConfigError
from preprocessing.square import SIDE_PX


@dataclass(frozen=True, kw_only=True)
class ClassifierConfig:
    """Settings of one classifier training run.

    Attributes:
        packed_dir: what `python -m preprocessing` wrote.
        run_dir: where checkpoints, history and settings go.
        backbone: a name of `classifier.backbones.BACKBONES`.
        weights: "imagenet" (Keras' download), "none", or a path.
        encoder: checkpoint (or run folder) of a classifier or colorizer whose encoder is taken
            instead; with `epochs` 0 it stays as it is.
        known: the categories of that classifier, in its order: what its head knows of them is
            taken too; None starts a new head.
        categories: which to tell apart, in this order; None takes every packed one.
        epochs: of fine-tuning, after those of the head.
        trainable: "all" layers, the "upper" blocks, or "" for what the backbone's file recommends.
        run_px: side in px at which the photos of the validation split are classified.
        norm_momentum: of the averages that batch normalization keeps for prediction; those of a
            network from scratch lag behind it for 1 / (1 - momentum) steps and more.
    """

    packed_dir: Path
    run_dir: Path
    backbone: str = "mobilenet_v2"
    weights: str = "imagenet"
    encoder: Path | None = None
    known: tuple[str, ...] | None = None
    categories: tuple[str, ...] | None = None
    head_epochs: int = 2  # ours
    epochs: int = 8  # ours; the paper's 500 overfit a pretrained network (IV-B, V)
    steps_per_epoch: int = 0  # 0: as many as show the training split once
    batch_size: int = 32  # ours
    head_learning_rate: float = 1e-3  # ours: Adam's default
    learning_rate: float = 1e-4  # ours; more destroys folded ImageNet weights
    trainable: str = ""
    size: int = 192  # px; side of the training squares
    smallest_px: float = 160.0  # side of the smallest window cut from a 256 px photo
    run_px: int = SIDE_PX
    norm_momentum: float = 0.99  # of batch normalization; Keras' default
    policy: str = "float32"
    seed: int = 0
    minutes: float | None = None
    checkpoint_every: int = 50  # epochs
    save_at: tuple[int, ...] = ()
    rolling_s: float = 120.0

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            ConfigError: a setting is out of its range.
        """
        if self.size % 32 or not 32 <= self.size <= SIDE_PX:
            raise ConfigError(
                f"size {self.size} is no multiple of 32", "--size", "give 32, 64 .. 256"
            )
        if self.run_px % 32 or not 32 <= self.run_px <= SIDE_PX:
            raise ConfigError(
                f"run at {self.run_px} px, no multiple of 32", "--run-px", "give 32, 64 .. 256"
            )
        if self.trainable not in ("", "all", "upper"):
            raise ConfigError(f"trainable {self.trainable!r}", "--trainable", "give all or upper")
        if self.known is not None and self.encoder is None:
            raise ConfigError(
                "known categories, but no classifier that knows them", "--known", "give --encoder"
            )
        if self.policy not in ("float32", "mixed_bfloat16"):
            raise ConfigError(
                f"policy {self.policy!r}", "--policy", "give float32 or mixed_bfloat16"
            )
