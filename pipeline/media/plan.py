"""Which files are to be coloured, and where each result goes. Nothing is decoded or written."""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from basics.errors import ConfigError, DataError, ProjectError, Setting
from pipeline.engine.request import ColorRequest, Rendering
from pipeline.media.find import find_photos, no_photos, results_among
from pipeline.media.names import (
    AS_THE_BUNDLE,
    default_output,
    is_named_as_photo,
    picture_paths,
)
from pipeline.media.sources import Sources, identity_of, in_place_of

AS_USUAL = Rendering()
PIPE = Path("-")  # standard input or output


@dataclass(frozen=True, kw_only=True)
class Task:
    """One photo to colour, and the path of the result.

    Attributes:
        photo, output: paths.
        has_result: the result is there; only pictures of it are missing.
        is_asked: it was named on its own, and is coloured whatever it is.
    """

    photo: Path
    output: Path
    has_result: bool = False
    is_asked: bool = field(default=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be done.

    Attributes:
        tasks: photos to colour, or to make missing pictures of.
        done: results that are there already, with all pictures that are wanted.
        errors: what cannot be done.
        left_out: results of earlier runs that were named, or belong to no photo of a folder.
        sources: all photos, whose place no result takes.
    """

    tasks: list[Task] = field(default_factory=list)
    done: list[Path] = field(default_factory=list)
    errors: list[ProjectError] = field(default_factory=list)
    left_out: list[Path] = field(default_factory=list)
    sources: Sources = field(default_factory=Sources)

    @property
    def folders(self) -> set[Path]:
        """Where results go."""
        return {path.parent for path in [*(task.output for task in self.tasks), *self.done]}


@dataclass(frozen=True, kw_only=True)
class _Found:
    """A photo, the folder below which it was found, and whether it may be done already."""

    photo: Path
    root: Path | None
    skips: bool


def plan(
    paths: Sequence[Path],
    output: Path | None,
    format_: str | None,
    *,
    resume: bool | None = None,
    force: bool = False,
    request: ColorRequest = AS_THE_BUNDLE,
    rendering: Rendering = AS_USUAL,
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
        rendering: which pictures are wanted beside each result.
        words: that the names of results may hold, see `words_in`.

    Raises:
        ConfigError: several photos should become one file.
    """
    made, named = Plan(), _Names()
    alone = len(paths) == 1 and not _is_folder(paths[0])
    to_file = alone and output is not None and bool(output.suffix) and not _is_folder(output)
    if output is not None and not to_file:
        _require_folder(output, paths)
    found = _found(paths, made, words, resume=resume, force=force, keeps_results=to_file)
    for one in found:
        made.sources.add(one.photo)
    for one in found:
        if output is None or to_file:
            target = output or default_output(one.photo, format_, request)
        else:
            name = default_output(one.photo, format_, request).name
            below = one.photo.relative_to(one.root).parent if one.root else Path()
            target = output / below / name
        pictures = picture_paths(target, rendering)
        try:
            if not named.take(one.photo, target, pictures):
                continue  # the same photo, named twice
            _require_no_source(one.photo, [target, *pictures], made.sources)
        except DataError as error:
            made.errors.append(error)
            continue
        missing = [path for path in pictures if not os.path.lexists(path)]
        is_done = one.skips and _has_content(target)
        if is_done and not missing:
            made.done.append(target)
        else:
            task = Task(photo=one.photo, output=target, has_result=is_done, is_asked=alone)
            made.tasks.append(task)
    left_out = [path for path in made.left_out if path in paths or not named.has(path)]
    made.left_out[:] = dict.fromkeys(left_out)
    return made


def _found(
    paths: Sequence[Path],
    made: Plan,
    words: Collection[str],
    *,
    resume: bool | None,
    force: bool,
    keeps_results: bool,
) -> list[_Found]:
    """The photos that are named, and those of folders; results of earlier runs are left out."""
    found: list[_Found] = []
    files = [path for path in paths if not _is_folder(path)]
    results = set() if keeps_results else set(results_among(files, files, words))
    for path in paths:
        if not _is_folder(path):
            if path in results:
                made.left_out.append(path)
            else:
                found.append(_Found(photo=path, root=None, skips=not force and bool(resume)))
            continue
        unread: list[ProjectError] = []
        left_out: list[Path] = []
        photos = find_photos(path, unread, words, left_out)
        made.errors.extend(unread)
        made.left_out.extend(left_out)
        if not photos and not unread and not left_out:
            made.errors.append(no_photos(path))
        skips = not force and resume is not False
        found += [_Found(photo=photo, root=path, skips=skips) for photo in photos]
    return found


class _Names:
    """The names that results and pictures take, so that no two are one."""

    def __init__(self) -> None:
        """None is taken yet."""
        self._taken: dict[tuple[str, str], Path] = {}  # -> the photo
        self._folders: dict[Path, str] = {}

    def take(self, photo: Path, target: Path, pictures: Sequence[Path]) -> bool:
        """Take the names of a photo's result; False if the same photo has taken them before.

        Raises:
            DataError: another photo has one of them.
        """
        keys = [self._key(path) for path in (target, *pictures)]
        for key in keys:
            other = self._taken.get(key)
            if other is None:
                continue
            if key == keys[0] and identity_of(other) == identity_of(photo) is not None:
                return False
            what = f"two photos would become one result: {other} and this"
            raise DataError(what, photo, "rename one, or colour it on its own")
        self._taken.update(dict.fromkeys(keys, photo))
        return True

    def has(self, path: Path) -> bool:
        """Whether it is one of the names."""
        return self._key(path) in self._taken

    def _key(self, path: Path) -> tuple[str, str]:
        """The same for all spellings of a path."""
        if path.parent not in self._folders:
            self._folders[path.parent] = os.path.realpath(path.parent)
        return self._folders[path.parent], path.name


def _require_folder(output: Path, paths: Sequence[Path]) -> None:
    """Raise `ConfigError` if several photos should become one file."""
    is_file = os.path.isfile(output)  # noqa: PTH113
    several = len(paths) > 1 or any(_is_folder(path) for path in paths)
    if is_file or (several and is_named_as_photo(output) and not _is_folder(output)):
        what = f"several photos cannot become one file: {output}"
        if not several:
            what = f"the output is a file without a suffix: {output}"
        raise ConfigError(what, Setting("output"), "name a folder, or give one photo")


def _require_no_source(own: Path, paths: Sequence[Path], sources: Sources) -> None:
    """Raise `DataError` if a result would take the place of a photo."""
    for path in paths:
        photo = sources.find(path)
        if photo:
            raise in_place_of(photo, path, own)


def _has_content(path: Path) -> bool:
    """Whether there is a file, and it is not empty."""
    return os.path.isfile(path) and os.path.getsize(path) > 0  # noqa: PTH113, PTH202


def _is_folder(path: Path) -> bool:
    """Whether a path leads to a folder; a name too long for a file does not."""
    return os.path.isdir(path)  # noqa: PTH112
