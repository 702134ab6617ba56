"""The shipped networks, step by step: all trainings of the recipe, each from those before it.

    ImageNet weights ──► a router of gray photos for each encoder: so it gets used to them
    that router      ──► TEACHERS: universal, each with an encoder, a loss, a seed of its own
    teachers         ──► data/taught: the mean of what they predict (`colorizers.teach`)
    a teacher        ──► STUDENT: universal, learns from the teachers and the truth; it is shipped,
                         and its encoder is that of all that follow
    student          ──► the router: a head on that encoder
    student          ──► a decoder for each category, on that encoder
    nothing          ──► the network of the paper, Fig. 3

Every step that trains is a config with a run folder of its own. The numbers are in `schedule.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from basics.errors import ConfigError
from classifier.config import ClassifierConfig
from colorizers.config import UNIVERSAL, ColorizerConfig
from colorizers.tasks import PERCEPTUAL
from colorizers.teach import Lesson
from release.recipe.schedule import (
    BATCH,
    DECODER,
    FIG_3_CATEGORIES,
    LESSON,
    ROUTER_HEAD_EPOCHS,
    SCHEDULE,
    START,
    STEPS_PER_EPOCH,
    STUDENT,
    TEACHERS,
    NetworkSettings,
)


@dataclass(frozen=True, kw_only=True)
class Teaching:
    """A step in which teachers say what they see in each training photo."""

    teachers: tuple[Path, ...]
    packed_dir: Path
    taught_dir: Path
    lesson: Lesson = LESSON


Step = Teaching | ClassifierConfig | ColorizerConfig


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the steps are made of.

    Attributes:
        packed_dir: what `python -m preprocessing` wrote.
        runs_dir: run folders go below it.
        weights: "imagenet", "none", an .npz file, or a folder with `<backbone>_imagenet.npz`.
        teachers: none of them: the student learns from the truth alone.
        student: whose decoder is shipped as the universal one.
    """

    packed_dir: Path
    runs_dir: Path
    weights: str = "imagenet"
    teachers: tuple[NetworkSettings, ...] = TEACHERS
    student: NetworkSettings = STUDENT

    @property
    def student_dir(self) -> Path:
        """The student's run folder, one that `release.export` ships."""
        return self.runs_dir / "colorizers" / self.student.architecture / UNIVERSAL

    @property
    def router_dir(self) -> Path:
        """The router's."""
        return self.runs_dir / "classifier" / self.student.backbone

    def teacher_dir(self, teacher: NetworkSettings) -> Path:
        """A teacher's run folder; it is not shipped."""
        return self.runs_dir / "teachers" / teacher.name

    def start_dir(self, backbone: str) -> Path:
        """The router of gray photos from whose encoder the networks on a backbone start."""
        return self.runs_dir / "start" / backbone

    def init_of(self, network: NetworkSettings) -> Path | None:
        """The teacher from which a network goes on; None if there is none like it."""
        found = [one for one in self.teachers if one.name == network.goes_on_from]
        return self.teacher_dir(found[0]) if found and found[0].is_like(network) else None

    def weights_of(self, backbone: str) -> str:
        """What an encoder starts from, as `ClassifierConfig.weights` has it."""
        folder = Path(self.weights)
        return str(folder / f"{backbone}_imagenet.npz") if folder.is_dir() else self.weights


def iter_steps(plan: Plan, categories: Sequence[str]) -> Iterator[Step]:
    """All steps in their order: each starts from what those before it left.

    Raises:
        ConfigError: the weights of one encoder are given, and there are several.
    """
    networks = (*plan.teachers, plan.student)
    backbones = sorted({one.backbone for one in networks})
    if len(backbones) > 1 and Path(plan.weights).suffix == ".npz":
        what = f"weights of one encoder for {', '.join(backbones)}"
        fix = "give a folder with <backbone>_imagenet.npz of each"
        raise ConfigError(what, f"--weights {plan.weights}", fix)
    for one in backbones:
        yield start_config(plan, one)
    for teacher in plan.teachers:
        yield universal_config(plan, teacher, plan.teacher_dir(teacher))
    taught_dir = plan.runs_dir / "taught"
    if plan.teachers:
        folders = tuple(plan.teacher_dir(one) for one in plan.teachers)
        yield Teaching(teachers=folders, packed_dir=plan.packed_dir, taught_dir=taught_dir)
    taught = taught_dir if plan.teachers else None
    yield universal_config(plan, plan.student, plan.student_dir, taught=taught)
    yield router_config(plan)
    for category in categories:
        yield category_config(plan, category)
    for category in (UNIVERSAL, *(one for one in FIG_3_CATEGORIES if one in categories)):
        yield encoder_decoder_config(plan.packed_dir, plan.runs_dir, category)


def start_config(plan: Plan, backbone: str) -> ClassifierConfig:
    """The router of gray photos: all of its layers learn, from ImageNet weights."""
    return ClassifierConfig(
        packed_dir=plan.packed_dir,
        run_dir=plan.start_dir(backbone),
        backbone=backbone,
        weights=plan.weights_of(backbone),
        **START,
    )


def universal_config(
    plan: Plan, network: NetworkSettings, run_dir: Path, taught: Path | None = None
) -> ColorizerConfig:
    """A teacher, or the student with what its teachers say: encoder and decoder learn together."""
    epochs = max(1, round(network.views / (BATCH * STEPS_PER_EPOCH)))
    init = plan.init_of(network)
    lite0 = Path(plan.weights_of("efficientnet_lite0"))
    return ColorizerConfig(
        category=UNIVERSAL,
        packed_dir=plan.packed_dir,
        run_dir=run_dir,
        architecture=network.architecture,
        backbone=network.backbone,
        init=init,
        encoder=None if init else plan.start_dir(network.backbone),
        train_encoder=True,
        loss=network.loss,
        router_factor=network.router_factor,
        perceptual_weights=lite0 if network.loss == PERCEPTUAL else None,
        seed=network.seed,
        size=network.size,
        learning_rate=network.learning_rate,
        old_prints=network.old_prints,
        taught=taught,
        epochs=epochs,
        checkpoint_every=epochs,
        **SCHEDULE,
    )


def router_config(plan: Plan) -> ClassifierConfig:
    """The router that is shipped: a new head on the student's encoder, which stays as it is."""
    return ClassifierConfig(
        packed_dir=plan.packed_dir,
        run_dir=plan.router_dir,
        backbone=plan.student.backbone,
        encoder=plan.student_dir,
        head_epochs=ROUTER_HEAD_EPOCHS,
        epochs=0,
    )


def category_config(plan: Plan, category: str) -> ColorizerConfig:
    """A category's decoder on the student's encoder, which stays as it is."""
    return ColorizerConfig(
        category=category,
        packed_dir=plan.packed_dir,
        run_dir=plan.student_dir.with_name(category),
        architecture=plan.student.architecture,
        backbone=plan.student.backbone,
        encoder=plan.router_dir,
        init=plan.student_dir,
        **DECODER,
    )


def encoder_decoder_config(packed_dir: Path, runs_dir: Path, category: str) -> ColorizerConfig:
    """The network of Fig. 3 at 128 px: 40 x 25 x 25 photos, 8 x 25 x 25 more for a category."""
    folder = runs_dir / "colorizers" / "encoder_decoder"
    is_universal = category == UNIVERSAL
    return ColorizerConfig(
        category=category,
        packed_dir=packed_dir,
        run_dir=folder / category,
        init=None if is_universal else folder / UNIVERSAL,
        epochs=40 if is_universal else 8,
        learning_rate=1e-3 if is_universal else 3e-4,
        decay="cosine",
        size=128,
        run_px=128,
        smallest_px=176,
        policy="mixed_bfloat16",
        keep_best=not is_universal,
        validate_every=5 if is_universal else 1,
    )
