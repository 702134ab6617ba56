"""What notebook 04 reads, from drawn photos."""

from pathlib import Path

from evaluation import category_matrix, evaluate
from tests.bundles import copy_with_networks


def make(folder: Path, packed_dir: Path, bundle_dir: Path) -> None:
    """Evaluate a bundle in which two categories have a network of their own, and cross them."""
    models = copy_with_networks(bundle_dir, folder / "models", ["fruit"])
    options = ["--packed-dir", str(packed_dir), "--models", str(models)]
    for command in (evaluate, category_matrix):
        failed = command.main([*options, "--results-dir", str(folder / "results")])
        if failed:
            raise RuntimeError(f"{command.__name__} failed")
