"""What notebook 05 reads, from drawn photos."""

import shutil
from pathlib import Path

from pipeline.claim.__main__ import main as claim


def make(folder: Path, packed_dir: Path, bundle_dir: Path) -> None:
    """Compare universal and per-category networks of two categories."""
    for category in ("beach", "fruit"):
        shutil.copytree(packed_dir / category, folder / "two" / category)
    short = ["--photos", "64", "--batch-size", "2", "--size", "32", "--seeds", "2"]
    network = ["--architecture", "encoder_decoder", "--policy", "float32"]
    places = ["--packed-dir", str(folder / "two"), "--models", str(bundle_dir)]
    results = ["--runs-dir", str(folder / "runs"), "--results-dir", str(folder / "results")]
    assert claim([*short, *network, *places, *results]) == 0
