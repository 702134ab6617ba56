"""How a photo is to be coloured: said once, for command, page, API, window and Python."""

from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Literal

from basics.cancel import CancelToken
from basics.errors import ConfigError, Setting
from basics.names import require_name, shown
from imaging.formats import FORMATS, MAX_PIXELS, QUALITY, Saving

MOST_SATURATION = 3.0
MOST_SECONDS = 1e6  # of a film


@dataclass(frozen=True, kw_only=True)
class Hint:
    """The colour of one spot, as somebody knows it.

    Attributes:
        x, y: of the spot, 0 to 1 of the upright photo's width and height.
        ab: a*/128 and b*/128 of the spot; None keeps it gray.
        radius: of the spot, 0 to 1 of the photo's short side.
        time_s: in a film, a moment of the shot that it holds for; None in a photo.

    Raises:
        ConfigError: a number is out of its range, or none.
    """

    x: float
    y: float
    ab: tuple[float, float] | None
    radius: float = 0.01
    time_s: float | None = None

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name, value in (("x", self.x), ("y", self.y), ("radius", self.radius)):
            _require_number(name, value, 0, 1)
        if self.ab is not None:
            if not isinstance(self.ab, tuple | list) or len(self.ab) != 2:
                raise _wrong("ab", self.ab, "give two numbers")
            for value in self.ab:
                _require_number("ab", value, -1, 1)
        if self.time_s is not None:
            _require_number("time_s", self.time_s, 0, MOST_SECONDS)


@dataclass(frozen=True, kw_only=True)
class ColorRequest:
    """What colours a photo gets; whatever is None is the bundle's choice.

    Attributes:
        mode: "faithful" or "vivid", as the bundle has them: a colorizer and a saturation.
        colorizer: name of an architecture of the bundle, in place of that of the mode.
        category: colour the photo as this category, whatever the router says.
        top: blend the colorizers of this many categories, weighted by confidence.
        hints: colours of spots; only some colorizers take them.
        reference: a photo whose colours are wanted; only some colorizers take one.
        reference_strength: how much it counts, 0 to 1.
        saturation: factor of the chrominance, 0 (gray) to 3, in place of that of the mode.
        keep_color: leave a photo alone that is in colour already.
        best: nearer to the truth, and three times the networks' time: what they predict of two
            sizes of the photo, and of mirror images, is averaged.

    Raises:
        ConfigError: a number is out of its range.
    """

    mode: str | None = None
    colorizer: str | None = None
    category: str | None = None
    top: int | None = None
    hints: tuple[Hint, ...] = ()
    reference: Path | None = None
    reference_strength: float = 1.0
    saturation: float | None = None
    keep_color: bool = False
    best: bool = False

    def __post_init__(self) -> None:
        """Check the types and ranges."""
        for name in ("mode", "colorizer", "category"):
            if not isinstance(getattr(self, name), str | None):
                raise _wrong(name, getattr(self, name), "give a name")
        if self.top is not None and not _is_whole(self.top, least=1):
            raise _wrong("top", self.top, "give 1 or more")
        if self.saturation is not None:
            _require_number("saturation", self.saturation, 0, MOST_SATURATION)
        _require_number("reference_strength", self.reference_strength, 0, 1)
        if not isinstance(self.reference, str | Path | None):
            raise _wrong("reference", self.reference, "give a path")
        if not isinstance(self.hints, tuple | list) or not all(
            isinstance(one, Hint) for one in self.hints
        ):
            raise _wrong("hints", self.hints, "give a tuple of Hint")
        _require_flags(self)

    def over(self, defaults: "ColorRequest") -> "ColorRequest":
        """The same, with what is None here as `defaults` has it.

        A mode that is named here brings its own colorizer, so that of `defaults` does not count.
        """
        named = self.mode is not None and self.mode != defaults.mode
        colorizer = self.colorizer or (None if named else defaults.colorizer)
        return replace(self, mode=self.mode or defaults.mode, colorizer=colorizer)


@dataclass(frozen=True, kw_only=True)
class Rendering:
    """How a result is saved.

    Attributes:
        format: jpg, png, webp or tiff; None keeps the photo's own where that can be written.
        quality: of JPEG and WebP, 1 to 100; others lose nothing.
        strip: leave the photo's metadata out.
        pages: of a TIFF of several, colour the first or all.
        compare: also write a picture of before and after.
        ranking: also write a picture of the five most confident categories.

    Raises:
        ConfigError: a number is out of its range.
    """

    format: str | None = None
    quality: int = QUALITY
    strip: bool = False
    pages: Literal["first", "all"] = "first"
    compare: bool = False
    ranking: bool = False

    def __post_init__(self) -> None:
        """Check the types and ranges."""
        if self.format is not None:
            require_name(self.format, list(FORMATS), what="format", where=Setting("format"))
        require_name(self.pages, ["first", "all"], what="choice of pages", where=Setting("pages"))
        if not _is_whole(self.quality, least=1) or self.quality > 100:
            raise _wrong("quality", self.quality, "give 1 to 100")
        _require_flags(self)

    @property
    def saving(self) -> Saving:
        """The same for the writer."""
        return Saving(quality=self.quality, strip=self.strip)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a photo may cost, and who may end the work on it.

    Attributes:
        max_pixels: a photo of more is refused, before anything of it is decoded.
        tolerate: colour what is left of a damaged photo instead of refusing it.
        cancel: ends the work from another thread.
    """

    max_pixels: int = MAX_PIXELS
    tolerate: bool = False
    cancel: CancelToken = field(default_factory=CancelToken, compare=False)

    def __post_init__(self) -> None:
        """Check the types."""
        if not _is_whole(self.max_pixels, least=1):
            raise _wrong("max_pixels", self.max_pixels, "give 1 or more")
        if not isinstance(self.cancel, CancelToken):
            raise _wrong("cancel", self.cancel, "give a CancelToken, or leave it out")
        _require_flags(self)


def _is_whole(value: object, *, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _require_number(name: str, value: object, low: float, high: float) -> None:
    if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
        return
    raise _wrong(name, value, f"give {low:g} to {high:g}")


def _require_flags(settings: ColorRequest | Rendering | Limits) -> None:
    """Raise `ConfigError` unless what is on or off is True or False: "no" would be on."""
    for one in fields(settings):
        value = getattr(settings, one.name)
        if isinstance(one.default, bool) and not isinstance(value, bool):
            raise _wrong(one.name, value, "give True or False")


def _wrong(name: str, value: object, fix: str) -> ConfigError:
    return ConfigError(f"{name} {shown(value)}", Setting(name), fix)
