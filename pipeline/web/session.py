"""One visitor's photo: opened once, then coloured in one way after another."""

import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from imaging.formats import FORMATS, result_suffix
from imaging.network_input import fitted, thumbnail
from imaging.photo import Photo, open_photo, reading
from imaging.writer import write_colored
from pipeline.engine.request import Options
from pipeline.engine.results import Predicted, Seen
from pipeline.media.plan import default_output
from pipeline.web.service import Studio, Wish, upload_name

PREVIEW_PX = 1280  # long side of what the page shows
SHEET_PX = 480  # of a photo in the contact sheet
QUALITY = 92


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A visitor's photo.

    Attributes:
        name: what the visitor calls it; kept out of paths.
        folder: of its files on this server.
        seen: the photo, and what the networks see of it.
        before: a gray JPEG of it, small enough for a page.
    """

    name: str
    folder: Path
    seen: Seen
    before: Photo
    numbers: Iterator[int] = field(default_factory=itertools.count)  # no two results share a name


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A photo in colours, small; `predicted` makes it large."""

    predicted: Predicted
    after: Path


def open_upload(studio: Studio, upload: Path, name: str) -> Opened:
    """Open what a visitor has sent.

    Args:
        studio: whose limits hold.
        upload: the file, which stays.
        name: what the visitor calls it.

    Raises:
        DataError: it cannot be read.
    """
    folder = studio.own_folder()
    try:
        path = folder / upload_name(name)
        shutil.copyfile(upload, path)
        options = Options(max_pixels=studio.limits.pixels)
        seen = studio.colorizer(None).look(path, default_output(path), options)
        before = _shrunk(seen.photo, folder / "before.jpg", PREVIEW_PX)
    except BaseException:
        shutil.rmtree(folder)
        raise
    return Opened(name=name, folder=folder, seen=seen, before=before)


def color_preview(studio: Studio, opened: Opened, wish: Wish) -> Preview:
    """Colour a photo at the page's size.

    Raises:
        ConfigError: unknown category or mode.
    """
    colorizer = studio.colorizer(wish.mode)
    colorizer.require_category(wish.options.category)
    (predicted,) = colorizer.predict([opened.seen], wish.options)
    after = _write_small(opened.before, predicted, opened.folder / f"{next(opened.numbers)}.jpg")
    return Preview(predicted=predicted, after=after)


def color_full(studio: Studio, opened: Opened, preview: Preview, wish: Wish) -> Path:
    """Colour a photo at full size, as `pipeline.colorize` does, under a name that tells of it.

    Raises:
        DataError: the photo is damaged, or the disk full.
    """
    photo = opened.seen.photo
    name = Path(Path(opened.name).name or "photo")
    named = name.with_suffix(result_suffix(name, photo.loader, wish.format_))
    target = opened.folder / str(next(opened.numbers)) / default_output(named).name
    studio.colorizer(wish.mode).write(preview.predicted, target, wish.options)
    return target


def color_sheet(studio: Studio, opened: Opened) -> list[tuple[Path, str]]:
    """The photo as each category's colorizer has it: paths of pictures, with the category.

    The categories come in the router's order.
    """
    colorizer = studio.colorizer(None)
    small = _shrunk(opened.seen.photo, opened.folder / f"{next(opened.numbers)}.jpg", SHEET_PX)
    ranking, _ = colorizer.classify(opened.seen.lum)
    sheet = []
    for category, confidence in ranking:
        (predicted,) = colorizer.predict([opened.seen], Options(category=category))
        path = _write_small(small, predicted, opened.folder / f"{next(opened.numbers)}.jpg")
        sheet.append((path, f"{category} {confidence:.0%}"))
    return sheet


def close(opened: Opened | None) -> None:
    """Remove all files of a photo."""
    if opened is not None:
        shutil.rmtree(opened.folder, ignore_errors=True)


def format_of(path: Path) -> str:
    """What a result's format is called."""
    suffix = path.suffix.lower().replace(".jpeg", ".jpg").replace(".tiff", ".tif")
    return next(name.upper() for name, one in FORMATS.items() if one == suffix)


def _shrunk(photo: Photo, path: Path, most_px: int) -> Photo:
    """Write a gray JPEG of a photo, at most so long; give it as a photo."""
    with reading(photo):
        image = thumbnail(photo, *fitted(photo.width, photo.height, most_px))
        image.colourspace("b-w").write_to_file(str(path), Q=QUALITY, keep="none")
    return open_photo(path)


def _write_small(photo: Photo, predicted: Predicted, path: Path) -> Path:
    write_colored(photo, predicted.ab, path, lum=predicted.seen.lum)
    return path
