"""Photos in black and white to try the page with: scikit-image's, in the public domain."""

from pathlib import Path

import pyvips

from basics.errors import DataError
from pipeline.media.demo_photos import IN_README, demo_paths

EXAMPLES = (*IN_README, "coffee")


def write_examples(folder: Path) -> list[Path]:
    """Write them in gray, as JPEG; without scikit-image there are none."""
    try:
        originals = demo_paths(EXAMPLES)
    except DataError:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for original in originals:
        paths.append(folder / f"{original.stem}.jpg")
        image = pyvips.Image.new_from_file(str(original)).colourspace("b-w")
        image.write_to_file(str(paths[-1]), Q=92, keep="none")
    return paths
