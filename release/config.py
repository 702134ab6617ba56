"""Settings of adding categories to a bundle."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class CategoryConfig:
    """Settings of adding categories to a bundle; the schedule is that of the shipped networks.

    Attributes:
        raw_dir: one folder of photos per category.
        packed_dir: the same, packed.
        runs_dir: run folders go below it.
        bundle_dir: the bundle that grows.
        results_dir: where the tables go.
        size: side of the training squares in px.
        head_epochs: of the router's new head.
    """

    raw_dir: Path = Path("data/raw")
    packed_dir: Path = Path("data/packed")
    runs_dir: Path = Path("runs")
    bundle_dir: Path = Path("pretrained")
    results_dir: Path = Path("results")
    epochs: int = 8
    steps_per_epoch: int = 10
    batch_size: int = 25
    size: int = 160
    policy: str = "mixed_bfloat16"
    head_epochs: int = 2
