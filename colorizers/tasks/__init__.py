"""LOSSES, the table of what a colorizer can be trained to make small, and the task of each.

A new loss is a function in the file of its task and a line here; a new task a file, and a line in
`find_task`. Nothing here imports Keras, so that commands can list the names.
"""

from typing import TYPE_CHECKING

from basics.errors import ConfigError, Setting
from basics.names import require_name
from training.registry import BINS_UV, CLASSES, REGRESSION, REGRESSION_UV

if TYPE_CHECKING:
    from colorizers.config import ColorizerConfig
    from training.registry import ModelSpec
    from training.task import Parts, Task

PERCEPTUAL, JOINT = "perceptual", "joint"
LOSSES = {  # name: what the network predicts
    "mse": REGRESSION,
    "huber": REGRESSION,
    "chroma": REGRESSION,
    "psnr": REGRESSION,
    JOINT: REGRESSION,
    PERCEPTUAL: REGRESSION,
    "classes": CLASSES,
    "classes_balanced": CLASSES,
    "huber_uv": REGRESSION_UV,
    "bins_uv": BINS_UV,
}


def require_loss(loss: str) -> None:
    """Check that there is such a loss.

    Raises:
        ConfigError: there is none; the message offers the nearest.
    """
    require_name(loss, list(LOSSES), what="loss", where=Setting("loss"))


def require_task(spec: "ModelSpec", loss: str) -> None:
    """Check that a network predicts what a loss is of.

    Raises:
        ConfigError: it does not.
    """
    if LOSSES[loss] != spec.task:
        fitting = [name for name, task in LOSSES.items() if task == spec.task]
        what = f"loss {loss!r} with {spec.name!r}"
        raise ConfigError(what, Setting("loss"), f"for {spec.name} give {' or '.join(fitting)}")


def find_task(config: "ColorizerConfig", parts: "Parts") -> "Task":
    """The task of a config's loss, on the networks of a run."""
    from colorizers.tasks.classes import Classes
    from colorizers.tasks.luv import LuvBins, LuvRegression
    from colorizers.tasks.perceptual import Perceptual
    from colorizers.tasks.regression import Regression
    from colorizers.tasks.routed import ROUTER, Routed
    from colorizers.tasks.taught import Taught

    tasks = {
        REGRESSION: Regression,
        CLASSES: Classes,
        PERCEPTUAL: Perceptual,
        REGRESSION_UV: LuvRegression,
        BINS_UV: LuvBins,
    }
    kind = config.loss if config.loss in tasks else LOSSES[config.loss]
    task = tasks[kind](config, parts)
    if config.taught:
        task = Taught(config, task)
    return Routed(config, task) if ROUTER in parts else task
