"""One search page: opened, scrolled and clicked until no more photos load."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx

from scraper.config import OTHER_SOURCES
from scraper.http.addresses import redirect_target
from scraper.http.client import Client
from scraper.http.errors import FetchError, status_error
from scraper.page.snapshot import ERROR_PAGE, BrowserTab, Snapshot
from scraper.photo_ref import Reason

if TYPE_CHECKING:
    from selenium.webdriver.remote.webelement import WebElement

STEP = 0.8  # viewport heights, so that no row of photos is skipped
NEAR_END = 1.5  # viewport heights; from here on, most pages load more
SLOW_SERVER_FACTOR = 3.0  # idle timeout in response times, where that is longer
RESCROLL_S = 1.0  # without anything new; then scroll up and down
LAZY_S = 3.0  # for lazy images in the viewport
MAX_CONSENTS = 3  # cookie banners on one page
MAX_EMPTY_LOADS = 20  # in a row that lengthened the page without a photo


class SearchPage:
    """Infinite scrolling of one search page."""

    def __init__(self, tab: BrowserTab, client: Client, url: str, idle_timeout_s: float) -> None:
        """Open nothing yet.

        Args:
            tab: of the browser.
            client: for its rate limit and robots.txt.
            url: of the page.
            idle_timeout_s: seconds without anything new that end the page.
        """
        self._tab, self._client, self._url, self._idle_timeout_s = tab, client, url, idle_timeout_s
        self._timeout_s = client.config.timeout_s
        self._given_up: set[str] = set()  # ids of photos whose image never loads
        self._n_consents = self._n_empty_loads = 0
        self._loads_ahead = False  # more photos, long before its end is in the viewport
        self._requested_at = -math.inf  # by the client's clock: when the page last loaded photos

    def iter_html(self) -> Iterator[str]:
        """Yield the HTML around new photos, step by step, until no more load.

        Raises:
            FetchError: the page cannot be loaded.
            PageUnresponsive: its scripts block the browser.
        """
        snapshot = self._open()
        while snapshot is not None:
            yield self._tab.take_html()
            before, snapshot = snapshot, self._step(snapshot)
            if snapshot is not None and snapshot.n_photos > before.n_photos:
                self._requested_at = self._client.clock()  # or a little before
        yield self._tab.take_html()  # loaded during the last wait

    def _open(self) -> Snapshot | None:
        """Load the page, with retries; None if it does not exist."""
        config = self._client.config
        for number in range(config.retries + 1):
            self._throttle()
            snapshot = self._tab.open(self._url)
            if snapshot is None:
                raise self._timeout_error("page not loaded")
            error = _failure(snapshot, self._url)
            if error is None:
                to = redirect_target(self._url, self._url, snapshot.url, config.allow_hosts)
                self._client.require_allowed(to)
                return self._wait_for_content()
            if error.reason is Reason.GONE:
                return None  # Unsplash's status for a word without photos
            if number == config.retries or not error.is_transient:
                raise error
            # the client, unlike the browser, obeys Retry-After
            self._client.get(self._url, max_bytes=config.max_bytes)
        raise AssertionError("the last attempt returns or raises")

    def _wait_for_content(self) -> Snapshot:
        """The first snapshot with content."""
        snapshot = self._tab.wait(lambda now: now.has_content, self._timeout_s)
        if snapshot is None:
            raise self._timeout_error("no photo shown")
        self._requested_at = self._client.clock()
        return snapshot

    def _step(self, snapshot: Snapshot) -> Snapshot | None:
        """Take one step towards more photos; None if no more load."""
        snapshot = self._wait_for_images(snapshot)
        if snapshot.consent_button is not None and self._n_consents < MAX_CONSENTS:
            self._n_consents += 1
            self._click(snapshot.consent_button)
            return self._tab.snapshot()
        if snapshot.at_end:
            after = self._load_more(snapshot)
            grown = after is not None and after.n_photos > snapshot.n_photos
            self._n_empty_loads = 0 if grown else self._n_empty_loads + 1
            return after if self._n_empty_loads < MAX_EMPTY_LOADS else None
        if self._loads_ahead or snapshot.viewports_below < STEP + NEAR_END:
            return self._scroll(STEP)
        after = self._tab.snapshot(STEP)
        self._loads_ahead = after.n_photos > snapshot.n_photos
        return after

    def _wait_for_images(self, snapshot: Snapshot) -> Snapshot:
        """Wait until the images in the viewport are loaded; only once for each."""
        missing = {*snapshot.lazy} - self._given_up
        if not missing:
            return snapshot
        loaded = self._tab.wait(lambda now: missing.isdisjoint(now.lazy), LAZY_S)
        if loaded is None:
            self._given_up |= missing
        return loaded or self._tab.snapshot()

    def _load_more(self, snapshot: Snapshot) -> Snapshot | None:
        """Click "Load more", else scroll at the page's end; wait for new content."""

        def has_changed(now: Snapshot) -> bool:
            new_button = now.more_button is not None and snapshot.more_button is None
            consent = now.consent_button is not None and self._n_consents < MAX_CONSENTS
            return now.n_photos > snapshot.n_photos or not now.at_end or new_button or consent

        slow_server_s = SLOW_SERVER_FACTOR * snapshot.response_s
        timeout_s = min(max(self._idle_timeout_s, slow_server_s), self._timeout_s)
        if snapshot.more_button is None:
            now = self._tab.wait(has_changed, min(RESCROLL_S, timeout_s))
            if now is not None:
                return now
        if snapshot.more_button is not None:
            self._click(snapshot.more_button)
        else:  # some pages load only when their end enters the viewport
            self._scroll(-STEP)
            self._tab.snapshot(STEP)
        return self._tab.wait(has_changed, timeout_s)

    def _scroll(self, step: float) -> Snapshot:
        """Scroll to where the page may load more."""
        self._throttle()
        snapshot = self._tab.snapshot(step)
        self._requested_at = self._client.clock()
        return snapshot

    def _click(self, button: "WebElement") -> None:
        """Click a button that makes the page load."""
        self._throttle()
        self._tab.click(button)
        self._requested_at = self._client.clock()

    def _throttle(self) -> None:
        """Keep the delay since the page last loaded photos."""
        since = self._client.clock() - self._requested_at
        self._client.sleep(max(0.0, self._client.config.delay_s - since))
        self._client.throttle(self._url)

    def _timeout_error(self, what: str) -> FetchError:
        return FetchError(
            f"response timed out: {what} within {self._timeout_s:g} s",
            self._url,
            f"open it in a browser, raise --timeout, or {OTHER_SOURCES}",
        )


def _failure(snapshot: Snapshot, url: str) -> FetchError | None:
    """The error of a failed page load; None without one."""
    if snapshot.status < 400:
        fix = "check the network and --base-url"
        failed = snapshot.url.startswith(ERROR_PAGE)
        return FetchError("connection failed", url, fix) if failed else None
    error = status_error(httpx.Response(snapshot.status), url)
    if error.reason is not Reason.REFUSED:
        return error
    what = f"the site blocks automated visits: HTTP {snapshot.status}"
    return FetchError(what, url, OTHER_SOURCES, Reason.REFUSED, snapshot.status)
