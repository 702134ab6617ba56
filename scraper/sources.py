"""The three sources that list photos: search pages, the API, the Lite dataset's tables."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from scraper.config import ScrapeConfig
    from scraper.http.client import Client
    from scraper.photo_ref import PhotoRef


class Source(Protocol):
    """Lists the photos of a category lazily, best first."""

    def iter_photos(self, category: str) -> "Iterator[PhotoRef]":
        """Yield each photo of a category once; called from one thread.

        Raises:
            FetchError: the source cannot be read.
            ScrapeError: its content is malformed.
        """
        ...

    def track_download(self, ref: "PhotoRef") -> None:
        """Report that `ref` is about to be downloaded; called from many threads.

        Raises:
            FetchError: the site requires it, and the request failed.
        """
        ...


def _page(config: "ScrapeConfig", client: "Client") -> AbstractContextManager[Source]:
    from scraper.page.search_page import open_page_source  # Selenium: a tenth of a second

    return open_page_source(config, client)


def _api(config: "ScrapeConfig", client: "Client") -> AbstractContextManager[Source]:
    from scraper.api import open_api_source

    return open_api_source(config, client)


def _lite(config: "ScrapeConfig", client: "Client") -> AbstractContextManager[Source]:
    from scraper.lite import open_lite_source  # pandas: half a second

    return open_lite_source(config, client)


Opener = Callable[["ScrapeConfig", "Client"], AbstractContextManager[Source]]

SOURCES: Mapping[str, Opener] = {
    "page": _page,
    "api": _api,
    "lite": _lite,
}
OBEY_ROBOTS = ("page",)  # the API and the dataset are offered to programs
