"""TIFF files of several pages, each coloured as a photo of its own."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from basics.errors import DataError, Setting, TooLargeError
from basics.files import Commit, atomic_write
from basics.temporaries import temporary_folder
from imaging.formats import TIFF
from imaging.photo import Photo
from pipeline.engine.request import Limits, Rendering
from pipeline.media.photo_files import PhotoFrame, PhotoSink, claim
from pipeline.media.sources import Sources

MOST_PAGES = 2_000  # of one file; each takes a tenth of a second, however small it is


class PagesSink:
    """One TIFF for the pages of a file: each is written aside, and all are joined at the end."""

    def __init__(
        self,
        photo: Photo,
        path: Path,
        *,
        rendering: Rendering,
        limits: Limits,
        force: bool = False,
        sources: Sources | None = None,
    ) -> None:
        """Check that the result can be written; write nothing yet; see `PhotoSink`.

        Raises:
            DataError: it is no TIFF, or exists, or the photo has too many pages.
        """
        if photo.n_pages > MOST_PAGES:
            what = f"{photo.n_pages:,} pages are more than {MOST_PAGES:,}"
            raise TooLargeError(what, photo.path, "split it, or colour its first page alone")
        if path.suffix.lower() not in TIFF:
            what = f"{path.suffix} holds one page, not {photo.n_pages}"
            raise DataError(what, path, "save it as another format", Setting("format", "tiff"))
        self.path, self.rendering, self.limits = path, rendering, limits
        self.commit = claim(path, photo, rendering=rendering, force=force, sources=sources)
        self.parts: list[Path] = []
        self._stack = ExitStack()

    def write(self, frame: PhotoFrame, ab: NDArray[np.float32], saturation: float) -> None:
        """Write a page into a TIFF of its own; see `PhotoSink.write`."""
        part = self.folder / f"{len(self.parts)}.tif"
        sink = PhotoSink(frame.photo, part, rendering=self.rendering, limits=self.limits)
        sink.write(frame, ab, saturation)
        self.parts.append(part)

    def __enter__(self) -> "PagesSink":
        """Make a folder for the pages."""
        with _told(self.path):
            self.folder = self._stack.enter_context(temporary_folder(self.path))
        return self

    def __exit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Join the pages, unless something failed; remove the folder."""
        with self._stack:
            if kind is None:
                self.limits.cancel.require()
                _join(self.parts, self.path, self.commit)


def _join(parts: Sequence[Path], path: Path, commit: Commit) -> None:
    """Write the pages of several TIFF files into one."""
    import tifftools

    with _told(path), atomic_write(path, commit=commit) as temporary:
        pages = [page for part in parts for page in tifftools.read_tiff(str(part))["ifds"]]
        with temporary.open("wb") as file:
            tifftools.write_tiff(pages, file)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Raise `DataError` for what the disk says within the block."""
    try:
        yield
    except OSError as error:
        what = f"cannot write the coloured photo: {error.strerror}"
        raise DataError(what, path, "choose another output, or free the disk") from error
