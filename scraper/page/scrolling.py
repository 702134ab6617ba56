"""One search page: opened, scrolled and pressed until no more photos come."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx

from scraper.http.addresses import redirect_target
from scraper.http.client import Client
from scraper.http.errors import FetchError, status_error
from scraper.page.snapshot import NO_PAGE, Look, View
from scraper.photo_ref import Reason

if TYPE_CHECKING:
    from selenium.webdriver.remote.webelement import WebElement

OTHER_SOURCES = "use the API or the Lite dataset: --source api, --source lite"
STEP = 0.8  # heights of the view, so that no row of photos is skipped
NEAR_END = 1.5  # heights of the view; from here on, most pages ask for more
SLOWNESS = 3.0  # patience, in times that the page took to answer, where that is longer
NUDGE_S = 1.0  # without anything new; then the page is scrolled up and down
LAZY_S = 3.0  # for images in view to appear
MOST_CONSENTS = 3  # cookie banners on one page
MOST_VAIN_ASKS = 20  # that made the page longer, but brought no photo


class SearchPage:
    """One search page, from its opening to its end."""

    def __init__(self, view: View, client: Client, url: str, patience_s: float) -> None:
        """Open nothing yet.

        Args:
            view: shows the page.
            client: keeps the delay, and knows what robots.txt allows.
            url: of the page.
            patience_s: seconds without anything new after which no more photos come.
        """
        self._view, self._client, self._url, self._patience_s = view, client, url, patience_s
        self._timeout_s = client.config.timeout_s
        self._given_up: set[str] = set()  # ids of photos whose image never appears
        self._n_consents = self._n_vain_asks = 0
        self._asks_early = False  # for more photos, long before its end is in view
        self._asked_at = -math.inf  # by the client's clock: when the page was last made to ask

    def iter_html(self) -> Iterator[str]:
        """Yield the HTML around new photos, step by step, until no more come.

        Raises:
            FetchError: the page cannot be had.
            Hung: it keeps the browser from answering.
        """
        look = self._open()
        while look is not None:
            yield self._view.take_html()
            before, look = look, self._go_on(look)
            if look is not None and look.n_photos > before.n_photos:
                self._asked_at = self._client.clock()  # or a little before
        yield self._view.take_html()  # what came during the last wait

    def _open(self) -> Look | None:
        """Load the page, again where its failure may pass; None if there is none."""
        config = self._client.config
        for number in range(config.retries + 1):
            self._pace()
            look = self._view.open(self._url)
            if look is None:
                raise self._slow("did not load")
            error = _failure(look, self._url)
            if error is None:
                to = redirect_target(self._url, self._url, look.address, config.allow_hosts)
                self._client.require_allowed(to)
                return self._wait_for_beginning()
            if error.reason is Reason.GONE:
                return None  # so Unsplash answers to a word without photos
            if number == config.retries or not error.may_pass:
                raise error
            # the client, unlike the browser, is told how long the server wants to be left alone
            self._client.get(self._url, max_bytes=config.max_bytes)
        raise AssertionError("the last attempt returns or raises")

    def _wait_for_beginning(self) -> Look:
        """The first look at something of use."""
        look = self._view.wait(lambda now: now.has_begun, self._timeout_s)
        if look is None:
            raise self._slow("showed no photo")
        self._asked_at = self._client.clock()
        return look

    def _go_on(self, look: Look) -> Look | None:
        """Take one step towards more photos; None if no more come."""
        look = self._wait_for_images(look)
        if look.consent is not None and self._n_consents < MOST_CONSENTS:
            self._n_consents += 1
            self._press(look.consent)
            return self._view.look()
        if look.at_end:
            after = self._ask_for_more(look)
            grown = after is not None and after.n_photos > look.n_photos
            self._n_vain_asks = 0 if grown else self._n_vain_asks + 1
            return after if self._n_vain_asks < MOST_VAIN_ASKS else None
        if self._asks_early or look.views_below < STEP + NEAR_END:
            return self._scroll(STEP)
        after = self._view.look(STEP)
        self._asks_early = after.n_photos > look.n_photos
        return after

    def _wait_for_images(self, look: Look) -> Look:
        """Wait until the images in view have appeared, once for each that never does."""
        missing = {*look.lazy} - self._given_up
        if not missing:
            return look
        appeared = self._view.wait(lambda now: missing.isdisjoint(now.lazy), LAZY_S)
        if appeared is None:
            self._given_up |= missing
        return appeared or self._view.look()

    def _ask_for_more(self, look: Look) -> Look | None:
        """Press "Load more", or else move at the page's end, and wait for what comes."""

        def brings(now: Look) -> bool:
            new_button = now.more is not None and look.more is None
            consent = now.consent is not None and self._n_consents < MOST_CONSENTS
            return now.n_photos > look.n_photos or not now.at_end or new_button or consent

        patience_s = min(max(self._patience_s, SLOWNESS * look.answer_s), self._timeout_s)
        if look.more is None:
            now = self._view.wait(brings, min(NUDGE_S, patience_s))
            if now is not None:
                return now
        if look.more is not None:
            self._press(look.more)
        else:  # some pages ask only at the moment when their end comes into view
            self._scroll(-STEP)
            self._view.look(STEP)
        return self._view.wait(brings, patience_s)

    def _scroll(self, step: float) -> Look:
        """Scroll where the page may ask for more."""
        self._pace()
        look = self._view.look(step)
        self._asked_at = self._client.clock()
        return look

    def _press(self, button: "WebElement") -> None:
        """Press a button, which makes the page ask."""
        self._pace()
        self._view.press(button)
        self._asked_at = self._client.clock()

    def _pace(self) -> None:
        """Wait until the page may be made to ask; its delay begins when it did so last."""
        since = self._client.clock() - self._asked_at
        self._client.sleep(max(0.0, self._client.config.delay_s - since))
        self._client.pace(self._url)

    def _slow(self, what: str) -> FetchError:
        return FetchError(
            f"the page {what} within {self._timeout_s:g} s",
            self._url,
            f"see whether a browser shows it, raise --timeout, or {OTHER_SOURCES}",
        )


def _failure(look: Look, url: str) -> FetchError | None:
    """What is wrong with the server's answer."""
    if look.status < 400:
        fix = "check the network and --base-url"
        failed = look.address.startswith(NO_PAGE)
        return FetchError("the page cannot be reached", url, fix) if failed else None
    error = status_error(httpx.Response(look.status), url)
    if error.reason is not Reason.REFUSED:
        return error
    what = f"the site refuses automated visits: HTTP {look.status}"
    return FetchError(what, url, OTHER_SOURCES, Reason.REFUSED, look.status)
