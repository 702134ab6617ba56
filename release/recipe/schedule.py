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
        router_factor: of the router's cross entropy beside it.
        seed: of everything random.
        views: photos shown, repetitions counted; rounded to whole epochs.
        size: side of the training squares in px.
        learning_rate: of the decoder, at first; `SCHEDULE` has the encoder's share of it.
        old_prints: share of the photos that are shown as old prints.
        goes_on_from: the teacher whose weights it starts from, where that is a network like it;
            else it starts from the router of gray photos of its backbone.
    """

    name: str
    architecture: str = "shared_encoder"
    backbone: str = "mobilenet_v2"
    loss: str = "psnr"
    router_factor: float = 0.0
    seed: int = 0
    views: int = 100_000
    size: int = 160
    learning_rate: float = 1e-3
    old_prints: float = 0.3
    goes_on_from: str = ""

    def is_like(self, other: "NetworkSettings") -> bool:
        """Whether the weights of one fit the other."""
        return (self.architecture, self.backbone) == (other.architecture, other.backbone)


TEACHERS = (
    NetworkSettings(
        name="lite2_classes", architecture="class_quarter_encoder", backbone="efficientnet_lite2",
        loss="classes", router_factor=0.2, seed=2, views=216_000,
    ),
    NetworkSettings(name="mobilenet", seed=1, views=136_000),
    NetworkSettings(
        name="lite0_huber", architecture="quarter_encoder", backbone="efficientnet_lite0",
        loss="huber", seed=3,
    ),
)  # fmt: skip
STUDENT = NetworkSettings(
    name="student", architecture="class_quarter_encoder", backbone="efficientnet_lite2",
    loss="classes", router_factor=0.2, seed=4, views=100_000, size=192, learning_rate=5e-4,
    goes_on_from="lite2_classes",
)  # fmt: skip
LESSON = Lesson()  # how the teachers are run

# the router of gray photos, from whose encoder the others start
START: dict[str, Any] = {
    "size": 128,
    "smallest_px": 130,
    "run_px": 192,
    "head_epochs": 1,
    "epochs": 4,
    "policy": "mixed_bfloat16",
}
# of teachers and student
BATCH, STEPS_PER_EPOCH = 32, 100  # 3,200 photos an epoch
SCHEDULE: dict[str, Any] = {
    "batch_size": BATCH,
    "steps_per_epoch": STEPS_PER_EPOCH,
    "validate_every": 5,
    "encoder_rate": 0.1,
    "warmup_steps": 200,
    "weight_decay": 1e-4,
    "clipnorm": 1.0,
    "average": 0.999,
    "decay": "cosine",
    "smallest_px": 150,
    "run_px": 192,
    "first_source": 4,
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
