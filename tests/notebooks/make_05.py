"""What notebook 05 reads, from drawn photos."""

import shutil
from pathlib import Path

from experiments.universal_vs_category.__main__ import main


def make(folder: Path, packed_dir: Path, bundle_dir: Path) -> None:
    """Compare universal and per-category networks of two categories."""
    for category in ("beach", "fruit"):
        shutil.copytree(packed_dir / category, folder / "two" / category)
    assert main([*options(folder, bundle_dir), *places(folder)]) == 0


def options(folder: Path, bundle_dir: Path) -> list[str]:
    """What makes the command quick, on the two categories in a folder."""
    photos = ["--packed-dir", str(folder / "two"), "--models", str(bundle_dir)]
    short = ["--photos", "64", "--batch-size", "2", "--size", "32", "--seeds", "2"]
    return [*photos, *short, "--architecture", "encoder_decoder", "--policy", "float32"]


def places(folder: Path) -> list[str]:
    """Where its runs and results go."""
    return ["--runs-dir", str(folder / "runs"), "--results-dir", str(folder / "results")]
