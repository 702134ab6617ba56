"""The real photos of the Turing test: those of a folder, or scikit-image's own."""

import logging
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from basics.cli import progress
from basics.errors import DataError, ProjectError
from basics.names import RESERVED
from imaging.formats import READABLE
from imaging.network_input import TINT_PX, has_color, thumbnail
from imaging.photo import open_photo, reading
from pipeline.media.demo_photos import demo_paths
from pipeline.media.plan import find_photos

log = logging.getLogger(__name__)

TONED, UNREADABLE = "gray or toned", "unreadable"  # reasons for leaving a photo out
OPTION = "--turing-data FOLDER"
AT_ONCE = 4  # photos that are looked at; libvips leaves the processors to whoever is free
FIX = f"put colour photos there, flat or in a folder per category: {', '.join(sorted(READABLE))}"


@dataclass(frozen=True, kw_only=True)
class RealPhoto:
    """A photo that can be drawn.

    Attributes:
        name: its path below the folder; what is no UTF-8 in it is replaced.
        path: the file.
        category: the name of its folder; None if it lies in none.
    """

    name: str
    path: Path
    category: str | None


def read_photos(folder: Path | None = None) -> tuple[list[RealPhoto], Counter[str]]:
    """The photos in colour, and how many were left out for which reason.

    Args:
        folder: with photos, or with a folder of photos for each category; None takes those that
            come with scikit-image.

    Raises:
        DataError: there is no photo of use, or a category has a name that means something else.
    """
    found = _demonstration() if folder is None else _photos_below(folder)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        looking = pool.map(_reason_against, found)
        reasons = list(progress(looking, "looking for colour", total=len(found)))
    kept = [photo for photo, reason in zip(found, reasons, strict=True) if reason is None]
    left_out = Counter(reason for reason in reasons if reason)
    counts = ", ".join(f"{number} {reason}" for reason, number in sorted(left_out.items()))
    log.info("kept %d of %d photos%s", len(kept), len(found), f": {counts}" if counts else "")
    if not kept:
        raise DataError(f"no photo in colour among {len(found)}", folder or "scikit-image", FIX)
    return kept, left_out


def _photos_below(folder: Path) -> list[RealPhoto]:
    """Every visible photo below a folder; its category is the folder right below."""
    if not folder.is_dir():
        raise DataError("no such folder of photos", folder, f"name one that is there: {OPTION}")
    unread: list[ProjectError] = []
    paths = [path.relative_to(folder) for path in find_photos(folder, unread)]
    for error in unread:
        log.warning("%s", error)
    return [
        RealPhoto(name=_text(path), path=folder / path, category=_category(folder, path))
        for path in paths
        if not any(part.startswith(".") for part in path.parts)
    ]


def _category(folder: Path, path: Path) -> str | None:
    """The uppermost folder of a path below `folder`; None if there is none."""
    if len(path.parts) == 1:
        return None
    name = path.parts[0]
    if name in RESERVED:
        raise DataError(f"a category cannot be named {name!r}", folder / name, "rename the folder")
    return _text(Path(name))


def _text(path: Path) -> str:
    return os.fsencode(path.as_posix()).decode(errors="replace")


def _demonstration() -> list[RealPhoto]:
    """The colour photos that lie in scikit-image's own folder; it is not imported for that."""
    paths = demo_paths()
    return [RealPhoto(name=path.name, path=path, category=None) for path in paths]


def _reason_against(photo: RealPhoto) -> str | None:
    """Why a photo cannot be drawn; None if it can."""
    try:
        opened = open_photo(photo.path)
        with reading(opened):
            return None if has_color(thumbnail(opened, TINT_PX, TINT_PX)) else TONED
    except DataError as error:
        log.warning("left out: %s", error)
        return UNREADABLE
