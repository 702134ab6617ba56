"""Settings of one classifier training run."""

from dataclasses import dataclass
from pathlib import Path

from basics.errors import ConfigError, Setting
from basics.settings import setting
from classifier.backbones import NAMES
from preprocessing.square import SIDE_PX
from training.config import RunConfig


@dataclass(frozen=True, kw_only=True)
class ClassifierConfig(RunConfig):
    """Settings of one classifier training run; see also `RunConfig`.

    Attributes:
        backbone: a name of `classifier.backbones.BACKBONES`.
        weights: "imagenet" (Keras' download), "none", or a path.
        encoder: checkpoint (or run folder) of a classifier or colorizer whose encoder is taken
            instead; with `epochs` 0 it stays as it is.
        known: the categories of that classifier, in its order: what its head knows of them is
            taken too; None starts a new head.
        categories: which to tell apart, in this order; None takes every packed one.
        epochs: of fine-tuning, after those of the head.
        steps_per_epoch: 0 takes as many as show the training split once.
        trainable: "all" layers, the "upper" blocks, or "" for what the backbone's file recommends.
        norm_momentum: of the averages that batch normalization keeps for prediction; those of a
            network from scratch lag behind it for 1 / (1 - momentum) steps and more.
    """

    backbone: str = setting(", ".join(NAMES), "mobilenet_v2")
    weights: str = setting("imagenet (Keras' download), none, or a path", "imagenet")
    encoder: Path | None = setting(
        "network whose encoder is taken: checkpoint, compact weights or run folder", None
    )
    known: tuple[str, ...] | None = setting(
        "its categories: what its head knows is taken", None, metavar="NAME"
    )
    categories: tuple[str, ...] | None = setting(
        "to tell apart [every packed one]", None, metavar="NAME"
    )
    head_epochs: int = setting("epochs of the head alone", 2, zero=True)  # ours
    # ours; the paper's 500 overfit a pretrained network (IV-B, V)
    epochs: int = setting("epochs of fine-tuning", 8, zero=True)
    steps_per_epoch: int = setting("batches; 0: the training split once", 0, zero=True)
    batch_size: int = setting("photos per batch", 32)  # ours
    head_learning_rate: float = 1e-3  # ours: Adam's default
    # ours; more destroys folded ImageNet weights
    learning_rate: float = setting("of fine-tuning", 1e-4)
    trainable: str = setting("all or upper layers [as the backbone recommends]", "")
    size: int = setting("side of the training squares in px", 192)
    smallest_px: float = setting("smallest crop, px of 256", 160.0)
    run_px: int = setting("side at which it is validated, px", SIDE_PX)
    norm_momentum: float = 0.99  # of batch normalization; Keras' default
    minutes: float | None = setting("stop fine-tuning after so many minutes", None)

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            ConfigError: a setting is out of its range.
        """
        super().__post_init__()
        if self.trainable not in ("", "all", "upper"):
            raise ConfigError(
                f"trainable {self.trainable!r}", Setting("trainable"), "give all or upper"
            )
        if self.known is not None and self.encoder is None:
            raise ConfigError(
                "known categories, but no classifier that knows them",
                Setting("known"),
                "name the classifier that knows them",
                Setting("encoder"),
            )
