"""What notebooks/07_how_vivid.py reads, made from drawn photos."""

from pathlib import Path

from colorizers.compare import main as compare
from pipeline.modes import main as modes


def make(folder: Path, packed_dir: Path, bundle_dir: Path) -> None:
    """Write folder/results/ by the commands that users have."""
    places = ["--packed-dir", str(packed_dir), "--results-dir", str(folder / "results")]
    router = bundle_dir / "training" / "router.keras"
    sizes = ["--photos", "16", "--batch-size", "2", "--size", "32", "--policy", "float32"]
    runs = ["--runs-dir", str(folder / "runs")]
    assert compare([*places, *runs, *sizes, "--encoder", str(router)]) == 0
    assert modes([*places, "--models", str(bundle_dir), "--limit", "1"]) == 0
