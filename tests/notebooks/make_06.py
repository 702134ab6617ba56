"""What notebook 06 reads, from drawn photos."""

from pathlib import Path

from evaluation import blends, evaluate


def make(folder: Path, packed_dir: Path, bundle_dir: Path) -> None:
    """Evaluate a bundle, and measure ways to blend and to look."""
    options = ["--packed-dir", str(packed_dir), "--models", str(bundle_dir)]
    for command in (evaluate, blends):
        failed = command.main([*options, "--results-dir", str(folder / "results")])
        if failed:
            raise RuntimeError(f"{command.__name__} failed")
