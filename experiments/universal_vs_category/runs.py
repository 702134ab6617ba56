"""The networks that are compared, each with its part of one budget of photos.

A budget of N photos, C categories:

| arm | networks | photos each | photos in all |
| --- | --- | --- | --- |
| universal | 1 | N, of all categories | N |
| from scratch | C | N / C, of its own | N |
| fine-tuned | 1 + C | N / 2 of all, then N / 2C of its own | N |
| universal, continued | 1 | the same N / 2, then N / 2 more of all | N |
| from scratch, N each | C | N, of its own | C times N |

A category's network gets the same number whatever the number of its photos; a universal one sees
each photo of the training split equally often, so more of large categories. Photos without a
category (`any`) are in no arm: both sides see the same ones. All arms keep the last stage (or
all the one best on validation); the learning rate fades by a cosine in each run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from basics.errors import ConfigError, Setting
from colorizers.config import UNIVERSAL, ColorizerConfig
from experiments.arms import STAGES, Arm, staged_config, steps_per_stage

RATE, FINE_RATE = 1e-3, 3e-4  # learning rates from scratch, and of what goes on; release.recipe's

FOR_ALL, HALF, CONTINUED = "universal", "universal, half", "universal, continued"
SCRATCH, FINE_TUNED, EACH = "from scratch", "fine-tuned", "from scratch, N each"
FOLDERS = {
    FOR_ALL: "universal",
    HALF: "half",
    CONTINUED: "continued",
    SCRATCH: "scratch",
    FINE_TUNED: "fine_tuned",
    EACH: "whole_budget",
}


@dataclass(frozen=True, kw_only=True)
class ComparisonConfig:
    """Settings of one comparison.

    Attributes:
        packed_dir, runs_dir: packed photos; run folders go below the other.
        encoder: run folder or checkpoint of the router, for `shared_encoder`.
        photos: the budget N; rounded, so that every arm gets whole batches.
        size: px; side of the training squares, and at which all networks are run and measured.
        smallest_px: side of the smallest crop of a 256 px photo.
        seeds: how many seeds the networks of `seed_category` are trained with.
        seed_universal: train the universal networks with these seeds, too.
        generous: "from scratch, N each" for all categories, not only for `seed_category`.
    """

    packed_dir: Path
    runs_dir: Path
    architecture: str
    encoder: Path | None = None
    photos: int
    size: int
    batch_size: int = 25  # photos; IV-A
    smallest_px: float = 176.0
    policy: str = "float32"
    seeds: int = 1
    seed_category: str
    seed_universal: bool = False
    generous: bool = False
    keep_best: bool = False

    def least_steps(self, n_categories: int) -> int:
        """Batches per stage of the smallest run, the fine-tuning of one category; at least 1."""
        return steps_per_stage(self.photos, 2 * n_categories * self.batch_size)

    def budget(self, n_categories: int) -> int:
        """The photos that every arm gets in all: `photos`, rounded."""
        return 2 * n_categories * self.least_steps(n_categories) * self.batch_size * STAGES


@dataclass(frozen=True, kw_only=True)
class Network(Arm):
    """One network to train; its name is a key of `FOLDERS`."""

    training: ColorizerConfig

    @property
    def category(self) -> str:
        """Its category, or "universal"."""
        return self.training.category

    @property
    def seed(self) -> int:
        """The seed of everything random in it."""
        return self.training.seed


def plan(config: ComparisonConfig, categories: Sequence[str]) -> list[Network]:
    """Every network of the comparison, each after the one that it starts from.

    Raises:
        ConfigError: the category of the seeds was not packed, or a setting is out of its range.
    """
    if config.seed_category not in categories:
        raise ConfigError(
            f"no packed photos of {config.seed_category!r}",
            Setting("seed_category"),
            f"choose one of: {', '.join(categories)}",
        )
    found = []
    for seed in range(config.seeds):
        if seed == 0 or config.seed_universal:
            found += [_network(config, categories, arm, UNIVERSAL, seed) for arm in _UNIVERSAL]
        own = categories if seed == 0 else [config.seed_category]
        for category in own:
            arms = [SCRATCH, FINE_TUNED]
            if config.generous or (seed == 0 and category == config.seed_category):
                arms.append(EACH)
            found += [_network(config, categories, arm, category, seed) for arm in arms]
    return found


_UNIVERSAL = (FOR_ALL, HALF, CONTINUED)
_GOES_ON = (CONTINUED, FINE_TUNED)  # from the half


def _network(
    config: ComparisonConfig, categories: Sequence[str], arm: str, category: str, seed: int
) -> Network:
    steps, n = config.least_steps(len(categories)), len(categories)
    times = {FOR_ALL: 2 * n, HALF: n, CONTINUED: n, SCRATCH: 2, FINE_TUNED: 1, EACH: 2 * n}
    start = seed if config.seed_universal else 0
    training = staged_config(
        category=category,
        packed_dir=config.packed_dir,
        run_dir=_run_dir(config, n, arm, category, seed),
        architecture=config.architecture,
        init=_run_dir(config, n, HALF, UNIVERSAL, start) if arm in _GOES_ON else None,
        encoder=None if arm in _GOES_ON else config.encoder,
        steps_per_epoch=times[arm] * steps,
        batch_size=config.batch_size,
        learning_rate=FINE_RATE if arm in _GOES_ON else RATE,
        side_px=config.size,
        smallest_px=config.smallest_px,
        categories_only=True,
        policy=config.policy,
        seed=seed,
        keep_best=config.keep_best,
        validate_every=1 if config.keep_best else STAGES,
    )
    before = n if arm in _GOES_ON else 0
    shown = (times[arm] + before) * steps * config.batch_size * STAGES
    return Network(name=arm, training=training, photos=shown)


def _run_dir(config: ComparisonConfig, n: int, arm: str, category: str, seed: int) -> Path:
    folder = f"{config.budget(n)}_photos_{config.size}px"
    return config.runs_dir / config.architecture / folder / FOLDERS[arm] / f"{category}_{seed}"
