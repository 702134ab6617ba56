"""One visitor's photo: opened once, then coloured in one way after another."""

import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyvips

from imaging.formats import FORMATS, result_suffix
from pipeline.engine.request import ColorRequest, Limits, Rendering
from pipeline.media.plan import default_output
from pipeline.preview import OpenPhoto, Preview
from pipeline.web.service import ColorService, upload_name

PREVIEW_PX = 1280  # long side of what the page shows
SHEET_PX = 480  # of a photo in the contact sheet
QUALITY = 92


@dataclass(frozen=True, kw_only=True, eq=False)
class Visit:
    """A visitor's photo.

    Attributes:
        name: what the visitor calls it; kept out of paths.
        folder: of its files on this server.
        photo: what is shown and coloured.
        before: a gray JPEG of it, small enough for a page.
    """

    name: str
    folder: Path
    photo: OpenPhoto
    before: Path
    numbers: Iterator[int] = field(default_factory=itertools.count)  # no two results share a name


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown:
    """A photo in colours, small: what the networks said, and a JPEG of it."""

    preview: Preview
    after: Path


def open_upload(service: ColorService, upload: Path, name: str) -> Visit:
    """Open what a visitor has sent.

    Args:
        service: whose limits hold.
        upload: the file, which stays.
        name: what the visitor calls it.

    Raises:
        DataError: it cannot be read.
    """
    folder = service.own_folder()
    try:
        path = folder / upload_name(name)
        shutil.copyfile(upload, path)
        limits = Limits(max_pixels=service.limits.pixels, cancel=service.cancel)
        photo = OpenPhoto(service.colorizer, path, longest_px=PREVIEW_PX, limits=limits)
        before = _write_small(photo.before.colourspace("b-w"), folder / "before.jpg")
    except BaseException:
        shutil.rmtree(folder)
        raise
    return Visit(name=name, folder=folder, photo=photo, before=before)


def color_preview(visit: Visit, request: ColorRequest) -> Shown:
    """Colour a photo at the page's size.

    Raises:
        ConfigError: unknown category or mode.
    """
    preview = visit.photo.color(request)
    after = _write_small(preview.after, visit.folder / f"{next(visit.numbers)}.jpg")
    return Shown(preview=preview, after=after)


def color_full(visit: Visit, request: ColorRequest, rendering: Rendering | None = None) -> Path:
    """Colour a photo at full size, as `pipeline.colorize` does, under a name that tells of it.

    Raises:
        DataError: the photo is damaged, or the disk full.
    """
    rendering = rendering or Rendering()
    name = Path(Path(visit.name).name or "photo")
    suffix = result_suffix(name, visit.photo.frame.photo.loader, rendering.format)
    named = default_output(name.with_suffix(suffix), None, request).name
    target = visit.folder / str(next(visit.numbers)) / named
    return visit.photo.save(target, request, rendering)


def color_sheet(visit: Visit) -> list[tuple[Path, str]]:
    """The photo as each category's colorizer has it: paths of pictures, with the category.

    The categories come in the router's order.
    """
    return [
        (
            _write_small(image, visit.folder / f"{next(visit.numbers)}.jpg"),
            f"{category} {confidence:.0%}",
        )
        for category, confidence, image in visit.photo.sheet(SHEET_PX)
    ]


def close(visit: Visit | None) -> None:
    """Remove all files of a photo."""
    if visit is not None:
        shutil.rmtree(visit.folder, ignore_errors=True)


def format_of(path: Path) -> str:
    """What a result's format is called."""
    suffix = path.suffix.lower().replace(".jpeg", ".jpg").replace(".tiff", ".tif")
    return next(name.upper() for name, one in FORMATS.items() if one == suffix)


def _write_small(image: pyvips.Image, path: Path) -> Path:
    image.write_to_file(str(path), Q=QUALITY, keep="none")
    return path
