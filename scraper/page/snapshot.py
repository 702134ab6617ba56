"""Snapshots of a page in the browser, taken by snapshot.js in one call; clicks and scrolling."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from scraper.page.parse import PHOTO_PATH

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver
    from selenium.webdriver.remote.webelement import WebElement

SCRIPT = Path(__file__).with_name("snapshot.js")
BLANK = "about:blank"
ERROR_PAGE = "chrome-error:"  # Chrome's URL when there is no response
POLL_S = 0.1
LARGEST = 1e9  # of a number in a snapshot


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The state of a page at one moment.

    Attributes:
        cards: HTML around photos that are new or changed since the last snapshot.
        lazy: ids of photos in the viewport whose image is not loaded.
        n_photos: how many photos there have been on the page so far.
        viewports_below: what lies below the viewport, in viewport heights.
        consent_button: accepts cookies.
        more_button: loads more photos.
        is_complete: whether everything is loaded.
        status: of HTTP; 0 before the response.
        response_s: time to first byte.
        url: of the page.
    """

    cards: list[str]
    lazy: list[str]
    n_photos: int
    viewports_below: float
    consent_button: "WebElement | None"
    more_button: "WebElement | None"
    is_complete: bool
    status: int
    response_s: float
    url: str

    @property
    def at_end(self) -> bool:
        """Whether the viewport is at the page's end."""
        return self.viewports_below < 0.01

    @property
    def has_response(self) -> bool:
        """Whether the server has responded, or the connection failed."""
        return self.status > 0 or self.url.startswith(ERROR_PAGE)

    @property
    def has_content(self) -> bool:
        """Whether the page shows photos or a cookie banner, or is complete without them."""
        return self.n_photos > 0 or self.consent_button is not None or self.is_complete


class PageUnresponsive(Exception):
    """A script of the page blocks the browser."""


class PageNonsense(Exception):
    """What the page's own scripts left of a snapshot is none."""


def read_snapshot(state: object) -> Snapshot:
    """The state that snapshot.js gives; a page's own scripts may meddle with it.

    Raises:
        PageNonsense: a part is missing, or not of its type.
    """
    from selenium.webdriver.remote.webelement import WebElement

    texts = lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value)  # noqa: E731
    button = lambda value: value is None or isinstance(value, WebElement)  # noqa: E731
    kinds = {
        "cards": texts,
        "lazy": texts,
        "n_photos": lambda value: is_number(value) and isinstance(value, int),
        "viewports_below": is_number,
        "consent_button": button,
        "more_button": button,
        "is_complete": lambda value: isinstance(value, bool),
        "status": lambda value: is_number(value) and isinstance(value, int),
        "response_s": is_number,
        "url": lambda value: isinstance(value, str),
    }
    given = state if isinstance(state, dict) else {}
    wrong = [name for name, is_right in kinds.items() if not is_right(given.get(name))]
    if wrong:
        raise PageNonsense(f"of a snapshot of the page: {', '.join(wrong)}")
    return Snapshot(**cast("dict[str, Any]", {name: given.get(name) for name in kinds}))


def is_number(value: object) -> bool:
    """Whether it is a number that is finite and not absurd."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


class BrowserTab:
    """Opens one page after the other; collects the cards of its snapshots until they are taken."""

    def __init__(self, browser: "WebDriver", timeout_s: float) -> None:
        """Use `browser`, in which a snapshot may take `timeout_s`."""
        self._browser, self._timeout_s = browser, timeout_s
        self._script = SCRIPT.read_text(encoding="utf-8")
        self._cards: list[str] = []

    def open(self, url: str) -> Snapshot | None:
        """Open a page; its first snapshot, None if the response times out."""
        self._browser.get(BLANK)
        if self.wait(lambda snapshot: snapshot.url == BLANK, self._timeout_s) is None:
            return None
        self._cards.clear()  # of the page before
        self._browser.get(url)
        try:
            return self.wait(lambda snapshot: snapshot.has_response, self._timeout_s)
        except PageUnresponsive:  # also raised while there is no response
            return None

    def snapshot(self, step: float = 0) -> Snapshot:
        """Scroll by `step` viewport heights, then take a snapshot.

        Raises:
            PageUnresponsive: scripts of the page block the browser.
            PageNonsense: they have changed what the snapshot is made with.
        """
        from selenium.common import exceptions
        from selenium.webdriver.support.wait import WebDriverWait

        ignored = (exceptions.JavascriptException, exceptions.UnexpectedAlertPresentException)
        wait = WebDriverWait(self._browser, self._timeout_s, POLL_S, ignored)
        try:
            state = wait.until(lambda at: at.execute_script(self._script, PHOTO_PATH, step))
        except exceptions.TimeoutException as error:
            raise PageUnresponsive from error
        snapshot = read_snapshot(state)
        self._cards.extend(snapshot.cards)
        return snapshot

    def wait(self, condition: Callable[[Snapshot], bool], seconds: float) -> Snapshot | None:
        """Take snapshots until the condition holds; None after so many seconds."""
        from selenium.common.exceptions import TimeoutException
        from selenium.webdriver.support.wait import WebDriverWait

        def holds(_: object) -> Snapshot | Literal[False]:
            snapshot = self.snapshot()
            return snapshot if condition(snapshot) else False

        try:
            return WebDriverWait(self._browser, seconds, POLL_S).until(holds)
        except TimeoutException:
            return None

    def click(self, button: "WebElement") -> None:
        """Click a button; by script if it is covered, not at all if it was removed."""
        from selenium.common import exceptions

        try:
            button.click()
        except exceptions.StaleElementReferenceException:
            return
        except (
            exceptions.ElementClickInterceptedException,
            exceptions.ElementNotInteractableException,
        ):
            self._browser.execute_script("arguments[0].click()", button)

    def take_html(self) -> str:
        """The cards since the last call, concatenated."""
        html = "\n".join(self._cards)
        self._cards.clear()
        return html
