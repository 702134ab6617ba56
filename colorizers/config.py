"""Settings of one colorizer training run."""

from dataclasses import dataclass
from pathlib import Path

from basics.errors import ConfigError, Setting
from basics.settings import setting
from colorizers.models import NAMES
from colorizers.tasks import LOSSES, require_loss
from preprocessing.square import SIDE_PX
from training.config import RunConfig, require_one_of
from training.encoders.table import NAMES as BACKBONES
from training.encoders.table import USUAL

UNIVERSAL = "universal"  # in place of a category: one network for all of them
DECAYS = ("constant", "cosine")


@dataclass(frozen=True, kw_only=True)
class ColorizerConfig(RunConfig):
    """Settings of one colorizer training run; see also `RunConfig`.

    Attributes:
        category: one of the packed categories, or "universal".
        init: checkpoint (or run folder) to start from; None starts from random weights.
        backbone: the encoder of a network that has one, a name of `training.encoders.table`.
        encoder: run folder or checkpoint of the router whose encoder `shared_encoder` takes; or
            ImageNet weights (.npz) of the backbone, for one that learns here without a router.
        average: momentum of the weights' moving average, such as 0.998; 0: none.
        encoder_rate: share of the learning rate at which the encoder learns, where it does.
        loss: a name of `colorizers.tasks.LOSSES`.
        train_encoder: whether the encoder of `shared_encoder` learns too.
        tone_spread: how much the tone curves of the training photos vary; 0 leaves them.
    """

    category: str
    architecture: str = setting(", ".join(NAMES), "encoder_decoder")
    backbone: str = setting(f"encoder: {', '.join(BACKBONES)}", USUAL)
    epochs: int = setting("epochs in all", 500)  # IV-A
    # times batch_size = 625, "the entire dataset" of IV-A
    steps_per_epoch: int = setting("batches", 25)
    batch_size: int = setting("photos per batch", 25)  # IV-A
    minutes: float | None = setting("stop after so many minutes of training", None)
    learning_rate: float = setting("of Adam", 1e-3)  # ours: Adam's default
    weight_decay: float = setting("of AdamW; 0: Adam", 0.0, zero=True)
    loss: str = setting(", ".join(LOSSES), "mse")  # IV-A
    train_encoder: bool = setting("let the encoder of shared_encoder learn too", False)
    tone_spread: float = setting("variation of tone curves, such as 0.3", 0.0, zero=True)
    decay: str = setting(f"of the learning rate: {' or '.join(DECAYS)}", "constant")  # ours
    run_px: int = setting("short side at which it is run, px", SIDE_PX)  # III-B
    init: Path | None = setting("checkpoint, run folder or compact weights to start from", None)
    encoder: Path | None = setting(
        "the router's run folder, for shared_encoder; or ImageNet weights (.npz)", None
    )
    encoder_rate: float = setting("share of the learning rate for the encoder", 1.0)
    warmup_steps: int = setting("first steps, in which the learning rate rises", 0, zero=True)
    clipnorm: float = setting("largest norm of the gradients; 0: any", 0.0, zero=True)
    average: float = setting("momentum of the weights' moving average; 0: none", 0.0, zero=True)
    keep_best: bool = setting("keep the epoch best on validation as best.keras", False)
    validate_every: int = setting("epochs", 1)
    checkpoint_every: int = setting("epochs", 50)  # IV-A

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            ConfigError: a setting is out of its range.
        """
        super().__post_init__()
        require_one_of(self, "backbone", BACKBONES)
        if self.average >= 1:
            what = f"a moving average of momentum {self.average} never moves"
            raise ConfigError(what, Setting("average"), "give less than 1, such as 0.998")
        require_loss(self.loss)
        require_one_of(self, "decay", DECAYS)
