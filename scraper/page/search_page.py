"""The site's search pages as a source of photos, all read in one browser."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from urllib.parse import quote

from basics.errors import ScrapeError
from scraper.config import OTHER_SOURCES, ScrapeConfig
from scraper.http.client import Client
from scraper.page.browser import INSTALL, browser_errors, first_line, open_browser
from scraper.page.parse import image_hosts, parse_photos
from scraper.page.scrolling import SearchPage
from scraper.page.snapshot import BrowserTab, PageNonsense, PageUnresponsive
from scraper.photo_ref import PhotoRef

log = logging.getLogger(__name__)

NOTICE = (
    "Unsplash's terms restrict automated collection. Two other sources are meant for programs: "
    "--source api and --source lite."
)
IDLE_TIMEOUT_S = 5.0  # without anything new; then a page has no more photos
MAX_EMPTY_STEPS = 100  # without a usable photo: only premium ones are left


@contextmanager
def open_page_source(
    config: ScrapeConfig, client: Client, *, idle_timeout_s: float = IDLE_TIMEOUT_S
) -> Iterator["PageSource"]:
    """The search pages as a source; a browser opens with the first and closes at the end.

    Args:
        config: the run's settings.
        client: for its rate limit and robots.txt.
        idle_timeout_s: seconds without anything new after which a page has no more photos.
    """
    log.warning(NOTICE)
    with closing(PageSource(config, client, idle_timeout_s)) as source:
        yield source


class PageSource:
    """Lists photos by search pages; see `scraper.sources.Source`."""

    def __init__(self, config: ScrapeConfig, client: Client, idle_timeout_s: float) -> None:
        """Open nothing yet."""
        self._config, self._client, self._idle_timeout_s = config, client, idle_timeout_s
        self._hosts = image_hosts(config)
        self._open = ExitStack()  # the browser
        self._tab: BrowserTab | None = None

    def iter_photos(self, category: str) -> Iterator[PhotoRef]:
        """Yield each photo of a search once, as the page loads it.

        Raises:
            FetchError: the page cannot be loaded, or robots.txt disallows it.
            ScrapeError: no browser can be started.
        """
        url = f"{self._config.base_url.rstrip('/')}/s/photos/{quote(category, safe='')}"
        self._client.require_allowed(url)
        found: set[str] = set()
        for ref in self._iter_refs(url):
            if ref.photo_id not in found:
                found.add(ref.photo_id)
                yield ref
        if not found:
            log.warning("%s: no usable photo at %s", category, url)

    def track_download(self, ref: PhotoRef) -> None:
        """Do nothing: search pages track no downloads."""

    def close(self) -> None:
        """Quit the browser."""
        self._tab = None
        self._open.close()

    def _iter_refs(self, url: str) -> Iterator[PhotoRef]:
        """The photos of the page; from its top again if the browser crashes once."""
        for is_last_attempt in (False, True):
            try:
                yield from self._iter_visible(url)
                return
            except PageUnresponsive as error:
                self.close()  # restarting is faster than waiting
                raise ScrapeError(
                    "page unresponsive: one of its scripts hangs", url, OTHER_SOURCES
                ) from error
            except PageNonsense as error:
                self.close()
                what = f"the page's own scripts are in the way: {error}"
                raise ScrapeError(what, url, OTHER_SOURCES) from error
            except browser_errors() as error:
                self.close()
                if is_last_attempt:
                    what = f"the browser failed twice: {first_line(error)}"
                    raise ScrapeError(
                        what, url, f"try again, or another browser: {INSTALL}"
                    ) from error
                log.warning("the browser failed, restarting it: %s", first_line(error))

    def _iter_visible(self, url: str) -> Iterator[PhotoRef]:
        """The photos of the page, some of them repeatedly."""
        if self._tab is None:
            browser = self._open.enter_context(open_browser(self._config))
            self._tab = BrowserTab(browser, self._config.timeout_s)
        n_empty_steps, known = 0, set[str]()
        for html in SearchPage(self._tab, self._client, url, self._idle_timeout_s).iter_html():
            refs = parse_photos(html, self._config.base_url, self._hosts)
            yield from refs
            ids = {ref.photo_id for ref in refs}
            n_empty_steps = 0 if ids - known else n_empty_steps + bool(html)
            known |= ids
            if n_empty_steps == MAX_EMPTY_STEPS:
                log.info("no usable photo in %d steps of %s", n_empty_steps, url)
                return
