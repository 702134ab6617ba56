"""Pictures of a result: before and after side by side, and what the router thought.

libvips joins, Pillow draws: it brings a typeface of its own, where a server may have none.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyvips

from basics.errors import DataError
from basics.files import atomic_write
from imaging.network_input import fitted, thumbnail
from imaging.photo import first_line, open_photo
from pipeline.media.plan import COMPARE, RANKING, fitting_name

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont, ImageFont

    from pipeline.media.colored import Colored

COMPARE_PX = 1600  # long side of each half
GAP_PX = 16
BEST = 5  # categories in the ranking
INK, PALE, BAR, TRACK = "#1f2328", "#59636e", "#2f6f9f", "#e7ebef"


def before_and_after(colored: "Colored", longest_px: int) -> pyvips.Image:
    """The photo without its colours, and the result; each half at most so long.

    Raises:
        DataError: one of them cannot be read.
    """
    size = fitted(colored.width, colored.height, longest_px)
    before = thumbnail(open_photo(colored.input, tolerates=True), *size)
    after = thumbnail(open_photo(colored.output), *size)
    gray = before.colourspace("b-w").colourspace("srgb")
    wide = size[0] >= size[1] * 2  # a panorama: one above the other
    return pyvips.Image.arrayjoin(
        [gray, after.colourspace("srgb")], across=1 if wide else 2, shim=GAP_PX, background=[255]
    )


def write_compare(colored: "Colored") -> Path:
    """Write <result>_compare.jpg: the photo without its colours, and the result.

    Raises:
        DataError: one of them cannot be read, or the picture not be written.
    """
    both = before_and_after(colored, COMPARE_PX)
    path = _beside(colored.output, COMPARE, ".jpg")
    with _written(path) as temporary:
        both.write_to_file(str(temporary), Q=92, keep="none")
    return path


def write_ranking(colored: "Colored") -> Path:
    """Write <result>_ranking.png: a bar for each of the five most confident categories."""
    from PIL import Image, ImageDraw, ImageFont

    width, row, left, right, top = 720, 56, 190, 90, 28
    best = colored.ranking[:BEST]
    image = Image.new("RGB", (width, 2 * top + row * len(best)), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(24)
    for i, (category, confidence) in enumerate(best):
        middle = top + row * i + row // 2
        bar = (left, middle - 13, width - right, middle + 13)
        draw.rounded_rectangle(bar, 4, fill=TRACK)
        length = confidence * (bar[2] - bar[0])
        if length >= 1:
            draw.rounded_rectangle((*bar[:2], bar[0] + length, bar[3]), 4, fill=BAR)
        name = _shortened(category, font, left - 40)
        draw.text((left - 14, middle), name, INK, font, anchor="rm")
        draw.text((width - right + 14, middle), f"{confidence:.0%}", PALE, font, anchor="lm")
    path = _beside(colored.output, RANKING, ".png")
    with _written(path) as temporary:
        image.save(temporary)
    return path


def _shortened(name: str, font: "FreeTypeFont | ImageFont", most_px: int) -> str:
    """A name that fits into `most_px`."""
    if font.getlength(name) <= most_px:
        return name
    while name and font.getlength(f"{name}…") > most_px:
        name = name[:-1]
    return f"{name}…"


@contextmanager
def _written(path: Path) -> Iterator[Path]:
    """Give a temporary file, which takes the picture's name in the end.

    Raises:
        DataError: it cannot be written.
    """
    try:
        with atomic_write(path) as temporary:
            yield temporary
    except (OSError, pyvips.Error) as error:
        why = error.strerror if isinstance(error, OSError) else first_line(error)
        what = f"cannot write a picture of the result: {why}"
        raise DataError(what, path, "choose another output, or free the disk") from error


def _beside(output: Path, ending: str, suffix: str) -> Path:
    return output.with_name(fitting_name(output.stem, f"{ending}{suffix}"))
