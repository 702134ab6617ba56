"""What notebook 02 reads, from drawn photos."""

from pathlib import Path

from experiments import epochs


def make(folder: Path, packed_dir: Path, bundle_dir: Path) -> None:
    """Train a network of one category for a few epochs, and measure it after each."""
    short = ["--epochs", "1", "2", "3", "--steps-per-epoch", "2", "--batch-size", "4"]
    places = ["--packed-dir", str(packed_dir), "--runs-dir", str(folder / "runs")]
    results = ["--results-dir", str(folder / "results")]
    if epochs.main(["beach", *short, "--size", "32", *places, *results]):
        raise RuntimeError("the epoch benchmark failed")
