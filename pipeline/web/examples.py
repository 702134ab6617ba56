"""Photos in black and white to try the page with: scikit-image's, in the public domain."""

from pathlib import Path

import pyvips

from pipeline.showcase import IN_README

EXAMPLES = (*IN_README, "coffee")


def write_examples(folder: Path) -> list[Path]:
    """Write them in gray, as JPEG; without scikit-image there are none."""
    try:
        from skimage import data
    except ModuleNotFoundError:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name in EXAMPLES:
        image = pyvips.Image.new_from_array(getattr(data, name)(), interpretation="srgb")
        paths.append(folder / f"{name}.jpg")
        image.colourspace("b-w").write_to_file(str(paths[-1]), Q=92)
    return paths
