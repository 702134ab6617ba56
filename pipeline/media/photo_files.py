"""Photos in files, as frames to colour: opened once, decoded at most twice, written atomically."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import numpy as np
import pyvips
from numpy.typing import NDArray

from basics.files import Commit
from imaging.fading import contrast_left
from imaging.network_input import reduced
from imaging.photo import Photo, open_photo, read_full, reading
from imaging.writer import require_holds, write_photo
from pipeline.engine.request import Limits, Rendering
from pipeline.engine.results import saturated
from pipeline.media.names import picture_paths
from pipeline.media.network_frame import NetworkFrame
from pipeline.media.sources import Sources

REDUCED_PX = 256  # short side of the copy for the networks, unless a bundle has another


class PhotoFrame(NetworkFrame):
    """A page of a photo's file: decoded once, reduced, for the networks, and in full to write.

    A faded photo is decoded once more for the networks, at full depth.
    """

    def __init__(self, photo: Photo, *, reduced_px: int = REDUCED_PX) -> None:
        """Decode nothing yet.

        Args:
            photo: whose header has been read.
            reduced_px: short side at which it is decoded for the networks.
        """
        super().__init__()
        self.photo, self.reduced_px = photo, reduced_px

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in px, upright."""
        return self.photo.width, self.photo.height

    @property
    def time_s(self) -> None:
        """A photo has none."""
        return None

    def _reduce(self) -> pyvips.Image:
        """Decode the photo at the networks' size."""
        return reduced(self.photo, self.reduced_px)

    def _fine_lightness(self, short_side: int) -> NDArray[np.float32]:
        with reading(self.photo):  # at full depth: a third decode
            return super()._fine_lightness(short_side)

    def full(self) -> pyvips.Image:
        """The photo at full size, streamed where it can be."""
        return read_full(self.photo)


class PhotoSource:
    """A photo's file, page by page; of other files than TIFF there is one."""

    def __init__(self, path: Path, limits: Limits, *, reduced_px: int = REDUCED_PX) -> None:
        """Read the header of the file.

        Raises:
            DataError: it is no photo that can be read, or too large.
        """
        self.path, self.limits, self.reduced_px = path, limits, reduced_px
        self.photo = self._open(0)

    @property
    def n_pages(self) -> int:
        """Of a scan of several pages; else 1."""
        return self.photo.n_pages if self.photo.is_paged else 1

    def first(self) -> PhotoFrame:
        """The first page."""
        return PhotoFrame(self.photo, reduced_px=self.reduced_px)

    def frames(self) -> Iterator[PhotoFrame]:
        """Each page once."""
        yield self.first()
        for page in range(1, self.n_pages):
            yield PhotoFrame(self._open(page), reduced_px=self.reduced_px)

    def _open(self, page: int) -> Photo:
        limits = self.limits
        return open_photo(
            self.path, max_pixels=limits.max_pixels, page=page, tolerates=limits.tolerate
        )


class PhotoSink:
    """A file for one coloured photo; what it cannot hold is refused before anything is coloured."""

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
        """Check that the result can be written; write nothing yet.

        Args:
            photo: that is to be coloured.
            path: of the result; its suffix chooses the format.
            rendering: quality and metadata.
            limits: who may end the writing.
            force: overwrite what is there.
            sources: photos that are never overwritten, of a run of several.

        Raises:
            DataError: the format cannot hold the photo, or the result or a picture of it exists.
        """
        require_holds(photo, path)
        self.path, self.rendering, self.limits = path, rendering, limits
        self.commit = claim(path, photo, rendering=rendering, force=force, sources=sources)

    def write(self, frame: PhotoFrame, ab: NDArray[np.float32], saturation: float) -> None:
        """Write the photo at full size in (h, w, 2) ab, multiplied by `saturation`.

        Raises:
            DataError: the photo is damaged, or the result cannot be written.
            Cancelled: somebody has ended it.
        """
        short_side = min(ab.shape[:2])
        lightness = frame.lightness(short_side)
        write_photo(
            frame.photo,
            saturated(ab, saturation),
            self.path,
            lightness=lightness,
            contrast=contrast_left(lightness, frame.seen(short_side)),
            saving=self.rendering.saving,
            cancel=self.limits.cancel,
            commit=self.commit,
        )

    def __enter__(self) -> "PhotoSink":
        """The sink itself."""
        return self

    def __exit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left to commit: each photo is written atomically."""


def claim(
    path: Path, photo: Photo, *, rendering: Rendering, force: bool, sources: Sources | None
) -> Commit:
    """Make sure that a result and its pictures can be written; say how they take their names.

    Raises:
        DataError: one of them exists and may not be overwritten, or is a photo itself.
    """
    sources = sources or Sources()
    sources.add(photo.path)
    for one in (path, *picture_paths(path, rendering)):
        sources.require_free(one, force=force)
    return sources.commit(force=force)
