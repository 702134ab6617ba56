"""Settings of adding categories to a bundle."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class CategoryConfig:
    """Settings of adding categories to a bundle; the schedule is that of the shipped networks.

    Attributes:
        raw_dirs: each a folder of photos per category; what is scraped goes into the first.
        packed_dir: the same, packed.
        splits: assignments that are taken as given; see `preprocessing.packing.pack`.
        runs_dir: run folders go below it.
        bundle_dir: the bundle that grows.
        results_dir: where the tables go.
        size: side of the training squares in px.
        head_epochs: of the router's new head.
    """

    raw_dirs: tuple[Path, ...] = (Path("data/raw"),)
    packed_dir: Path = Path("data/packed")
    splits: Path | None = None
    runs_dir: Path = Path("runs")
    bundle_dir: Path = Path("pretrained")
    results_dir: Path = Path("results")
    epochs: int = 8
    steps_per_epoch: int = 10
    batch_size: int = 25
    size: int = 160
    policy: str = "mixed_bfloat16"
    head_epochs: int = 2
