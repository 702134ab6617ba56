"""The photos below a folder, and which files are results of earlier runs."""

import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from basics.errors import DataError, ProjectError
from imaging.formats import READABLE
from imaging.signature import is_ours, suffix_by_content
from pipeline.media.names import (
    is_named_as_photo,
    is_named_as_result,
    photo_of_result,
    result_ending,
)


def find_photos(
    folder: Path,
    errors: list[ProjectError] | None = None,
    words: Collection[str] = (),
    left_out: list[Path] | None = None,
) -> list[Path]:
    """Every photo below a folder, sorted; hidden files and results of earlier runs left out.

    A file without a suffix counts if its first bytes are those of a photo. Links to folders are not
    followed, so they cannot lead round in circles.

    Args:
        folder: where to look.
        errors: folders that must not be read are told here.
        words: that the names of results may hold, see `words_in`.
        left_out: results of earlier runs are told here.
    """
    found = sorted(path for path in _walk(folder, errors) if _is_photo(path))
    results = set(results_among(found, found, words))
    if left_out is not None:
        left_out += sorted(results)
    return [path for path in found if path not in results]


def results_among(
    paths: Iterable[Path], photos: Iterable[Path], words: Collection[str] = ()
) -> Iterator[Path]:
    """Those of some files that this program has made: results, and pictures of them.

    A file is one if it is named like one and says in its EXIF that its colours are predicted. One
    that cannot be read at all is one if the photo is there that its name tells of.

    Args:
        paths: the files.
        photos: all photos that are known of.
        words: that the names of results may hold.
    """
    stems = {path.with_suffix("") for path in photos}
    ending = result_ending(words)
    for path in paths:
        if is_named_as_result(path):
            ours = is_ours(path)
            if ours or (ours is None and photo_of_result(path, ending) in stems):
                yield path


def _is_photo(path: Path) -> bool:
    if path.suffix:
        return is_named_as_photo(path) and os.path.isfile(path)  # noqa: PTH113
    return suffix_by_content(path) is not None


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


def no_photos(folder: Path) -> DataError:
    """The error of a folder without photos."""
    return DataError(
        "no photos in the folder", folder, f"put photos there: {', '.join(sorted(READABLE))}"
    )
