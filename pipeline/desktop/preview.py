"""A photo as the window shows it, before and after; only saving works at full size."""

from dataclasses import dataclass, field
from pathlib import Path

import pyvips

from basics.errors import DataError
from imaging.network_input import fitted, thumbnail
from imaging.photo import reading
from imaging.upsampling import fit_coefficients
from imaging.writer import colored
from pipeline.colorizer import Colorizer
from pipeline.engine.request import Options
from pipeline.engine.results import Colored, Predicted, Seen
from pipeline.media.plan import default_output

PREVIEW_PX = 1024  # long side; that many pixels are coloured in a sixth of a second


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How a photo is to be coloured.

    Attributes:
        category: None leaves it to the router.
        saturation: factor of the chrominance.
    """

    category: str | None
    saturation: float

    @property
    def options(self) -> Options:
        """The same for the colorizer; the window has asked before it overwrites."""
        return Options(category=self.category, saturation=self.saturation, force=True)


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A photo in the window.

    Attributes:
        seen: the photo, and its miniature for the networks.
        small: the photo, 8 bits, gray or sRGB, at most `PREVIEW_PX` px on its long side.
        before: the same without its colours, sRGB.
        predicted: by category (None: the router's choice) what the networks said, at saturation 1.
    """

    seen: Seen
    small: pyvips.Image
    before: pyvips.Image
    predicted: dict[str | None, Predicted] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A photo as it was coloured.

    Attributes:
        opened: the photo.
        choice: how it was to be coloured.
        predicted: what the networks said.
        after: 8 bits sRGB, as large as `opened.before`.
    """

    opened: Opened
    choice: Choice
    predicted: Predicted
    after: pyvips.Image

    @property
    def path(self) -> Path:
        """Of the photo."""
        return self.opened.seen.photo.path

    @property
    def told(self) -> str:
        """In one line: how large the photo is, and who coloured it."""
        photo = self.opened.seen.photo
        pages = f", first of {photo.n_pages} pages" if photo.is_paged else ""
        by = " + ".join(file.category for file, _ in self.predicted.chosen)
        return f"{photo.width} x {photo.height} px{pages}; coloured by: {by}"


def open_small(colorizer: Colorizer, path: Path) -> Opened:
    """Open a photo and read it small.

    Raises:
        DataError: it cannot be read.
    """
    seen = colorizer.look(path, default_output(path), Options(force=True))
    photo = seen.photo
    with reading(photo):
        small = thumbnail(photo, *fitted(photo.width, photo.height, PREVIEW_PX)).copy_memory()
    before = small.colourspace("b-w").colourspace("srgb").copy_memory()
    return Opened(seen=seen, small=small, before=before)


def paint(colorizer: Colorizer, opened: Opened, choice: Choice) -> Preview:
    """Colour an opened photo; the networks run once for each category.

    Raises:
        CheckpointError: a network of the bundle cannot be used.
    """
    if choice.category not in opened.predicted:
        options = Options(category=choice.category, saturation=1.0)
        (opened.predicted[choice.category],) = colorizer.predict([opened.seen], options)
    predicted = opened.predicted[choice.category]
    ab = colorizer.mix([predicted.ab], [1.0], choice.saturation)
    coefficients = fit_coefficients(ab, opened.seen.lum)
    return Preview(
        opened=opened,
        choice=choice,
        predicted=predicted,
        after=colored(opened.small, coefficients, deep=False).copy_memory(),
    )


def save(colorizer: Colorizer, path: Path, target: Path, choice: Choice) -> Colored:
    """Colour a photo at full size.

    Raises:
        DataError: it cannot be read, `target` not be written, or they are the same file.
    """
    if target.exists() and target.samefile(path):
        raise DataError("that is the black-and-white photo itself", target, "choose another name")
    return colorizer.colorize(path, target, options=choice.options)
