"""A headless Chrome or Chromium: found, started, and gone again whatever becomes of us."""

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from preprocessing.errors import ScrapeError
from scraper.config import ScrapeConfig

if TYPE_CHECKING:
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

log = logging.getLogger(__name__)

DRIVER = "chromedriver"
BROWSERS = ("google-chrome", "chromium", "chromium-browser", "chrome")  # their names on PATH
PROFILES = Path(".scraper", "profiles")  # within out_dir, which one run at a time may use
LEASH = Path(__file__).with_name("leash.py")
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
)
BLOCK, BLOCK_ALL = 2, 3  # as Chrome's preferences number them
PREFERENCES = {
    "profile.managed_default_content_settings.images": BLOCK,  # httpx fetches each photo once
    "profile.default_content_setting_values.notifications": BLOCK,
    "profile.default_content_setting_values.geolocation": BLOCK,
    "download_restrictions": BLOCK_ALL,
}


@contextmanager
def open_browser(config: ScrapeConfig) -> Iterator["Chrome"]:
    """Start a browser whose `get` does not wait for pages; quit it at the end of the block.

    An installed driver is preferred; without one, Selenium Manager finds or downloads it. The
    browser's profile lies in `config.out_dir`, new each time. A killed program takes the browser
    with it.

    Raises:
        ScrapeError: none can be had.
    """
    for name in ("selenium", "urllib3"):  # what they warn of is raised as well
        logging.getLogger(name).setLevel(logging.CRITICAL)
    profiles_dir = (config.out_dir / PROFILES).resolve()
    shutil.rmtree(profiles_dir, ignore_errors=True)  # a killed run's
    profiles_dir.mkdir(parents=True)
    profile_dir = Path(tempfile.mkdtemp(dir=profiles_dir))
    try:
        browser = _start_any(config, profile_dir)
        try:
            browser.set_script_timeout(config.timeout_s)
            browser.set_page_load_timeout(config.timeout_s)
            yield browser
        finally:
            browser.quit()
    finally:
        shutil.rmtree(profiles_dir, ignore_errors=True)


def failures() -> tuple[type[Exception], ...]:
    """What Selenium raises when the browser or its driver has failed or gone."""
    from selenium.common.exceptions import WebDriverException
    from urllib3.exceptions import HTTPError

    return WebDriverException, HTTPError


def first_line(error: BaseException | None) -> str:
    """What an error of Selenium's says, without the driver's own addresses."""
    lines = (getattr(error, "msg", None) or str(error)).split("; For documentation")[0].splitlines()
    return lines[0] if lines else type(error).__name__


def _start_any(config: ScrapeConfig, profile_dir: Path) -> "Chrome":
    """The first browser that starts."""
    for option, path in (("--browser", config.browser), ("--driver", config.driver)):
        if path is not None and not path.is_file():
            raise ScrapeError("no such program", f"{option} {path}", "give its path, or leave it")
    where, cause = "", None
    for driver, browser in _iter_pairs(config):
        try:
            return _start(driver, browser, config, profile_dir)
        except failures() as error:
            log.debug("%s with %s: %s", driver, browser, error)
            if cause is None:  # later ones only say that nothing else can be had
                where, cause = f"{browser or 'browsers'}, {driver or DRIVER} on PATH", error
    raise ScrapeError(
        f"no Chrome or Chromium can be started: {first_line(cause)}", where, INSTALL
    ) from cause


def _iter_pairs(config: ScrapeConfig) -> Iterator[tuple[str | None, str | None]]:
    """Paths of driver and browser to try, best first; None where Selenium is to find it."""
    found = [str(config.browser)] if config.browser else filter(None, map(shutil.which, BROWSERS))
    browsers = list(dict.fromkeys(found)) or [None]
    driver = config.driver or os.environ.get("SE_CHROMEDRIVER") or shutil.which(DRIVER)
    if driver:
        yield from ((str(driver), browser) for browser in browsers)
    if not config.driver:
        yield None, browsers[0]


def _start(
    driver: str | None, browser: str | None, config: ScrapeConfig, profile_dir: Path
) -> "Chrome":
    """Start a browser by its driver; None where Selenium Manager is to find one."""
    from selenium.webdriver import Chrome, ChromeService
    from selenium.webdriver.common.driver_finder import DriverFinder

    options = _options(config, profile_dir)
    options.binary_location = browser or ""
    if driver is None:
        os.environ.setdefault("SE_AVOID_STATS", "true")  # it calls home otherwise
        os.environ.setdefault("SE_SKIP_DRIVER_IN_PATH", "true")  # that one has been tried
        finder = DriverFinder(ChromeService(), options)
        driver, options.binary_location = finder.get_driver_path(), finder.get_browser_path()
    return Chrome(options, _leashed(driver, profile_dir))


def _leashed(driver: str, profile_dir: Path) -> "ChromeService":
    """A service whose driver ends with this process, however that ends."""
    from selenium.webdriver import ChromeService

    class Leashed(ChromeService):
        def command_line_args(self) -> list[str]:
            leash = ["-I", "-S", str(LEASH), str(profile_dir), str(self.port)]
            return [*leash, driver, *super().command_line_args()]

        def env_path(self) -> None:
            """Nothing: SE_CHROMEDRIVER has been asked already."""

    # in a session of its own: Ctrl-C is for us, and we quit the browser then
    return Leashed(sys.executable, popen_kw={"start_new_session": os.name == "posix"})


def _options(config: ScrapeConfig, profile_dir: Path) -> "ChromeOptions":
    """Quiet, small, honest about itself, and without waits of its own."""
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
    options.ignore_local_proxy_environment_variables()  # the driver is on this machine
    return options
