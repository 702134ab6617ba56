"""A photo on a screen, for page and window: small, and coloured anew with every click.

The photo is opened once and passes the router once; each blend of colorizers that is asked for runs
once. Another saturation needs no network, and only saving works at full size.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pyvips

from imaging.network_input import fitted, thumbnail
from imaging.photo import reading
from pipeline.colorizer import Colorizer
from pipeline.engine.request import ColorRequest, Limits, Rendering
from pipeline.engine.results import Encoded, Prediction
from pipeline.engine.views import views_of
from pipeline.media.images import in_colors
from pipeline.media.photo_files import PhotoFrame, PhotoSink, PhotoSource


@dataclass(frozen=True, kw_only=True, eq=False)
class Preview:
    """A photo as it was coloured for the screen.

    Attributes:
        photo: that was coloured.
        request: how.
        prediction: what the networks said.
        after: 8 bits sRGB, as large as `photo.before`.
    """

    photo: "OpenPhoto"
    request: ColorRequest
    prediction: Prediction[PhotoFrame]
    after: pyvips.Image

    @property
    def status(self) -> str:
        """In one line: how large the photo is, and who coloured it."""
        photo = self.photo.frame.photo
        pages = f", first of {photo.n_pages} pages" if photo.is_paged else ""
        by = " + ".join(entry.category for entry, _ in self.prediction.chosen)
        return f"{photo.width} x {photo.height} px{pages}; coloured by: {by}"


class OpenPhoto:
    """A photo that somebody looks at."""

    def __init__(
        self, colorizer: Colorizer, path: Path, *, longest_px: int, limits: Limits
    ) -> None:
        """Open a photo, read it small, and let the router see it.

        Args:
            colorizer: of the bundle that colours.
            path: of the photo.
            longest_px: long side of what is shown.
            limits: what the photo may cost.

        Raises:
            DataError: it cannot be read.
        """
        self.colorizer, self.limits = colorizer, limits
        source = PhotoSource(path, limits, reduced_px=colorizer.bundle.router.inference_px)
        self.frame = source.first()
        photo = self.frame.photo
        with reading(photo):
            size = fitted(photo.width, photo.height, longest_px)
            self.small = thumbnail(photo, *size)
        self.encoded: Encoded[PhotoFrame]
        (self.encoded,) = colorizer.engine.encode([self.frame])
        self._best: Encoded[PhotoFrame] | None = None  # in more views, once they are asked for
        self._predicted: dict[Any, Prediction[PhotoFrame]] = {}

    @property
    def path(self) -> Path:
        """Of the photo."""
        return self.frame.photo.path

    @cached_property
    def before(self) -> pyvips.Image:
        """The photo small, gray in three equal channels; made when it is first asked for."""
        return self.small.colourspace("b-w").colourspace("srgb").copy_memory()

    @property
    def n_bytes(self) -> int:
        """What is kept of it: features, copies, and what was predicted so far."""
        encoded = self._best or self.encoded  # the first has all that the second has
        images = [
            self.small,
            self.frame.reduced,
            *([self.before] if "before" in vars(self) else []),
        ]
        predicted = sum(one.ab.nbytes for one in self._predicted.values())
        return encoded.n_bytes + predicted + sum(map(_bytes_of, images))

    def forget_above(self, most_bytes: int) -> None:
        """Forget the oldest predictions, as many as it takes; they are made anew when asked for."""
        while self._predicted and self.n_bytes > most_bytes:
            del self._predicted[next(iter(self._predicted))]
        if self.n_bytes > most_bytes:
            self._best = None

    def predict(self, request: ColorRequest) -> Prediction[PhotoFrame]:
        """What the networks say; they run only for what they have not been asked before.

        Raises:
            ConfigError: the bundle cannot do what is asked for.
            CheckpointError: a network of the bundle cannot be used.
        """
        engine, wanted = self.colorizer.engine, self.colorizer.over_defaults(request)
        saturation = engine.saturation(wanted)
        architecture = engine.architecture(wanted)
        asked = replace(wanted, mode=None, colorizer=architecture, saturation=1.0)
        if asked not in self._predicted:
            (self._predicted[asked],) = engine.predict([self._encoded(asked)], asked)
        return replace(self._predicted[asked], saturation=saturation)

    def _encoded(self, request: ColorRequest) -> Encoded[PhotoFrame]:
        """The photo in the views that are asked for; the router sees each of them once."""
        if not request.best:
            return self.encoded
        if self._best is None:
            (self._best,) = self.colorizer.engine.with_views([self.encoded], views_of(request))
        return self._best

    def color(self, request: ColorRequest) -> Preview:
        """The photo in colours, small; raises as `predict` does."""
        prediction = self.predict(request)
        after = in_colors(self.small, prediction, deep=False).copy_memory()
        return Preview(photo=self, request=request, prediction=prediction, after=after)

    def sheet(self, longest_px: int) -> Iterator[tuple[str, float, pyvips.Image]]:
        """The photo by each category's colorizer, in the router's order.

        Yields:
            category, the router's confidence, 0 to 1, and the picture, at most so long.
        """
        size = fitted(self.small.width, self.small.height, longest_px)
        small = self.small.thumbnail_image(size[0], height=size[1], size="force").copy_memory()
        for category, confidence in self.encoded.ranking:
            prediction = self.predict(ColorRequest(category=category))
            yield category, confidence, in_colors(small, prediction, deep=False).copy_memory()

    def save(
        self,
        path: Path,
        request: ColorRequest,
        rendering: Rendering,
        *,
        force: bool = False,
        limits: Limits | None = None,
    ) -> Path:
        """Write the photo at full size, as `Colorizer.colorize` does.

        Args:
            path: of the result.
            request: how it is coloured.
            rendering: how it is saved.
            force: overwrite the result if it exists.
            limits: who may end this writing; None leaves that to who may end all work on it.

        Raises:
            DataError: the photo is damaged, `path` cannot be written, or they are the same file.
        """
        photo = self.frame.photo
        limits = limits or self.limits
        sink = PhotoSink(photo, path, rendering=rendering, limits=limits, force=force)
        prediction = self.predict(request)
        with sink:
            sink.write(self.frame, prediction.ab, prediction.saturation)
        return path


def _bytes_of(image: pyvips.Image) -> int:
    """Of an image in memory."""
    depth = 2 if image.format == "ushort" else 1
    return image.width * image.height * image.bands * depth
