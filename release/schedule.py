"""The numbers of the recipe: which networks are trained, on how many photos, by which schedule."""

from dataclasses import dataclass
from typing import Any

from colorizers.teach import Lesson


@dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """What tells one universal network from another.

    Attributes:
        name: of its run folder; the student has that of its architecture.
        architecture: a name of `colorizers.models`, on an encoder.
        backbone: that encoder, a name of `training.encoders.table`.
        loss: a name of `colorizers.tasks.LOSSES`.
        seed: of everything random.
        views: photos shown, repetitions counted; rounded to whole epochs.
        old_prints: share of them that are shown as old prints.
    """

    name: str
    architecture: str = "shared_encoder"
    backbone: str = "mobilenet_v2"
    loss: str = "psnr"
    seed: int = 0
    views: int = 100_000
    old_prints: float = 0.3


TEACHERS = (
    NetworkSettings(name="lite2", backbone="efficientnet_lite2", seed=1),
    NetworkSettings(name="lite0_huber", backbone="efficientnet_lite0", loss="huber", seed=2),
    NetworkSettings(name="mobilenet_global", architecture="global_encoder", seed=3),
)
STUDENT = NetworkSettings(name="student", architecture="quarter_encoder", views=300_000)
LESSON = Lesson()  # how the teachers are run

# of teachers and student; as `experiments.screening` compares them
BATCH, STEPS_PER_EPOCH = 32, 125  # 4,000 photos an epoch
SCHEDULE: dict[str, Any] = {
    "batch_size": BATCH,
    "steps_per_epoch": STEPS_PER_EPOCH,
    "validate_every": 5,
    "learning_rate": 1e-3,
    "encoder_rate": 0.2,
    "warmup_steps": 100,
    "weight_decay": 1e-4,
    "clipnorm": 1.0,
    "average": 0.998,
    "decay": "cosine",
    "size": 160,
    "smallest_px": 112,
    "policy": "mixed_bfloat16",
}
DECODER: dict[str, Any] = {  # of a category's decoder, which starts from the student's
    "loss": "psnr",
    "epochs": 8,
    "steps_per_epoch": 10,
    "batch_size": 25,
    "validate_every": 1,
    "learning_rate": 3e-4,
    "weight_decay": 0.05,
    "decay": "cosine",
    "size": 160,
    "smallest_px": 128,
    "tone_spread": 0.3,
    "policy": "mixed_bfloat16",
    "keep_best": True,
}
ROUTER_HEAD_EPOCHS = 12
FIG_3_CATEGORIES = ("fruit", "sunset", "forest")  # as far as an hour goes
