"""What a page in the browser shows, taken by snapshot.js in one trip; how it is acted on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from scraper.page.parse import PHOTO_PATH

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver
    from selenium.webdriver.remote.webelement import WebElement

SCRIPT = Path(__file__).with_name("snapshot.js")
BLANK = "about:blank"
NO_PAGE = "chrome-error:"  # where Chrome is when nothing answers
POLL_S = 0.1


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a page shows at one moment.

    Attributes:
        cards: HTML around photos that are new or have changed since the last look.
        lazy: ids of photos in view whose image has not appeared.
        n_photos: how many photos there have ever been on the page.
        views_below: how much lies below the view, in heights of the view.
        consent: a button that accepts cookies.
        more: a button that loads more photos.
        is_complete: whether everything has loaded.
        status: of HTTP; 0 before the answer.
        answer_s: seconds that the answer took.
        address: URL of what is shown.
    """

    cards: list[str]
    lazy: list[str]
    n_photos: int
    views_below: float
    consent: "WebElement | None"
    more: "WebElement | None"
    is_complete: bool
    status: int
    answer_s: float
    address: str

    @property
    def at_end(self) -> bool:
        """Whether nothing lies below the view."""
        return self.views_below < 0.01

    @property
    def is_answered(self) -> bool:
        """Whether the server has answered, or never will."""
        return self.status > 0 or self.address.startswith(NO_PAGE)

    @property
    def has_begun(self) -> bool:
        """Whether the page shows something of use, or never will."""
        return self.n_photos > 0 or self.consent is not None or self.is_complete


class Hung(Exception):
    """A script of the page's own keeps the browser from answering."""


class View:
    """Looks at one page after the other, and keeps what they showed until it is taken."""

    def __init__(self, browser: "WebDriver", timeout_s: float) -> None:
        """Look through `browser`, whose scripts may take `timeout_s`."""
        self._browser, self._timeout_s = browser, timeout_s
        self._script = SCRIPT.read_text(encoding="utf-8")
        self._cards: list[str] = []

    def open(self, url: str) -> Look | None:
        """Leave the page that is shown; the first look at the next, None if none answers."""
        self._browser.get(BLANK)
        if self.wait(lambda look: look.address == BLANK, self._timeout_s) is None:
            return None
        self._cards.clear()  # of the page before
        self._browser.get(url)
        try:
            return self.wait(lambda look: look.is_answered, self._timeout_s)
        except Hung:  # as it seems while the server does not answer
            return None

    def look(self, step: float = 0) -> Look:
        """Scroll by so many heights of the view, then see what there is.

        Raises:
            Hung: the page does not let itself be looked at.
        """
        from selenium.common import exceptions
        from selenium.webdriver.support.wait import WebDriverWait

        passing = (exceptions.JavascriptException, exceptions.UnexpectedAlertPresentException)
        wait = WebDriverWait(self._browser, self._timeout_s, POLL_S, passing)
        try:
            shown = wait.until(lambda at: at.execute_script(self._script, PHOTO_PATH, step))
        except exceptions.TimeoutException as error:
            raise Hung from error
        look = Look(**shown)
        self._cards.extend(look.cards)
        return look

    def wait(self, condition: Callable[[Look], bool], seconds: float) -> Look | None:
        """Look until the condition holds; None if it does not within so many seconds."""
        from selenium.common.exceptions import TimeoutException
        from selenium.webdriver.support.wait import WebDriverWait

        def holds(_: object) -> Look | Literal[False]:
            look = self.look()
            return look if condition(look) else False

        try:
            return WebDriverWait(self._browser, seconds, POLL_S).until(holds)
        except TimeoutException:
            return None

    def press(self, button: "WebElement") -> None:
        """Click a button; by script if something lies over it, not at all if it has gone."""
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
        """The cards that were seen since the last time, one after the other."""
        html = "\n".join(self._cards)
        self._cards.clear()
        return html
