"""Which files are to be coloured, and where each result goes. Nothing is read or written here."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from preprocessing.errors import DataError, ProjectError

FORMATS = {"jpg": ".jpg", "png": ".png", "webp": ".webp", "tiff": ".tif"}  # that we can write
WRITABLE = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"}
READABLE = WRITABLE | {".gif", ".avif", ".heic", ".heif"}  # what a folder is searched for


@dataclass(frozen=True, kw_only=True)
class Task:
    """One photo to colour, and the path of the result."""

    photo: Path
    output: Path


def default_output(path: Path, format_: str | None = None) -> Path:
    """`<stem>_color.<ext>` beside the input.

    The suffix is that of `format_` if given, else the photo's own if it can be written: GIF, HEIC
    and AVIF become PNG.
    """
    own = path.suffix if path.suffix.lower() in WRITABLE else ".png"
    return path.with_name(f"{path.stem}_color{FORMATS[format_] if format_ else own}")


def find_tasks(
    paths: Sequence[Path], output: Path | None, format_: str | None
) -> tuple[list[Task], list[ProjectError]]:
    """Say for each photo where its result goes.

    A folder keeps its structure below `output`. Results of earlier runs are not coloured again.

    Args:
        paths: photos, and folders of them.
        output: a file if there is one photo and the name has a suffix, else a folder; None leaves
            each result beside its photo.
        format_: jpg, png, webp or tiff; None keeps each photo's own.

    Returns:
        The tasks, and an error for each folder without photos.
    """
    tasks: list[Task] = []
    errors: list[ProjectError] = []
    alone = len(paths) == 1 and not paths[0].is_dir()
    for path in paths:
        photos = find_photos(path) if path.is_dir() else [path]
        if not photos:
            fix = f"put photos there: {', '.join(sorted(READABLE))}"
            errors.append(DataError("no photos in the folder", path, fix))
        for photo in photos:
            if output is None or (alone and output.suffix):
                target = output or default_output(photo, format_)
            else:
                below = photo.relative_to(path) if path.is_dir() else Path(photo.name)
                target = output / default_output(below, format_)
            tasks.append(Task(photo=photo, output=target))
    return tasks, errors


def find_photos(folder: Path) -> list[Path]:
    """Every photo below a folder, sorted; results of earlier runs left out."""
    found = [path for path in folder.rglob("*") if path.suffix.lower() in READABLE]
    stems = {path.with_suffix("") for path in found}
    return sorted(
        path
        for path in found
        if path.is_file()
        and not path.name.startswith(".")
        and not (
            path.stem.endswith("_color")
            and path.with_name(path.stem.removesuffix("_color")) in stems
        )
    )
