"""What notebook 03 reads, from drawn photos and from scikit-image's."""

from pathlib import Path

from evaluation import gallery, showcase


def make(folder: Path, packed_dir: Path, bundle_dir: Path) -> None:
    """Pick the best and worst coloured of the drawn photos; colour scikit-image's."""
    options = ["--models", str(bundle_dir), "--results-dir", str(folder / "results")]
    places = ["--packed-dir", str(packed_dir), "--sheets-dir", str(folder / "sheets")]
    faint = ["--count", "1", "--least-colorfulness", "0"]  # as a network of 4 steps colours
    examples = ["--examples-dir", str(folder / "examples")]
    if gallery.main([*options, *places, *faint]) or showcase.main([*options, *examples]):
        raise RuntimeError("a command failed")
