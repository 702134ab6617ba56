"""Pictures of a result: before and after side by side, and what the router thought.

libvips joins, Pillow draws: it brings a typeface of its own, where a server may have none.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyvips

from basics.errors import DataError
from basics.files import Commit, atomic_write, overwrite
from imaging.metadata.carry import embed, only_noted
from imaging.network_input import fitted, thumbnail
from imaging.photo import first_line, open_photo
from pipeline.engine.request import Rendering
from pipeline.media.names import COMPARE, RANKING, picture_path

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


def write_pictures(
    colored: "Colored", rendering: Rendering, commit: Commit = overwrite, *, missing: bool = False
) -> Iterator[Path]:
    """Write the pictures of a result that are wanted.

    Args:
        colored: the result.
        rendering: which ones.
        commit: how they take their names; see `atomic_write`.
        missing: leave those as they are that are there already.

    Raises:
        DataError: one of them cannot be written.

    Yields:
        the path of each, once it is there.
    """
    wanted = (
        (rendering.compare, COMPARE, write_compare),
        (rendering.ranking, RANKING, write_ranking),
    )
    for is_wanted, ending, write in wanted:
        is_there = missing and os.path.lexists(picture_path(colored.output, ending))
        if is_wanted and not is_there:
            yield write(colored, commit)


def write_compare(colored: "Colored", commit: Commit = overwrite) -> Path:
    """Write <result>_compare.jpg: the photo without its colours, and the result.

    Raises:
        DataError: one of them cannot be read, or the picture not be written.
    """
    both = before_and_after(colored, COMPARE_PX)
    path = picture_path(colored.output, COMPARE)
    with _written(path, commit) as temporary:
        with temporary.open("wb+") as file:
            target = pyvips.Target.new_to_descriptor(file.fileno())
            both.write_to_target(target, ".jpg", Q=92, keep="none")
        embed(temporary, only_noted())
    return path


def write_ranking(colored: "Colored", commit: Commit = overwrite) -> Path:
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
    path = picture_path(colored.output, RANKING)
    with _written(path, commit) as temporary:
        image.save(temporary, "PNG")
        embed(temporary, only_noted())
    return path


def _shortened(name: str, font: "FreeTypeFont | ImageFont", most_px: int) -> str:
    """A name that fits into `most_px`."""
    if font.getlength(name) <= most_px:
        return name
    while name and font.getlength(f"{name}…") > most_px:
        name = name[:-1]
    return f"{name}…"


@contextmanager
def _written(path: Path, commit: Commit) -> Iterator[Path]:
    """Give a temporary file, which takes the picture's name in the end.

    Raises:
        DataError: it cannot be written.
    """
    try:
        with atomic_write(path, commit=commit) as temporary:
            yield temporary
    except (OSError, pyvips.Error) as error:
        why = error.strerror if isinstance(error, OSError) else first_line(error)
        what = f"cannot write a picture of the result: {why}"
        raise DataError(what, path, "choose another output, or free the disk") from error
