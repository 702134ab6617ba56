"""What a result is: what the words of EXIF and XMP are to agree with."""

from dataclasses import dataclass

from imaging.metadata.resolution import Resolution


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a result is.

    Attributes:
        width, height: px.
        bands: 3, or 4 with alpha.
        depth: bits of each, 8 or 16.
        suffix: of its file, in small letters.
        turned: by which orientation of EXIF it was made upright, 1 to 8.
        resolution: None if it is unknown.
    """

    width: int
    height: int
    bands: int
    depth: int
    suffix: str
    turned: int = 1
    resolution: Resolution | None = None
