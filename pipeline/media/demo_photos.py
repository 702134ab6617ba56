"""Photos that come with scikit-image, in the public domain: CC0, NASA, SpaceX."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path

from basics.errors import DataError

PHOTOS = ("coffee", "chelsea", "astronaut", "rocket", "retina", "hubble_deep_field")
IN_README = ("chelsea", "astronaut", "rocket")


def demo_paths(names: Sequence[str] = PHOTOS) -> list[Path]:
    """Their files in colour; scikit-image is not imported for that, and nothing is downloaded.

    Raises:
        DataError: scikit-image is not installed.
    """
    package = importlib.util.find_spec("skimage")
    if package is None or package.origin is None:
        what = "scikit-image is not installed, whose photos are the demonstration"
        fix = "pip install -r lock/web.txt, or give photos of your own: --turing-data FOLDER"
        raise DataError(what, "skimage", fix)
    folder = Path(package.origin).parent / "data"
    return [path for name in names for path in sorted(folder.glob(f"{name}.*"))]
