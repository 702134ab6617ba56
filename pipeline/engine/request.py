"""How photos are coloured: what a caller may ask for beyond the bundle's own choices."""

from dataclasses import dataclass, field

from basics.errors import ConfigError
from imaging.formats import Saving
from imaging.photo import MAX_PIXELS


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a photo is coloured and saved.

    Attributes:
        category: colour it as this category, whatever the router says.
        top: blend the colorizers of this many categories, weighted by confidence; None takes the
            bundle's number.
        saturation: factor of the chrominance, 0 (gray) to 3; None takes that of the mode.
        max_pixels: a photo of more is refused.
        tolerate: colour what is left of a damaged photo instead of refusing it.
        all_pages: colour each page of a TIFF instead of the first.
        force: overwrite the result if it exists.
        saving: quality and metadata of the result.

    Raises:
        ConfigError: a number is out of its range.
    """

    category: str | None = None
    top: int | None = None
    saturation: float | None = None
    max_pixels: int = MAX_PIXELS
    tolerate: bool = False
    all_pages: bool = False
    force: bool = False
    saving: Saving = field(default_factory=Saving)

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.top is not None and self.top < 1:
            raise ConfigError(f"top {self.top}", "--top", "give 1 or more")
        if self.saturation is not None and not 0 <= self.saturation <= 3:
            raise ConfigError(f"saturation {self.saturation}", "--saturation", "give 0 to 3")
        if not 1 <= self.saving.quality <= 100:
            raise ConfigError(f"quality {self.saving.quality}", "--quality", "give 1 to 100")
