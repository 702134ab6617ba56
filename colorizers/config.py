"""Settings of one colorizer training run."""

from dataclasses import dataclass
from pathlib import Path

from basics.errors import ConfigError, Setting
from basics.settings import setting
from colorizers.models import NAMES
from colorizers.tasks import JOINT, LOSSES, PERCEPTUAL, require_loss
from preprocessing.square import SIDE_PX
from training.config import RunConfig, require_one_of
from training.encoders.table import NAMES as BACKBONES
from training.encoders.table import USUAL

UNIVERSAL = "universal"  # in place of a category: one network for all of them
JOINT_FACTOR = 1 / 300  # of the cross entropy beside the loss "joint"; Iizuka et al. 2016
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
        last_stages: how many stages of the decoder learn, counted from its end, with the
            convolution to ab; 0: all. The rest is then shared by colorizers that start from one.
        untold: share of the training photos whose category a network that is told it (as
            `film_encoder`) is not told: so it learns to do without.
        tone_spread: how much the tone curves of the training photos vary; 0 leaves them.
        perceptual_weights: ImageNet weights of EfficientNet-Lite0, whose features the loss
            "perceptual" compares; see `training.encoders.efficientnet_lite`.
        perceptual_factor: of the distance of features beside the loss "psnr".
        taught: folder of what teachers predict; see `colorizers.teach`.
        taught_factor: of the loss against what they predict.
        truth_factor: of the loss against the true ab, where there are teachers.
        router_factor: of the cross entropy of a head that tells the categories apart, which the
            encoder then learns as well; 0: none.
        categories_only: whether a universal network leaves out the photos without a category, as
            those of the categories do.
        first_source: how many times as often as the others the photos are shown that came from the
            first of several packed folders, if the network is for photos like those.
        most_photos: how many training photos are seen at most, drawn evenly from all; 0: all.
        old_prints: share of the training photos that are shown as old prints; 0 shows none.
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
    perceptual_weights: Path | None = setting("EfficientNet-Lite0 .npz of loss perceptual", None)
    perceptual_factor: float = setting("of the features' distance, in loss perceptual", 0.1)
    taught: Path | None = setting("what colorizers.teach wrote: teachers beside the truth", None)
    taught_factor: float = setting("of the loss against the teachers", 1.0)
    truth_factor: float = setting("of the loss against the truth beside them", 1.0, zero=True)
    router_factor: float = setting("of the router's loss beside that of colours", 0.0, zero=True)
    categories_only: bool = setting("leave the photos without category out", False)
    first_source: int = setting("times that photos of the first packed folder are shown", 1)
    most_photos: int = setting("training photos, evenly drawn; 0: all", 0, zero=True)
    train_encoder: bool = setting("let the encoder of shared_encoder learn too", False)
    last_stages: int = setting("so many last stages of the decoder learn; 0: all", 0, zero=True)
    untold: float = setting(
        "share of photos whose category is not told, for film_encoder", 0.1, zero=True
    )
    tone_spread: float = setting("variation of tone curves, such as 0.3", 0.0, zero=True)
    old_prints: float = setting("share of photos shown as old prints, 0 to 1", 0.0, zero=True)
    decay: str = setting(f"of the learning rate: {' or '.join(DECAYS)}", "constant")  # ours
    run_px: int = setting("short side at which it is run, px", SIDE_PX)  # III-B
    init: Path | None = setting("checkpoint, run folder or compact weights to start from", None)
    encoder: Path | None = setting(
        "the router's run folder or compact weights; or ImageNet weights (.npz)", None
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
        if self.loss == PERCEPTUAL and self.perceptual_weights is None:
            what = "loss 'perceptual' without the network whose features it compares"
            fix = "give the ImageNet weights of EfficientNet-Lite0 as an .npz file"
            raise ConfigError(what, Setting("perceptual_weights"), fix)
        for name in ("old_prints", "untold"):
            share = getattr(self, name)
            if not 0 <= share <= 1:
                what = f"{name} {share} is no share"
                raise ConfigError(what, Setting(name), "give a number from 0 to 1")
        if self.head_factor and self.category != UNIVERSAL:
            what = "categories are to be told apart, but there is only one"
            fix = f"leave it out, or train {UNIVERSAL!r}"
            raise ConfigError(what, Setting("router_factor" if self.router_factor else "loss"), fix)
        if self.last_stages and self.train_encoder:
            what = "the last stages alone are to learn, and the encoder too"
            raise ConfigError(what, Setting("last_stages"), "leave one of the two out")

    @property
    def head_factor(self) -> float:
        """Of the cross entropy of a head that tells the categories apart; 0: there is none."""
        return self.router_factor or (JOINT_FACTOR if self.loss == JOINT else 0.0)
