"""A photo as a source lists it, and why one may be left out."""

from dataclasses import dataclass
from enum import StrEnum

from scraper.texts import (
    ALT_LENGTH,
    ID,
    LICENCE_LENGTH,
    NAME_LENGTH,
    clean_text,
    clean_url,
)

UNSPLASH_LICENCE = "Unsplash License https://unsplash.com/license"


@dataclass(frozen=True, kw_only=True)
class PhotoRef:
    """A photo as a source lists it; not downloaded yet.

    Whatever a source has read, its fields are cleaned and bounded here; see `scraper.texts`.

    Attributes:
        photo_id: the site's: letters, digits, "-" and "_".
        page_url: of its web page.
        image_url: absolute URL of the image file, in the size that the source lists.
        photographer: name as the source gives it; "" if it gives none.
        photographer_url: absolute URL of their page.
        licence: name and URL.
        alt_text: description of what it shows.
        download_location: URL by which the API tracks downloads; "" of other sources.
    """

    photo_id: str
    page_url: str
    image_url: str
    photographer: str = ""
    photographer_url: str = ""
    licence: str = UNSPLASH_LICENCE
    alt_text: str = ""
    download_location: str = ""

    def __post_init__(self) -> None:
        """Clean what a server wrote; an address that cannot be requested becomes ""."""
        lengths = {
            "photographer": NAME_LENGTH,
            "licence": LICENCE_LENGTH,
            "alt_text": ALT_LENGTH,
        }
        for name, length in lengths.items():
            object.__setattr__(self, name, clean_text(getattr(self, name), length))
        for name in ("page_url", "image_url", "photographer_url", "download_location"):
            object.__setattr__(self, name, clean_url(getattr(self, name)))

    @property
    def is_valid(self) -> bool:
        """Whether its id is safe in a file name, and both addresses can be requested."""
        return bool(ID.fullmatch(self.photo_id) and self.page_url and self.image_url)


class Reason(StrEnum):
    """Why a photo was left out; a column of the summary table."""

    GONE = "gone"  # 404 or 410
    REFUSED = "refused"  # any other 4xx
    REDIRECTED = "redirected"  # to a host that is not allowed
    ROBOTS = "robots.txt"
    UNREACHABLE = "unreachable"  # after all retries
    TOO_LARGE = "too large"  # in bytes or pixels
    TOO_SMALL = "too small"
    NOT_A_PHOTO = "not a photo"
    DAMAGED = "damaged"
    GRAY = "gray"
    DUPLICATE = "duplicate"  # the same bytes as another of the category
    NEAR_DUPLICATE = "near-duplicate"  # looks like another of the category
    REMOVED = "removed by hand"  # the user deleted it

    @property
    def is_permanent(self) -> bool:
        """Whether a retry would fail the same way; recorded in left_out.csv."""
        return self not in (Reason.REFUSED, Reason.REDIRECTED, Reason.ROBOTS, Reason.UNREACHABLE)
