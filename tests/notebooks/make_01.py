"""What notebook 01 reads, from drawn photos."""

from pathlib import Path

from experiments import backbones
from tests.thin import build_thin_encoder
from tests.training.imagenet_like import write_weights


def make(folder: Path, packed_dir: Path, bundle_dir: Path) -> None:
    """Train the smallest backbone for two steps from each start; one set, beach alone is no six."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = write_weights(folder / "weights.npz", encoder=build_thin_encoder())
    failed = backbones.main(
        [
            *("--packed-dir", str(packed_dir), "--runs-dir", str(folder / "runs")),
            *("--results-dir", str(folder / "results"), "--weights", str(weights)),
            *("--backbones", "mobilenet_v2", "--px", "32"),
            *("--epochs", "2", "--steps-per-epoch", "1", "--batch-size", "2"),
        ]
    )
    if failed:
        raise RuntimeError("experiments.backbones failed")
