"""Which files are to be coloured, and where each result goes. No photo is read or written here."""

import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from basics.errors import DataError, ProjectError
from imaging.formats import FORMATS, READABLE, WRITABLE
from pipeline.engine.bundle import FAITHFUL, Bundle
from pipeline.engine.request import ColorRequest

AS_THE_BUNDLE = ColorRequest()

PIPE = Path("-")  # standard input or output
RESULT = "_color"  # what a result's stem ends with
COMPARE, RANKING = "_compare", "_ranking"  # what pictures of a result end with
LONGEST_NAME = 255  # bytes; of most file systems


@dataclass(frozen=True, kw_only=True)
class Task:
    """One photo to colour, and the path of the result."""

    photo: Path
    output: Path


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be done.

    Attributes:
        tasks: photos to colour.
        done: results that are there already.
        errors: what cannot be done.
    """

    tasks: list[Task] = field(default_factory=list)
    done: list[Path] = field(default_factory=list)
    errors: list[ProjectError] = field(default_factory=list)


def default_output(
    path: Path, format_: str | None = None, request: ColorRequest = AS_THE_BUNDLE
) -> Path:
    """`<stem>_color.<ext>` beside the input; the name tells what was asked for.

    As sunset, in the vivid mode: `<stem>_color_sunset_vivid.<ext>`. The suffix is that of `format_`
    if given, else the photo's own if it can be written: GIF, HEIC and AVIF become PNG. A stem too
    long for a file's name is cut.
    """
    own = path.suffix if path.suffix.lower() in WRITABLE else ".png"
    message = "".join(f"_{word}" for word in words_of(request))
    end = f"{RESULT}{message}{FORMATS[format_] if format_ else own}"
    return path.with_name(fitting_name(path.stem, end))


def fitting_name(stem: str, end: str) -> str:
    """A file's name; a stem too long for it is cut."""
    cut = os.fsencode(stem)[: LONGEST_NAME - len(os.fsencode(end))]
    if len(cut) < len(os.fsencode(stem)):
        cut = cut.decode(errors="ignore").encode()  # no half characters
    return f"{os.fsdecode(cut)}{end}"


def words_of(request: ColorRequest) -> list[str]:
    """What a request asks for beyond the bundle's own choices, as words of a file's name."""
    words = [one for one in (request.category, request.mode, request.colorizer) if one]
    if request.top is not None:
        words.append(f"top{request.top}")
    if request.saturation is not None:
        words.append(f"{request.saturation:g}x")
    return words


def words_in(bundle: Bundle) -> frozenset[str]:
    """Every word that the names of results made by a bundle may hold, numbers left out."""
    categories = {one for table in bundle.colorizers.values() for one in table}
    modes = {FAITHFUL, *bundle.modes}
    return frozenset({*bundle.categories, *categories, *modes, *bundle.colorizers})


def plan(
    paths: Sequence[Path],
    output: Path | None,
    format_: str | None,
    *,
    resume: bool | None = None,
    force: bool = False,
    request: ColorRequest = AS_THE_BUNDLE,
    words: Collection[str] = (),
) -> Plan:
    """Say for each photo where its result goes.

    A folder keeps its structure below `output`. Results of earlier runs are not coloured again.

    Args:
        paths: photos, and folders of them.
        output: a file if there is one photo and the name has a suffix, else a folder; None leaves
            each result beside its photo.
        format_: jpg, png, webp or tiff; None keeps each photo's own.
        resume: whether what has a result is left out; None does so in folders only.
        force: whether results are made again.
        request: how they are coloured, which default names tell.
        words: that the names of results may hold, see `words_in`.
    """
    made = Plan()
    taken: dict[Path, Path] = {}
    alone = len(paths) == 1 and not paths[0].is_dir()
    for path in paths:
        skips = not force and (path.is_dir() if resume is None else resume)
        photos = _photos_of(path, made.errors, words)
        for photo in photos:
            if output is None or (alone and output.suffix):
                target = output or default_output(photo, format_, request)
            else:
                below = photo.relative_to(path) if path.is_dir() else Path(photo.name)
                target = output / default_output(below, format_, request)
            if target in taken:
                what = f"two photos would become one result: {taken[target]} and this"
                made.errors.append(DataError(what, photo, "rename one, or colour it on its own"))
                continue
            taken[target] = photo
            if skips and target.exists():
                made.done.append(target)
            else:
                made.tasks.append(Task(photo=photo, output=target))
    return made


def _photos_of(path: Path, errors: list[ProjectError], words: Collection[str]) -> list[Path]:
    """The photos of a folder, or the one that was named; what is wrong goes into `errors`."""
    if not path.is_dir():
        return [path]
    unread: list[ProjectError] = []
    photos = find_photos(path, unread, words)
    errors += unread
    if not photos and not unread:
        fix = f"put photos there: {', '.join(sorted(READABLE))}"
        errors.append(DataError("no photos in the folder", path, fix))
    return photos


def find_photos(
    folder: Path, errors: list[ProjectError] | None = None, words: Collection[str] = ()
) -> list[Path]:
    """Every photo below a folder, sorted; hidden files and results of earlier runs left out.

    Links to folders are not followed, so they cannot lead round in circles.

    Args:
        folder: where to look.
        errors: folders that must not be read are told here.
        words: that the names of results may hold, see `words_in`.
    """
    found = [path for path in _walk(folder, errors) if path.suffix.lower() in READABLE]
    stems = {path.with_suffix("") for path in found}
    ending = _result_ending(words)
    return sorted(path for path in found if path.is_file() and not _is_result(path, stems, ending))


def _walk(folder: Path, errors: list[ProjectError] | None) -> Iterator[Path]:
    """Every file below a folder that is not hidden."""

    def tell(error: OSError) -> None:
        if errors is not None:
            what = f"cannot read the folder: {error.strerror}"
            errors.append(DataError(what, error.filename, "give yourself the right to read it"))

    for parent, _, names in os.walk(folder, onerror=tell):
        for name in names:
            if not name.startswith("."):
                yield Path(parent, name)


def _result_ending(words: Collection[str]) -> re.Pattern[str]:
    """What the stems of results end with: `_color`, `_color_sunset_vivid`, `_color_top2_1.5x`."""
    longest_first = sorted(words, key=len, reverse=True)
    known = "|".join([*map(re.escape, longest_first), r"top\d+", r"\d+(\.\d+)?(e-\d+)?x"])
    return re.compile(rf"{RESULT}(_({known}))*$")


def _is_result(path: Path, stems: set[Path], ending: re.Pattern[str]) -> bool:
    """Whether a file is the result of an earlier run, or a picture of one."""
    stem = path.stem
    for picture in (COMPARE, RANKING):
        without = stem.removesuffix(picture)
        if without != stem and ending.search(without):
            stem = without
    found = ending.search(stem)
    return bool(found) and path.with_name(stem[: found.start()]) in stems
