"""The site's search pages as a source of photos, all read in one browser."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from urllib.parse import quote

from basics.errors import ScrapeError
from scraper.config import ScrapeConfig
from scraper.http.client import Client
from scraper.page.browser import INSTALL, failures, first_line, open_browser
from scraper.page.parse import image_hosts, parse_photos
from scraper.page.scrolling import OTHER_SOURCES, SearchPage
from scraper.page.snapshot import Hung, View
from scraper.photo_ref import PhotoRef

log = logging.getLogger(__name__)

NOTICE = (
    "Unsplash's terms restrict automated collection. Two other sources are meant for programs: "
    "--source api and --source lite."
)
PATIENCE_S = 5.0  # without anything new; then a page has no more photos
MOST_VAIN_STEPS = 100  # with photos, none of them for us: only premium ones are left


@contextmanager
def open_page_source(
    config: ScrapeConfig, client: Client, *, patience_s: float = PATIENCE_S
) -> Iterator["PageSource"]:
    """Give the search pages as a source; their browser opens with the first and closes at the end.

    Args:
        config: the run's settings.
        client: keeps the delay, and knows what robots.txt allows.
        patience_s: seconds without anything new after which a page has no more photos.
    """
    log.warning(NOTICE)
    with closing(PageSource(config, client, patience_s)) as source:
        yield source


class PageSource:
    """Lists photos by search pages; see `scraper.sources.Source`."""

    def __init__(self, config: ScrapeConfig, client: Client, patience_s: float) -> None:
        """Open nothing yet."""
        self._config, self._client, self._patience_s = config, client, patience_s
        self._hosts = image_hosts(config)
        self._open = ExitStack()  # the browser
        self._view: View | None = None

    def iter_photos(self, category: str) -> Iterator[PhotoRef]:
        """Yield each photo of a search once, as the page comes to show it.

        Raises:
            FetchError: the page cannot be had, or robots.txt forbids it.
            ScrapeError: no browser can be had.
        """
        url = f"{self._config.base_url.rstrip('/')}/s/photos/{quote(category, safe='')}"
        self._client.require_allowed(url)
        found: set[str] = set()
        for ref in self._iter_refs(url):
            if ref.photo_id not in found:
                found.add(ref.photo_id)
                yield ref
        if not found:
            log.warning("%s: no photo for us at %s", category, url)

    def tell_download(self, ref: PhotoRef) -> None:
        """Do nothing: the site's own pages tell it nothing either."""

    def close(self) -> None:
        """Quit the browser."""
        self._view = None
        self._open.close()

    def _iter_refs(self, url: str) -> Iterator[PhotoRef]:
        """What the page shows, from the top again if the browser has died once."""
        for is_last in (False, True):
            try:
                yield from self._iter_shown(url)
                return
            except Hung as error:
                self.close()  # which a new browser is quicker than waiting for
                raise ScrapeError("a script of the page hangs", url, OTHER_SOURCES) from error
            except failures() as error:
                self.close()
                if is_last:
                    what = f"the browser failed twice: {first_line(error)}"
                    raise ScrapeError(
                        what, url, f"try again, or another browser: {INSTALL}"
                    ) from error
                log.warning("the browser failed, and is started anew: %s", first_line(error))

    def _iter_shown(self, url: str) -> Iterator[PhotoRef]:
        """What the page shows, some of it more than once."""
        if self._view is None:
            browser = self._open.enter_context(open_browser(self._config))
            self._view = View(browser, self._config.timeout_s)
        n_in_vain, known = 0, set[str]()
        for html in SearchPage(self._view, self._client, url, self._patience_s).iter_html():
            refs = parse_photos(html, self._config.base_url, self._hosts)
            yield from refs
            ids = {ref.photo_id for ref in refs}
            n_in_vain = 0 if ids - known else n_in_vain + bool(html)
            known |= ids
            if n_in_vain == MOST_VAIN_STEPS:
                log.info("no photo for us in %d steps of %s", n_in_vain, url)
                return
