"""Settings of one colorizer training run."""

from dataclasses import dataclass
from pathlib import Path

from basics.errors import ConfigError
from preprocessing.square import SIDE_PX

LOSS_NAMES = (
    "mse",
    "huber",
    "chroma",
    "psnr",
    "classes",
)  # of colorizers/losses.py, which needs Keras
CLASSES, CLASS_ARCHITECTURE = "classes", "class_encoder"  # go together
UNIVERSAL = "universal"  # in place of a category: one network for all of them


@dataclass(frozen=True, kw_only=True)
class ColorizerConfig:
    """Settings of one colorizer training run.

    Attributes:
        category: one of the packed categories, or "universal".
        packed_dir: what `python -m preprocessing` wrote.
        run_dir: where checkpoints, history and settings go.
        init: checkpoint (or run folder) to start from; None starts from random weights.
        encoder: run folder or checkpoint of the router whose encoder `shared_encoder` takes.
        run_px: short side at which the network is run, and so validated.
        loss: a name of `colorizers.losses.LOSSES`.
        train_encoder: whether the encoder of `shared_encoder` learns too.
        tone_spread: how much the tone curves of the training photos vary; 0 leaves them.
    """

    category: str
    packed_dir: Path
    run_dir: Path
    architecture: str = "encoder_decoder"
    epochs: int = 500  # IV-A
    steps_per_epoch: int = 25  # IV-A; times batch_size = 625, there "the entire dataset"
    batch_size: int = 25  # photos; IV-A
    checkpoint_every: int = 50  # epochs; IV-A
    learning_rate: float = 1e-3  # ours: Adam's default
    weight_decay: float = 0.0  # of AdamW, decoupled
    decay: str = "constant"  # ours; or "cosine"
    loss: str = "mse"  # IV-A
    train_encoder: bool = False
    tone_spread: float = 0.0
    size: int = SIDE_PX  # px; side of the training squares; III-B
    smallest_px: float = SIDE_PX  # side of the smallest window cut from a 256 px photo
    run_px: int = SIDE_PX
    policy: str = "float32"
    seed: int = 0
    minutes: float | None = None
    init: Path | None = None
    encoder: Path | None = None
    keep_best: bool = False  # keep the epoch that is best on validation
    validate_every: int = 1  # epochs
    save_at: tuple[int, ...] = ()
    rolling_s: float = 120.0

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            ConfigError: a setting is out of its range.
        """
        for name in ("size", "run_px"):
            value = getattr(self, name)
            if value % 32 or not 32 <= value <= SIDE_PX:
                raise ConfigError(
                    f"{name} {value} is no multiple of 32 up to {SIDE_PX}",
                    f"--{name.replace('_', '-')}",
                    f"give 32, 64 .. {SIDE_PX}",
                )
        if self.loss not in LOSS_NAMES:
            what = f"unknown loss {self.loss!r}"
            raise ConfigError(what, "--loss", f"choose one of: {', '.join(LOSS_NAMES)}")
        if (self.loss == CLASSES) != (self.architecture == CLASS_ARCHITECTURE):
            raise ConfigError(
                f"loss {self.loss!r} with {self.architecture!r}",
                "--loss",
                f"{CLASSES} is for {CLASS_ARCHITECTURE}, the others for the others",
            )
        if self.decay not in ("constant", "cosine"):
            raise ConfigError(f"decay {self.decay!r}", "--decay", "give constant or cosine")
        if self.policy not in ("float32", "mixed_bfloat16"):
            raise ConfigError(
                f"policy {self.policy!r}", "--policy", "give float32 or mixed_bfloat16"
            )
