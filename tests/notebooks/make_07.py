"""What notebooks/07_how_vivid.py reads, made from drawn photos."""

from pathlib import Path

from evaluation.saturations import main as modes
from experiments.losses import main as compare
from pipeline.engine.bundle import ROUTER
from pipeline.engine.bundle_file import read_bundle


def make(folder: Path, packed_dir: Path, bundle_dir: Path) -> None:
    """Write folder/results/ by the commands that users have."""
    assert compare(options(folder, packed_dir, bundle_dir)) == 0
    places = ["--packed-dir", str(packed_dir), "--results-dir", str(folder / "results")]
    assert modes([*places, "--models", str(bundle_dir), "--limit", "1"]) == 0


def options(folder: Path, packed_dir: Path, bundle_dir: Path) -> list[str]:
    """A very short comparison of losses and decoders."""
    places = ["--packed-dir", str(packed_dir), "--results-dir", str(folder / "results")]
    bundle = read_bundle(bundle_dir)
    router = bundle_dir / bundle.find_initial(bundle.router.architecture, ROUTER).file
    sizes = ["--photos", "32", "--batch-size", "2", "--size", "32", "--policy", "float32"]
    return [*places, "--runs-dir", str(folder / "runs"), *sizes, "--encoder", str(router)]
