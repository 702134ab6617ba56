"""What a site's robots.txt allows (RFC 9309)."""

import threading
from collections.abc import Callable
from urllib.parse import urlsplit

from protego import Protego

from scraper.config import USER_AGENT

PATH = "/robots.txt"
MAX_BYTES = 512_000  # RFC 9309 requires 500 KiB at least
AGENT = USER_AGENT.split("/")[0]  # the product token that a robots.txt names


class Robots:
    """The robots.txt of every host, each fetched once."""

    def __init__(self, fetch: Callable[[str], str]) -> None:
        """`fetch` gives the text of a URL, "" where there is none."""
        self._fetch = fetch
        self._rules: dict[str, Protego] = {}
        self._lock = threading.Lock()

    def allows(self, url: str) -> bool:
        """Whether we may request `url`."""
        return self._rules_of(url).can_fetch(url, AGENT)

    def delay_s(self, url: str) -> float:
        """The site's Crawl-delay, s; 0 where it has none."""
        return float(self._rules_of(url).crawl_delay(AGENT) or 0)

    def _rules_of(self, url: str) -> Protego:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        with self._lock:
            if origin not in self._rules:
                self._rules[origin] = Protego.parse(self._fetch(origin + PATH))
            return self._rules[origin]
