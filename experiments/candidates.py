"""Which trainings Table I compares, each with the same photos, steps and crops."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from basics.errors import ConfigError, Setting
from classifier.config import ClassifierConfig
from experiments.arms import Arm

SCRATCH, IMAGENET = "scratch", "ImageNet"  # what a training starts from
PAPER_CATEGORIES: tuple[str, ...] = (
    "beach",
    "city",
    "autumn",
    "waterfall",
    "sunset",
    "mountain",
)  # Table I
SIX, EVERY = "six", "every"  # the sets of categories: those of Table I, and all that are packed

RATES = {  # Adam's, from scratch; ours: on the validation split each learns at its own in 100 steps
    "resnet50": 1e-3,
    "vgg19": 1e-4,  # 1e-3 is too much for a network without batch normalization
    "inception_v3": 1e-3,
    "mobilenet_v2": 1e-3,
    "efficientnet_lite0": 1e-3,
    "efficientnet_lite2": 1e-3,
}
FINE_TUNING_RATES = {  # ours; more destroys the batch normalization folded into these
    "mobilenet_v2": 5e-5,
    "efficientnet_lite0": 5e-5,
    "efficientnet_lite2": 5e-5,
}
FINE_TUNING_RATE = 1e-4  # of the others; ours, not tried where ImageNet's weights cannot be had

NORM_MOMENTUM = 0.9  # ours; at Keras' 0.99 a few hundred steps end before the averages settle


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What every training of the table gets alike.

    Attributes:
        px: side of the squares, in training and when measured.
        epochs: of `steps_per_epoch` batches; checkpoints are written between them.
    """

    px: int = 96
    epochs: int = 6
    steps_per_epoch: int = 36
    batch_size: int = 32
    smallest_px: float = 160.0  # side of the smallest crop of a 256 px photo
    policy: str = "mixed_bfloat16"
    seed: int = 0

    @property
    def steps(self) -> int:
        """Batches in all."""
        return self.epochs * self.steps_per_epoch


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A backbone, what it starts from, the categories it tells apart.

    Attributes:
        set_name: of the categories, `SIX` or `EVERY`.
        weights: as `classifier.train --weights` takes them.
    """

    set_name: str
    categories: tuple[str, ...]
    backbone: str
    weights: str

    @property
    def start(self) -> str:
        """`SCRATCH` or `IMAGENET`."""
        return SCRATCH if self.weights == "none" else IMAGENET


def plan(
    packed: Sequence[str], backbones: Sequence[str], weights: str = "none"
) -> Iterator[Candidate]:
    """All trainings of the table: the small set of categories first.

    Args:
        packed: the packed categories.
        backbones: names of `classifier.backbones.BACKBONES`.
        weights: "none" trains from scratch alone; "imagenet" (Keras' download) adds a training from
            these for each backbone, the path of a file one for MobileNetV2.

    Raises:
        ConfigError: fewer than two categories are packed.
    """
    if len(packed) < 2:
        raise ConfigError(
            f"two categories or more are told apart, {len(packed)} is packed",
            Setting("packed_dir"),
            "add photos, then run: python -m preprocessing RAW_DIR PACKED_DIR",
        )
    six = tuple(one for one in PAPER_CATEGORIES if one in packed)
    sets = {SIX: six, EVERY: tuple(packed)}
    for set_name, categories in sets.items():
        for backbone in backbones:
            takes = weights == "imagenet" or (weights != "none" and backbone == "mobilenet_v2")
            for start in ("none", weights) if takes else ("none",):
                if len(categories) >= 2:
                    yield Candidate(
                        set_name=set_name, categories=categories, backbone=backbone, weights=start
                    )


@dataclass(frozen=True, kw_only=True)
class Training(Arm):
    """The training of a candidate."""

    candidate: Candidate
    training: ClassifierConfig


def arms(
    candidates: Iterable[Candidate], budget: Budget, packed_dir: Path, runs_dir: Path
) -> list[Training]:
    """The candidates, each with the settings of its training."""
    return [
        Training(
            name=f"{one.set_name}: {one.backbone} from {one.start}",
            candidate=one,
            training=config_of(one, budget, packed_dir, runs_dir),
            photos=budget.steps * budget.batch_size,
        )
        for one in candidates
    ]


def config_of(
    candidate: Candidate, budget: Budget, packed_dir: Path, runs_dir: Path
) -> ClassifierConfig:
    """The settings of one training.

    From scratch all layers learn in every step. From ImageNet the head alone learns for a third of
    the steps, then what the backbone's file recommends, at a low rate (section IV-B).
    """
    name = f"{candidate.backbone}-{candidate.start.lower()}"
    from_scratch = candidate.start == SCRATCH
    head_epochs = 0 if from_scratch else budget.epochs // 3
    fine_tuning_rate = FINE_TUNING_RATES.get(candidate.backbone, FINE_TUNING_RATE)
    return ClassifierConfig(
        packed_dir=packed_dir,
        run_dir=runs_dir / candidate.set_name / name,
        backbone=candidate.backbone,
        weights=candidate.weights,
        categories=candidate.categories,
        head_epochs=head_epochs,
        epochs=budget.epochs - head_epochs,
        steps_per_epoch=budget.steps_per_epoch,
        batch_size=budget.batch_size,
        learning_rate=RATES[candidate.backbone] if from_scratch else fine_tuning_rate,
        trainable="all" if from_scratch else "",
        size=budget.px,
        norm_momentum=NORM_MOMENTUM,
        smallest_px=budget.smallest_px,
        run_px=budget.px,
        policy=budget.policy,
        seed=budget.seed,
    )
