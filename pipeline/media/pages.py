"""TIFF files of several pages, each coloured as a photo of its own."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from basics.errors import DataError, Setting
from basics.files import atomic_write, temporary_folder
from imaging.formats import TIFF
from imaging.photo import Photo
from pipeline.engine.request import Limits, Rendering
from pipeline.media.photo_files import PhotoFrame, PhotoSink, require_free


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
    ) -> None:
        """Check that the result can be written; write nothing yet.

        Raises:
            DataError: it is no TIFF, or exists.
        """
        if path.suffix.lower() not in TIFF:
            what = f"{path.suffix} holds one page, not {photo.n_pages}"
            raise DataError(what, path, "save it as another format", Setting("format", "tiff"))
        require_free(path, photo.path, force=force)
        self.path, self.rendering, self.limits = path, rendering, limits
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
        self.folder = self._stack.enter_context(temporary_folder(self.path))
        return self

    def __exit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Join the pages, unless something failed; remove the folder."""
        with self._stack:
            if kind is None:
                _join(self.parts, self.path)


def _join(parts: Sequence[Path], path: Path) -> None:
    """Write the pages of several TIFF files into one."""
    import tifftools

    with atomic_write(path) as temporary:
        tifftools.tiff_concat([str(part) for part in parts], str(temporary), overwrite=True)
