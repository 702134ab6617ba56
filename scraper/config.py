"""Settings of one scraping run."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from basics.errors import ConfigError
from preprocessing.square import SIDE_PX

SITE = "https://unsplash.com"
API = "https://api.unsplash.com"
KEY_VARIABLE = "UNSPLASH_ACCESS_KEY"
USER_AGENT = "ImageColorizerScraper/1.0"
OTHER_SOURCES = "use the API or the Lite dataset: --source api, --source lite"  # of an error


@dataclass(frozen=True, kw_only=True)
class ScrapeConfig:
    """Settings of one scraping run.

    Attributes:
        out_dir: one folder per category goes into it.
        source: a name of `scraper.sources.SOURCES`: "page", "api" or "lite".
        base_url: of the site whose search pages are read.
        api_url: of the API.
        access_key: of the API; never logged or printed.
        dataset_dir: folder with the tables of the Unsplash Lite Dataset.
        delay_s: minimum time between two requests to one host.
        parallel: concurrent downloads, at most.
        size_px: side of the square requested of an image host that can resize; twice what
            `preprocessing` keeps, to make up for chroma subsampling.
        retries: of a request, after transient failures.
        timeout_s: of a server's response, and of a page's first content.
        allow_hosts: further hosts of redirects and images.
        contact: e-mail address or URL for the site's owners, sent in the User-Agent.
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
                raise ConfigError("not an http or https URL", option, f"give one such as {SITE}")
        if self.size_px < SIDE_PX:
            raise ConfigError(
                f"size {self.size_px} px is less than the {SIDE_PX} px that training needs",
                "--size",
                f"give {SIDE_PX} or more",
            )
        if not self.contact.isascii() or not self.contact.isprintable():
            raise ConfigError(
                f"{self.contact!r} is not allowed in a User-Agent header",
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
        """The value of the User-Agent header."""
        return f"{USER_AGENT} (+{self.contact})" if self.contact else USER_AGENT
