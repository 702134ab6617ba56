"""What the configs of all trainings share. The names of the fields are the keys of config.json."""

from dataclasses import dataclass
from pathlib import Path

from basics.errors import ConfigError, Setting
from basics.settings import setting
from preprocessing.square import SIDE_PX

POLICIES = ("float32", "mixed_bfloat16")


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Settings that every training run has; a learner's own config adds its own.

    Attributes:
        packed_dir: what `python -m preprocessing` wrote.
        run_dir: where checkpoints, history and settings go.
        epochs: of the last phase.
        size: side in px of the training squares.
        smallest_px: side of the smallest crop of a 256 px photo.
        run_px: side in px at which the photos of the validation split pass the network.
        policy: the precision, one of `POLICIES`.
        minutes: stops the run as well, if they end before the epochs.
        save_at: epochs that are kept besides every `checkpoint_every`-th.
        rolling_s: seconds between the checkpoints that are replaced.
    """

    packed_dir: Path = setting("packed photos")
    run_dir: Path
    epochs: int
    steps_per_epoch: int
    batch_size: int
    learning_rate: float
    size: int = setting("side of the training squares in px", SIDE_PX)
    smallest_px: float = setting("smallest crop, px of 256", SIDE_PX)
    run_px: int
    policy: str = setting(" or ".join(POLICIES), "float32")
    seed: int = setting("of everything random", 0, zero=True)
    minutes: float | None
    save_at: tuple[int, ...] = setting("epochs to keep besides every 50th", (), zero=True)
    checkpoint_every: int = 50  # epochs; IV-A
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
                    Setting(name),
                    f"give 32, 64 .. {SIDE_PX}",
                )
        require_one_of(self, "policy", POLICIES)


def require_one_of(config: object, field: str, allowed: tuple[str, ...]) -> None:
    """Check that a field of a config holds one of a few words.

    Raises:
        ConfigError: it does not.
    """
    value = getattr(config, field)
    if value not in allowed:
        raise ConfigError(f"{field} {value!r}", Setting(field), f"give {' or '.join(allowed)}")
