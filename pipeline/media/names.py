"""How results and pictures of them are named, and how such a name is told from others."""

import os
import re
import zlib
from collections.abc import Collection
from pathlib import Path

from imaging.formats import FORMATS, READABLE, named_suffix
from imaging.signature import suffix_by_content
from pipeline.engine.bundle import FAITHFUL, Bundle
from pipeline.engine.request import ColorRequest, Rendering

AS_THE_BUNDLE = ColorRequest()

RESULT = "_color"  # what a result's stem ends with
BEST = "best"  # what a result's stem ends with that was coloured so
COMPARE, RANKING = "_compare", "_ranking"  # what pictures of a result end with
LONGEST_NAME = 255  # bytes; of most file systems
ANY_RESULT = re.compile(rf"{RESULT}(_[^/]*)?$")  # whatever bundle it was made by


def default_output(
    path: Path, format_: str | None = None, request: ColorRequest = AS_THE_BUNDLE
) -> Path:
    """`<stem>_color.<ext>` beside the input; the name tells what was asked for.

    As sunset, in the vivid mode: `<stem>_color_sunset_vivid.<ext>`. The suffix is that of `format_`
    if given, else the photo's own if it can be written: other names of JPEG become .jpg; GIF, HEIC
    and AVIF .png. A photo without a suffix gets that of its content. A stem too long for a file's
    name is cut.
    """
    suffix = FORMATS[format_] if format_ else _own_suffix(path)
    message = "".join(f"_{word}" for word in words_of(request))
    return path.with_name(fitting_name(path.stem, f"{RESULT}{message}{suffix}"))


def _own_suffix(path: Path) -> str:
    suffix = path.suffix or suffix_by_content(path) or ""
    return named_suffix(path if path.suffix else Path(f"a{suffix}"))


def fitting_name(stem: str, end: str) -> str:
    """A file's name; a stem too long for it is cut, and a number tells it from others cut alike."""
    most = LONGEST_NAME - len(os.fsencode(end))
    if len(os.fsencode(stem)) <= most:
        return f"{stem}{end}"
    number = f"~{zlib.crc32(os.fsencode(stem)):08x}"
    while len(os.fsencode(stem)) > most - len(number):  # whole characters
        stem = stem[:-1]
    filling = "~" * (most - len(number) - len(os.fsencode(stem)))
    return f"{stem}{filling}{number}{end}"


def picture_path(output: Path, ending: str) -> Path:
    """Where a picture of a result goes: <result>_compare.jpg or <result>_ranking.png."""
    suffix = ".jpg" if ending == COMPARE else ".png"
    return output.with_name(fitting_name(output.stem, f"{ending}{suffix}"))


def picture_paths(output: Path, rendering: Rendering) -> list[Path]:
    """Where the pictures of a result go that are wanted."""
    wanted = [(rendering.compare, COMPARE), (rendering.ranking, RANKING)]
    return [picture_path(output, ending) for is_wanted, ending in wanted if is_wanted]


def words_of(request: ColorRequest) -> list[str]:
    """What a request asks for beyond the bundle's own choices, as words of a file's name."""
    words = [one for one in (request.category, request.mode, request.colorizer) if one]
    if request.top is not None:
        words.append(f"top{request.top}")
    if request.saturation is not None:
        words.append(f"{request.saturation:g}x")
    if request.best:
        words.append(BEST)
    return words


def words_in(bundle: Bundle) -> frozenset[str]:
    """Every word that the names of results made by a bundle may hold, numbers left out."""
    categories = {one for table in bundle.colorizers.values() for one in table}
    modes = {FAITHFUL, *bundle.modes}
    return frozenset({*bundle.categories, *categories, *modes, *bundle.colorizers})


def result_ending(words: Collection[str]) -> re.Pattern[str]:
    """What the stems of results end with: `_color`, `_color_sunset_vivid`, `_color_top2_1.5x`."""
    longest_first = sorted(words, key=len, reverse=True)
    known = "|".join([*map(re.escape, longest_first), r"top\d+", BEST, r"\d+(\.\d+)?(e-\d+)?x"])
    return re.compile(rf"{RESULT}(_({known}))*$")


def photo_of_result(path: Path, ending: re.Pattern[str]) -> Path | None:
    """The photo, without its suffix, whose result or picture a file would be, by its name."""
    stem = path.stem
    for picture in (COMPARE, RANKING):
        without = stem.removesuffix(picture)
        if without != stem and ending.search(without):
            stem = without
    found = ending.search(stem)
    return path.with_name(stem[: found.start()]) if found and found.start() else None


def is_named_as_result(path: Path) -> bool:
    """Whether a file may be a result, or a picture of one, of any bundle, by its name."""
    return bool(ANY_RESULT.search(path.stem))


def is_named_as_photo(path: Path) -> bool:
    """Whether a file's suffix is one of a photo."""
    return path.suffix.lower() in READABLE
