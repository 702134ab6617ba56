"""A headless Chrome or Chromium: found, started, and ended with this process, even if killed."""

import logging
import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from basics.errors import ScrapeError
from scraper.config import ScrapeConfig

if TYPE_CHECKING:
    from selenium.webdriver import ChromeOptions, ChromeService
    from selenium.webdriver.remote.webdriver import WebDriver

log = logging.getLogger(__name__)

DRIVER = "chromedriver"
BROWSERS = ("google-chrome", "chromium", "chromium-browser", "chrome")  # their names on PATH
PROFILES = Path(".scraper", "profile")  # within out_dir, which one run at a time may use
DRIVER_TIMEOUT_S = 120  # longer than the driver's own timeout for starting a browser
WATCHDOG = Path(__file__).with_name("watchdog.py")
INSTALL = (
    "Debian: apt install chromium chromium-driver; elsewhere: install Google Chrome; "
    "or name one: --browser, --driver"
)
SWITCHES = (
    "--headless=new",
    "--window-size=1280,1000",  # px
    "--remote-debugging-pipe",  # Chrome ends when its driver does
    "--disable-gpu",
    "--disable-dev-shm-usage",  # /dev/shm has 64 MB in a container
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    # Chrome asks Google for updates, models and accounts whatever the switches above say
    "--host-resolver-rules=MAP *.google.com ~NOTFOUND, MAP *.googleapis.com ~NOTFOUND",
    "--accept-lang=en-US,en",  # "Load more" is looked for in English
)
BLOCK, BLOCK_ALL = 2, 3  # as Chrome's preferences number them
PREFERENCES = {
    "profile.managed_default_content_settings.images": BLOCK,  # httpx fetches each photo once
    "profile.default_content_setting_values.notifications": BLOCK,
    "profile.default_content_setting_values.geolocation": BLOCK,
    "download_restrictions": BLOCK_ALL,
}


@contextmanager
def open_browser(config: ScrapeConfig) -> Iterator["WebDriver"]:
    """Start a browser whose `get` does not block; quit it at the end of the block.

    An installed driver is preferred; without one, Selenium Manager finds or downloads it. The
    browser's profile lies in `config.out_dir`, new each time. If this process is killed, a watchdog
    ends the browser.

    Raises:
        ScrapeError: none can be started.
    """
    for name in ("selenium", "urllib3"):  # their warnings are raised as well
        logging.getLogger(name).setLevel(logging.CRITICAL)
    profiles_dir = (config.out_dir / PROFILES).resolve()
    shutil.rmtree(profiles_dir, ignore_errors=True)  # a killed run's
    profile_dir = profiles_dir / uuid.uuid4().hex  # unique: a killed run's is still being removed
    try:
        browser, service = _start_any(config, profile_dir)
        try:
            browser.set_script_timeout(config.timeout_s)
            browser.set_page_load_timeout(config.timeout_s)
            yield browser
        finally:
            with suppress(*browser_errors()):  # it may have crashed
                browser.quit()
            service.stop()
    finally:
        shutil.rmtree(profiles_dir, ignore_errors=True)


def browser_errors() -> tuple[type[Exception], ...]:
    """What Selenium raises when the browser or its driver has failed or ended."""
    from selenium.common.exceptions import WebDriverException
    from urllib3.exceptions import HTTPError

    return WebDriverException, HTTPError


def first_line(error: BaseException | None) -> str:
    """An error's message for the user, without the driver's stack trace."""
    text = getattr(error, "msg", None) or "its driver has ended"
    return text.split("; For documentation")[0].splitlines()[0]


def _start_any(config: ScrapeConfig, profile_dir: Path) -> "tuple[WebDriver, ChromeService]":
    """The first browser that starts."""
    where, cause = "", None
    for driver, browser in _iter_candidates(config):
        try:
            return _start(driver, browser, config, profile_dir)
        except browser_errors() as error:
            log.debug("%s with %s: %s", driver, browser, error)
            if cause is None:  # the first error is the informative one
                where, cause = f"{browser or 'browsers'}, {driver or DRIVER} on PATH", error
    raise ScrapeError(
        f"cannot start Chrome or Chromium: {first_line(cause)}", where, INSTALL
    ) from cause


def _iter_candidates(config: ScrapeConfig) -> Iterator[tuple[str | None, str | None]]:
    """Paths of driver and browser to try, best first; None: Selenium Manager finds it."""
    named_browser = _require_program("--browser", config.browser)
    named_driver = _require_program("--driver", config.driver)
    found = [named_browser] if named_browser else map(shutil.which, BROWSERS)
    browsers = list(filter(None, found)) or [None]
    driver = named_driver or os.environ.get("SE_CHROMEDRIVER") or shutil.which(DRIVER)
    if driver:
        yield from ((driver, browser) for browser in browsers)
    if not named_driver:
        yield None, browsers[0]


def _require_program(option: str, path: Path | None) -> str | None:
    """The absolute path of a program that the user gives as a path or a name on PATH."""
    found = path and shutil.which(path)
    if path and not found:
        raise ScrapeError("no such program", f"{option} {path}", "give its path, or leave it out")
    return str(Path(found).absolute()) if found else None


def _start(
    driver: str | None, browser: str | None, config: ScrapeConfig, profile_dir: Path
) -> "tuple[WebDriver, ChromeService]":
    """Start a driver and its browser; None: Selenium Manager finds it."""
    from selenium.webdriver import ChromeService, Proxy, Remote
    from selenium.webdriver.common.driver_finder import DriverFinder
    from selenium.webdriver.remote.client_config import ClientConfig

    options = _options(config, profile_dir)
    options.binary_location = browser or ""
    if driver is None:
        os.environ.setdefault("SE_AVOID_STATS", "true")  # no telemetry
        os.environ.setdefault("SE_SKIP_DRIVER_IN_PATH", "true")  # already tried
        finder = DriverFinder(ChromeService(), options)
        driver, options.binary_location = finder.get_driver_path(), finder.get_browser_path()
    service = _watched_service(driver, profile_dir)
    service.start()
    try:
        connection = ClientConfig(
            service.service_url,
            proxy=Proxy({"proxyType": "direct"}),  # the driver is on this machine
            timeout=DRIVER_TIMEOUT_S,
        )
        return Remote(service.service_url, options=options, client_config=connection), service
    except BaseException:
        service.stop()
        raise


def _watched_service(driver: str, profile_dir: Path) -> "ChromeService":
    """A service whose driver is run by the watchdog."""
    from selenium.webdriver import ChromeService

    class WatchedService(ChromeService):
        def command_line_args(self) -> list[str]:
            watchdog = ["-I", "-S", str(WATCHDOG), str(profile_dir), str(self.port)]
            return [*watchdog, driver, *super().command_line_args()]

        def env_path(self) -> None:
            """Ignore SE_CHROMEDRIVER: `_iter_candidates` has read it."""

    # in a session of its own, as Ctrl-C must not reach it: we quit the browser then
    return WatchedService(sys.executable, popen_kw={"start_new_session": os.name == "posix"})


def _options(config: ScrapeConfig, profile_dir: Path) -> "ChromeOptions":
    """Headless, with an honest User-Agent, without images and implicit waits."""
    from selenium.webdriver import ChromeOptions

    options = ChromeOptions()
    for switch in SWITCHES:
        options.add_argument(switch)
    options.add_argument(f"--user-agent=Mozilla/5.0 (compatible; {config.user_agent})")
    options.add_argument(f"--user-data-dir={profile_dir}")
    if sys.platform == "linux" and os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chrome refuses root otherwise
    options.add_experimental_option("prefs", PREFERENCES)
    options.page_load_strategy = "none"  # search_page waits on conditions
    options.unhandled_prompt_behavior = "dismiss"
    return options
