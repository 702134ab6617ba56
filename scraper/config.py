"""Settings of one scraping run."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from basics.errors import ConfigError
from preprocessing.square import SIDE_PX

SITE = "https://unsplash.com"
API = "https://api.unsplash.com"
KEY_VARIABLE = "UNSPLASH_ACCESS_KEY"
USER_AGENT = "ImageColorizerScraper/1.0"  # honest: a program, and which one


@dataclass(frozen=True, kw_only=True)
class ScrapeConfig:
    """Settings of one scraping run.

    Attributes:
        out_dir: one folder per category goes into it.
        source: a name of `scraper.sources.SOURCES`: "page", "api" or "lite".
        base_url: of the site whose search pages are read.
        api_url: of the API.
        access_key: of the API; shown nowhere.
        dataset_dir: folder with the tables of the Unsplash Lite Dataset.
        delay_s: least time between two requests to one host.
        parallel: downloads at a time, at most.
        size_px: side of the square that is asked of an image host which can resize; twice what
            `preprocessing` keeps, so that chroma subsampling costs no colour.
        retries: how often a request is repeated that failed for the moment.
        timeout_s: until a server must answer, or a page must show something.
        allow_hosts: hosts that redirects and images may lead to, besides their own.
        contact: an address for the site's owners, sent in the user agent.
        browser, driver: executables; None finds them.
    """

    out_dir: Path
    count: int = 1000  # photos per category; III-A
    source: str = "page"
    base_url: str = SITE
    api_url: str = API
    access_key: str = field(default="", repr=False)
    dataset_dir: Path | None = None
    delay_s: float = 0.5
    parallel: int = 4
    size_px: int = 512
    max_bytes: int = 30_000_000
    max_pixels: int = 100_000_000
    retries: int = 4
    timeout_s: float = 30.0
    allow_hosts: tuple[str, ...] = ()
    contact: str = ""
    browser: Path | None = None
    driver: Path | None = None

    def __post_init__(self) -> None:
        """Check what argparse cannot.

        Raises:
            ConfigError: a setting is out of its range.
        """
        for name in ("base_url", "api_url"):
            url = urlsplit(getattr(self, name))
            if url.scheme not in ("http", "https") or not url.hostname:
                option = f"--{name.replace('_', '-')}"
                raise ConfigError("not the address of a site", option, f"give one such as {SITE}")
        if self.size_px < SIDE_PX:
            raise ConfigError(
                f"size {self.size_px} px is less than the {SIDE_PX} px that training needs",
                "--size",
                f"give {SIDE_PX} or more",
            )
        if not self.contact.isascii() or not self.contact.isprintable():
            raise ConfigError(
                f"{self.contact!r} cannot stand in a user agent",
                "--contact",
                "give an address of plain ASCII letters, such as ann@example.org",
            )
        if self.source == "lite" and self.dataset_dir is None:
            raise ConfigError(
                "the Lite source needs its tables",
                "--dataset",
                "download the Unsplash Lite Dataset and give the folder with photos.tsv000",
            )
        if self.source == "api" and not self.access_key:
            raise ConfigError(
                "the API needs an access key",
                f"--access-key or {KEY_VARIABLE}",
                "register an application at https://unsplash.com/developers",
            )

    @property
    def user_agent(self) -> str:
        """What every request says of itself."""
        return f"{USER_AGENT} (+{self.contact})" if self.contact else USER_AGENT
