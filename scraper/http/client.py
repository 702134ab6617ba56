"""Polite HTTP: paced per host, retried, bounded, and redirected only where that is allowed."""

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx

from scraper.config import ScrapeConfig
from scraper.http import robots
from scraper.http.addresses import redirect_target, require_address
from scraper.http.errors import FetchError, Stopped, retry_after_s, status_error, too_large
from scraper.photo_ref import Reason

log = logging.getLogger(__name__)

REDIRECTS = (301, 302, 303, 307, 308)
MAX_REDIRECTS = 5
FIRST_WAIT_S = 1.0  # before the first repetition; doubled each time
LONGEST_WAIT_S = 60.0  # of our own back-off
LONGEST_BODY_S = 300.0  # a body that drips in for longer counts as cut off


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back, with status 200 to 299.

    Attributes:
        url: where it came from in the end.
        content: the body, at most as many bytes as were allowed.
        headers: by case-insensitive names.
    """

    url: str
    content: bytes
    headers: Mapping[str, str]


class Client:
    """Fetches from many threads; each host is asked at most once per `delay_s`."""

    def __init__(
        self,
        config: ScrapeConfig,
        *,
        obey_robots: bool,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        """Take pace, retries and bounds from `config`.

        Args:
            config: the run's settings.
            obey_robots: whether robots.txt is asked before anything else of a host.
            clock: seconds.
            sleep: waits so many seconds; by default until `stop` is called at the latest.
        """
        self.config = config
        self._stopped = threading.Event()
        self.clock, self._sleep = clock, sleep or self._stopped.wait
        self._robots = robots.Robots(self._fetch_robots) if obey_robots else None
        self._lock = threading.Lock()
        self._next_start: dict[str, float] = {}  # per host, by the clock
        self._n_holds: Counter[str] = Counter()  # per host
        self._http = httpx.Client(
            headers={"User-Agent": config.user_agent, "Accept-Encoding": "identity"},
            timeout=config.timeout_s,
            limits=httpx.Limits(max_connections=config.parallel + 2),
        )

    def __enter__(self) -> Self:
        """Use it in a `with` block, which closes its connections."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop every thread that waits, and close."""
        self.stop()
        self._http.close()

    def stop(self) -> None:
        """Make every thread that fetches or waits raise `Stopped` soon."""
        self._stopped.set()

    def get(self, url: str, *, max_bytes: int, headers: Mapping[str, str] | None = None) -> Answer:
        """Fetch `url`, again and again while the failure may pass.

        Args:
            url: absolute.
            max_bytes: a longer body is refused, before it is read where its length is given.
            headers: besides our own; they are not sent on to another host.

        Raises:
            FetchError: it cannot be had.
            Stopped: `stop` was called.
        """
        require_address(url)
        self.require_allowed(url)
        return self._try(lambda: self._follow(url, max_bytes, headers or {}))

    def require_allowed(self, url: str) -> None:
        """Raise `FetchError` where robots.txt forbids `url`."""
        if self._robots is not None and not self._robots.allows(url):
            raise FetchError(
                "robots.txt forbids this address",
                url,
                "use the API or the Lite dataset: --source api, --source lite",
                Reason.ROBOTS,
            )

    def pace(self, url: str, *, of_robots: bool = False) -> None:
        """Wait until the host of `url` may be asked again; `of_robots` if for its robots.txt."""
        delay = self.config.delay_s
        if self._robots is not None and not of_robots:
            delay = max(delay, self._robots.delay_s(url))
        host, n_holds = urlsplit(url).netloc, None
        while n_holds != self._n_holds[host]:  # again if the host was held meanwhile
            with self._lock:
                now, n_holds = self.clock(), self._n_holds[host]
                start = max(now, self._next_start.get(host, now))
                self._next_start[host] = start + delay
            if start > now:
                self.sleep(start - now)

    def sleep(self, seconds: float) -> None:
        """Wait; raises `Stopped` if the run is stopped meanwhile."""
        self._sleep(seconds)
        self._raise_if_stopped()

    def _raise_if_stopped(self) -> None:
        if self._stopped.is_set():
            raise Stopped

    def _hold(self, url: str, seconds: float) -> None:
        """Leave the host of `url` alone for so long, in all threads."""
        host = urlsplit(url).netloc
        with self._lock:
            until = self.clock() + seconds
            self._next_start[host] = max(until, self._next_start.get(host, until))
            self._n_holds[host] += 1

    def _try(self, attempt: Callable[[], Answer]) -> Answer:
        """Attempt it until it succeeds, fails for good, or has failed too often."""
        for number in range(self.config.retries + 1):
            try:
                return attempt()
            except FetchError as error:
                if number == self.config.retries or not error.may_pass:
                    raise
                self._back_off(error, number)
        raise AssertionError("the last attempt returns or raises")

    def _back_off(self, error: FetchError, number: int) -> None:
        """Wait as the server asks, else twice as long each time."""
        what, url, _ = error.args
        asked = retry_after_s(error.headers)
        own = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**number) * random.uniform(0.75, 1.25)
        wait = own if asked is None else asked
        log.debug("%s; again in %.1f s: %s", what, wait, url)
        if error.status in (429, 503):
            self._hold(url, wait)  # the host is busy: no thread should ask it
        else:
            self.sleep(wait)

    def _follow(
        self, url: str, max_bytes: int, headers: Mapping[str, str], *, of_robots: bool = False
    ) -> Answer:
        """One attempt, through redirects."""
        at = url
        for _ in range(MAX_REDIRECTS + 1):
            self._raise_if_stopped()
            self.pace(at, of_robots=of_robots)
            at_home = urlsplit(at).netloc == urlsplit(url).netloc
            answer = self._ask(at, max_bytes, headers if at_home else {})
            if isinstance(answer, Answer):
                return answer
            at = redirect_target(url, at, answer, self.config.allow_hosts)
            if not of_robots:
                self.require_allowed(at)
        raise FetchError(
            f"more than {MAX_REDIRECTS} redirects", url, "try another", Reason.REDIRECTED
        )

    def _ask(self, url: str, max_bytes: int, headers: Mapping[str, str]) -> Answer | str:
        """One request: an answer, or where a redirect says that it leads."""
        try:
            with self._http.stream("GET", url, headers=dict(headers)) as response:
                if response.status_code in REDIRECTS and "location" in response.headers:
                    return response.headers["location"]
                if not response.is_success:
                    raise status_error(response, url)
                content = self._read(response, url, max_bytes)
                return Answer(url=url, content=content, headers=response.headers)
        except httpx.LocalProtocolError:  # its text quotes the header, which may be a secret
            what, fix = "cannot be asked for: a header is malformed", "check key and contact"
            raise FetchError(what, url, fix, Reason.REFUSED) from None
        except httpx.TransportError as error:
            what = f"no whole answer: {type(error).__name__}: {error}"
            raise FetchError(what, url, "check the network") from error

    def _read(self, response: httpx.Response, url: str, max_bytes: int) -> bytes:
        """The body, if it is neither too long nor encoded."""
        encoding = response.headers.get("content-encoding", "identity")
        if encoding.lower() != "identity":  # we asked for none; it could unpack to anything
            raise FetchError(f"sent as {encoding}", url, "try another", Reason.REFUSED)
        length = response.headers.get("content-length", "")
        if length.isdecimal() and int(length) > max_bytes:
            raise too_large(url, max_bytes)
        started, content = self.clock(), bytearray()
        for chunk in response.iter_raw():
            content += chunk
            if len(content) > max_bytes:
                raise too_large(url, max_bytes)
            if self.clock() - started > LONGEST_BODY_S:
                raise FetchError("the answer drips in too slowly", url, "check the network")
            self._raise_if_stopped()
        return bytes(content)

    def _fetch_robots(self, url: str) -> str:
        """The text of a robots.txt; most of 4xx mean that there is none (RFC 9309, 2.3.1.3)."""
        try:
            answer = self._try(lambda: self._follow(url, robots.MAX_BYTES, {}, of_robots=True))
        except FetchError as error:
            if error.status in range(400, 500) and error.reason in (Reason.GONE, Reason.REFUSED):
                return ""
            if error.reason.is_lasting:  # a robots.txt that is too large says nothing of a photo
                what, where, fix = error.args
                raise FetchError(what, where, fix, Reason.ROBOTS) from error
            raise
        return answer.content.decode("utf-8", errors="replace")
