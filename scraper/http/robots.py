"""What a site's robots.txt allows (RFC 9309)."""

import logging
import math
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

from protego import Protego

from scraper.config import USER_AGENT

log = logging.getLogger(__name__)

PATH = "/robots.txt"
MAX_DELAY_S = 60.0  # of a Crawl-delay that is kept; ours: a site that means more is not to be read
MAX_BYTES = 512_000  # RFC 9309 requires 500 KiB at least
AGENT = USER_AGENT.split("/")[0]  # the product token that a robots.txt names


class Robots:
    """The robots.txt of every host, each fetched once."""

    def __init__(self, fetch: Callable[[str], str]) -> None:
        """`fetch` gives the text of a URL, "" where there is none."""
        self._fetch = fetch
        self._rules: dict[str, Protego] = {}
        self._lock = threading.Lock()
        self._told: set[str] = set()  # hosts whose delay was told to be of no use

    def allows(self, url: str) -> bool:
        """Whether we may request `url`."""
        return self._rules_of(url).can_fetch(url, AGENT)

    def delay_s(self, url: str) -> float:
        """The site's Crawl-delay, s, at most `MAX_DELAY_S`; 0 where it has none, or one of no use.

        What is not kept as it stands is told once.
        """
        stated = self._rules_of(url).crawl_delay(AGENT)
        asked = float(stated or 0)
        kept = min(max(asked, 0.0), MAX_DELAY_S) if not math.isnan(asked) else 0.0
        host = urlsplit(url).netloc
        if kept != asked and host not in self._told:
            self._told.add(host)
            log.warning(
                "the robots.txt of %s asks for %g s between requests: %g s are kept; "
                "a longer delay: --delay",
                host,
                asked,
                kept,
            )
        return kept

    def _rules_of(self, url: str) -> Protego:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        with self._lock:
            if origin not in self._rules:
                self._rules[origin] = Protego.parse(self._fetch(origin + PATH))
            return self._rules[origin]
