"""The networks that are compared, each form with the same budget of photos.

All start from one trained universal network, whose encoder stays as it is. A budget of N photos, C
categories:

| form | networks | what of the decoder learns | photos each |
| --- | --- | --- | --- |
| universal, the control | 1 | all | N, of all categories and of none |
| decoder | C | all | N / C, of its own |
| film | 1 | all, and scales and shifts of each category | N, as the control |
| last_stage | C | its last stage, with the convolution to ab | N / C, of its own |
| mean_ab | those of the control | nothing further | |

A category gets the same number whatever the number of its photos.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from basics.errors import ConfigError
from colorizers.config import UNIVERSAL
from experiments.arms import STAGES, staged_config, steps_per_stage
from experiments.universal_vs_category.runs import FINE_RATE, Network

DECODER, FILM, LAST_STAGE, MEAN_AB = "decoder", "film", "last_stage", "mean_ab"
FORMS = (DECODER, FILM, LAST_STAGE, MEAN_AB)  # beside `UNIVERSAL`
TOLD = {  # architecture of the universal network -> the same, told the category
    "shared_encoder": "film_encoder",
    "quarter_encoder": "film_quarter_encoder",
}
N_LAST = 1  # stages of LAST_STAGE that learn
AVERAGED = 0.1  # share of a run's steps over which its weights are averaged, about; ours
WARMUP = 0.1  # share of its steps in which the learning rate rises; ours
LEAST_AVERAGED = 2.0  # steps; where it would be fewer, the last weights are taken as they are


@dataclass(frozen=True, kw_only=True)
class FormsConfig:
    """Settings of one comparison.

    Attributes:
        universal: run folder of the network from which all start.
        architecture, backbone: of that network.
        packed_dir, runs_dir: packed photos; run folders go below the other.
        photos: the budget N of each form and seed; rounded to whole batches.
        size: px; side of the training squares, and at which all are run and measured.
        batch_size: photos.
        smallest_px: side of the smallest crop of a 256 px photo.
        policy: the precision of training.
    """

    universal: Path
    architecture: str
    backbone: str
    packed_dir: Path
    runs_dir: Path
    photos: int
    size: int
    batch_size: int
    smallest_px: float
    policy: str

    def least_steps(self, n_categories: int) -> int:
        """Batches per stage of a category's network; at least 1."""
        return steps_per_stage(self.photos, n_categories * self.batch_size)

    def budget(self, n_categories: int) -> int:
        """The photos that every form gets: `photos`, rounded."""
        return n_categories * self.least_steps(n_categories) * self.batch_size * STAGES

    def folder(self, form: str, n_categories: int) -> Path:
        """Where the run folders of a form are."""
        budget = f"{self.budget(n_categories)}_photos_{self.size}px"
        return self.runs_dir / self.architecture / budget / form

    def architecture_of(self, form: str) -> str:
        """The architecture of a form's networks."""
        return TOLD[self.architecture] if form == FILM else self.architecture


def require_known(architecture: str, universal: Path) -> str:
    """Return the architecture of a universal network if it has one that is told, too.

    Raises:
        ConfigError: it has none.
    """
    if architecture not in TOLD:
        fix = f"give a run of {' or '.join(TOLD)}, or add a network and its line in `TOLD`"
        raise ConfigError(f"no network like {architecture!r} is told", universal, fix)
    return architecture


def plan(config: FormsConfig, form: str, categories: Sequence[str], seed: int) -> list[Network]:
    """The networks of a form: one for all, one for each category, or none."""
    if form == MEAN_AB:
        return []
    own = categories if form in (DECODER, LAST_STAGE) else [UNIVERSAL]
    return [_network(config, form, categories, one, seed) for one in own]


def _network(
    config: FormsConfig, form: str, categories: Sequence[str], category: str, seed: int
) -> Network:
    n, steps = len(categories), config.least_steps(len(categories))
    steps *= n if category == UNIVERSAL else 1
    averaged = AVERAGED * STAGES * steps
    training = staged_config(
        category=category,
        architecture=config.architecture_of(form),
        backbone=config.backbone,
        init=config.universal,
        packed_dir=config.packed_dir,
        run_dir=config.folder(form, n) / f"{category}_{seed}",
        last_stages=N_LAST if form == LAST_STAGE else 0,
        loss="psnr",
        learning_rate=FINE_RATE,
        weight_decay=1e-4,
        clipnorm=1.0,
        warmup_steps=max(1, round(WARMUP * STAGES * steps)),
        average=round(1 - 1 / averaged, 4) if averaged >= LEAST_AVERAGED else 0.0,
        steps_per_epoch=steps,
        batch_size=config.batch_size,
        side_px=config.size,
        smallest_px=config.smallest_px,
        policy=config.policy,
        seed=seed,
    )
    return Network(name=form, training=training, photos=STAGES * steps * config.batch_size)
