"""The photos of a run, whose place no result may take, by whatever name or link it is reached."""

import os
import threading
from collections.abc import Iterable
from pathlib import Path

from basics.errors import DataError
from basics.files import Commit, exists_already, overwrite, take_free_name

Identity = tuple[int, int]  # device and number of a file, which all its names share


class Sources:
    """Photos that are to be coloured, and the results of a run so far. Safe to use from threads."""

    def __init__(self, photos: Iterable[Path] = ()) -> None:
        """Remember photos.

        Args:
            photos: paths; those that lead to no file need no care.
        """
        self._photos: dict[Identity, Path] = {}
        self._results: dict[Identity, Path] = {}
        self._lock = threading.Lock()
        for photo in photos:
            self.add(photo)

    def add(self, photo: Path) -> None:
        """Remember one more photo."""
        identity = identity_of(photo)
        if identity:
            self._photos.setdefault(identity, photo)

    def find(self, path: Path) -> Path | None:
        """The photo that a path leads to, as it was named; None if it is none of them."""
        identity = identity_of(path)
        return self._photos.get(identity) if identity else None

    def require_apart(self, path: Path) -> None:
        """Raise `DataError` if a path leads to one of the photos, or to a result of this run."""
        identity = identity_of(path)
        if identity is None:
            return
        if identity in self._photos:
            raise in_place_of(self._photos[identity], path)
        if identity in self._results:
            what = f"two photos would become one result: {self._results[identity]} is there"
            raise DataError(what, path, "rename one photo, or colour it on its own")

    def require_free(self, path: Path, *, force: bool) -> None:
        """Raise `DataError` if something may not be written: nothing has been done so far.

        Args:
            path: of a result, or of a picture of one.
            force: whether what is there, but is no photo of this run, may be overwritten.
        """
        self.require_apart(path)
        if os.path.isdir(path):  # noqa: PTH112  # a name may be too long for Path.is_dir
            raise DataError("the output is a folder", path, "name a file in it")
        if os.path.lexists(path) and not force:
            raise exists_already(path)

    def commit(self, *, force: bool) -> Commit:
        """How a result takes its name: never that of a photo or of another result of this run."""

        def take(temporary: Path, path: Path) -> None:
            with self._lock:
                if force:
                    self.require_apart(path)
                    overwrite(temporary, path)
                else:
                    take_free_name(temporary, path)
                identity = identity_of(path)
                if identity:
                    self._results[identity] = path

        return take


def in_place_of(photo: Path, path: Path, own: Path | None = None) -> DataError:
    """The error of a result that would take the place of a photo.

    Args:
        photo: that would be lost.
        path: by which the result leads to it.
        own: photo whose result it is, if that is known.
    """
    if own is not None and identity_of(own) != identity_of(photo):
        what = f"the result of {own.name} would take the place of another photo: {photo}"
        return DataError(what, path, "name an output folder, or rename that photo")
    other = "" if photo == path else f", or one that is coloured beside it: {photo}"
    return DataError(
        f"that is the black-and-white photo itself{other}", path, "choose another name"
    )


def identity_of(path: Path) -> Identity | None:
    """What all names of a file share, links followed; None where there is no file."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):  # a name may hold what no file's can
        return None
    return found.st_dev, found.st_ino
