"""The HTTP client: rate limit per host, retries with back-off, size limits, checked redirects."""

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx

from scraper.config import OTHER_SOURCES, ScrapeConfig
from scraper.http import network, robots
from scraper.http.addresses import redirect_target, require_http_url
from scraper.http.errors import FetchError, Stopped, retry_after_s, status_error, too_large
from scraper.photo_ref import Reason
from scraper.texts import clean_text, count_of

log = logging.getLogger(__name__)

REDIRECTS = (301, 302, 303, 307, 308)
MAX_REDIRECTS = 5
FIRST_BACKOFF_S = 1.0  # before the first retry; doubled each time
MAX_BACKOFF_S = 60.0  # of a back-off; Retry-After may ask for more
MAX_BODY_S = 300.0  # of reading one body
MAX_EXCHANGE_S = 2 * MAX_BODY_S  # of one request, from connecting to the last byte
MAX_CAUSE = 200  # characters of what a library says of a failure


@dataclass(frozen=True, kw_only=True)
class Response:
    """A response with status 200 to 299.

    Attributes:
        url: after redirects.
        content: the body, at most `max_bytes` long.
        headers: names are case-insensitive.
    """

    url: str
    content: bytes
    headers: Mapping[str, str]


class Client:
    """Fetches from many threads; at most one request per host and `delay_s`."""

    def __init__(
        self,
        config: ScrapeConfig,
        *,
        obey_robots: bool,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        """Take delay, retries and limits from `config`.

        Args:
            config: the run's settings.
            obey_robots: whether a host's robots.txt is read before its first request.
            clock: seconds.
            sleep: waits so many seconds; the default is interrupted by `stop`.
        """
        self.config = config
        self._stopped = threading.Event()
        self.clock, self._sleep = clock, sleep or self._stopped.wait
        self._robots = robots.Robots(self._fetch_robots) if obey_robots else None
        self._lock = threading.Lock()
        self._next_start: dict[str, float] = {}  # per host, by the clock
        self._n_pauses: Counter[str] = Counter()  # per host
        self._http = httpx.Client(
            headers={"User-Agent": config.user_agent, "Accept-Encoding": "identity"},
            timeout=config.timeout_s,
            limits=httpx.Limits(max_connections=config.parallel + 2),
        )
        self._http.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # keep none
        self._network = network.Network(config)
        network.use(self._http, self._network)

    def __enter__(self) -> Self:
        """Use in a `with` block, which closes its connections."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Interrupt every waiting thread, and close."""
        self.stop()
        self._http.close()

    def stop(self) -> None:
        """Make every thread that fetches or waits raise `Stopped`."""
        self._stopped.set()

    def get(
        self, url: str, *, max_bytes: int, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Fetch `url`; retry transient failures.

        Args:
            url: absolute.
            max_bytes: a longer body is refused, unread where Content-Length gives its length.
            headers: besides our own; not sent to another host by a redirect.

        Raises:
            FetchError: no usable response.
            Stopped: `stop` was called.
        """
        require_http_url(url)
        self.require_allowed(url)
        return self._retry(lambda: self._follow(url, max_bytes, headers or {}))

    def require_allowed(self, url: str) -> None:
        """Raise `FetchError` where robots.txt disallows `url`."""
        if self._robots is not None and not self._robots.allows(url):
            raise FetchError(
                "robots.txt disallows this URL",
                url,
                OTHER_SOURCES,
                Reason.ROBOTS,
            )

    def throttle(self, url: str, *, for_robots: bool = False) -> None:
        """Wait until the host of `url` may be sent a request; `for_robots`: for its robots.txt."""
        delay = self.config.delay_s
        if self._robots is not None and not for_robots:
            delay = max(delay, self._robots.delay_s(url))
        host, n_pauses = urlsplit(url).netloc, None
        while n_pauses != self._n_pauses[host]:  # again if the host was paused meanwhile
            with self._lock:
                now, n_pauses = self.clock(), self._n_pauses[host]
                start = max(now, self._next_start.get(host, now))
                self._next_start[host] = start + delay
            if start > now:
                self.sleep(start - now)

    def sleep(self, seconds: float) -> None:
        """Wait; raises `Stopped` if interrupted."""
        self._sleep(seconds)
        self._raise_if_stopped()

    def _raise_if_stopped(self) -> None:
        if self._stopped.is_set():
            raise Stopped

    def _pause_host(self, url: str, seconds: float) -> None:
        """Send the host of `url` nothing for so many seconds, in all threads."""
        host = urlsplit(url).netloc
        with self._lock:
            until = self.clock() + seconds
            self._next_start[host] = max(until, self._next_start.get(host, until))
            self._n_pauses[host] += 1

    def _retry(self, attempt: Callable[[], Response]) -> Response:
        """Attempt until success, a permanent failure, or the last retry."""
        for number in range(self.config.retries + 1):
            try:
                return attempt()
            except FetchError as error:
                if number == self.config.retries or not error.is_transient:
                    raise
                self._back_off(error, number)
        raise AssertionError("the last attempt returns or raises")

    def _back_off(self, error: FetchError, number: int) -> None:
        """Wait as long as Retry-After says, else exponential back-off with jitter."""
        what, url, _ = error.args
        retry_after = retry_after_s(error.headers)
        backoff = min(MAX_BACKOFF_S, FIRST_BACKOFF_S * 2**number) * random.uniform(0.75, 1.25)
        wait = backoff if retry_after is None else retry_after
        log.debug("%s; retry in %.1f s: %s", what, wait, url)
        if error.status in (429, 503):
            self._pause_host(url, wait)  # concerns every thread
        else:
            self.sleep(wait)

    def _follow(
        self, url: str, max_bytes: int, headers: Mapping[str, str], *, for_robots: bool = False
    ) -> Response:
        """One attempt, following redirects."""
        target = url
        for _ in range(MAX_REDIRECTS + 1):
            self._raise_if_stopped()
            self.throttle(target, for_robots=for_robots)
            same_host = urlsplit(target).netloc == urlsplit(url).netloc
            response = self._request(target, max_bytes, headers if same_host else {})
            if isinstance(response, Response):
                return response
            target = redirect_target(url, target, response, self.config.allow_hosts)
            if not for_robots:
                self.require_allowed(target)
        raise FetchError(
            f"more than {MAX_REDIRECTS} redirects", url, "try another URL", Reason.REDIRECTED
        )

    def _request(self, url: str, max_bytes: int, headers: Mapping[str, str]) -> Response | str:
        """One request: its response, or the Location of a redirect."""
        self._network.begin(MAX_EXCHANGE_S)
        try:
            with self._http.stream("GET", url, headers=dict(headers)) as response:
                if response.status_code in REDIRECTS and "location" in response.headers:
                    return response.headers["location"]
                if not response.is_success:
                    raise status_error(response, url)
                content = self._read(response, url, max_bytes)
                return Response(url=url, content=content, headers=response.headers)
        except httpx.LocalProtocolError:  # its message quotes the header, which may be a secret
            what, fix = "invalid request header", "check key and contact"
            raise FetchError(what, url, fix, Reason.REFUSED) from None
        except httpx.TransportError as error:
            timed_out = isinstance(error, httpx.TimeoutException)
            failure = "response timed out" if timed_out else "connection failed"
            what = f"{failure}: {type(error).__name__}: {clean_text(str(error), MAX_CAUSE)}"
            if network.PRIVATE in what:
                fix = f"if you trust it: --allow-host {urlsplit(url).hostname}"
                raise FetchError(what, url, fix, Reason.REFUSED) from error
            raise FetchError(what, url, "check the network") from error

    def _read(self, response: httpx.Response, url: str, max_bytes: int) -> bytes:
        """The body, if it is neither too long nor compressed."""
        encoding = response.headers.get("content-encoding", "identity")
        if encoding.lower() != "identity":  # none was accepted: a decompression bomb?
            what = f"unexpected Content-Encoding: {clean_text(encoding, MAX_CAUSE)}"
            raise FetchError(what, url, "try another URL", Reason.REFUSED)
        stated = response.headers.get("content-length", "")
        length = count_of(stated)
        if stated.isdecimal() and (length is None or length > max_bytes):
            raise too_large(url, max_bytes)
        started, content = self.clock(), bytearray()
        for chunk in response.iter_raw():
            content += chunk
            if len(content) > max_bytes:
                raise too_large(url, max_bytes)
            if self.clock() - started > MAX_BODY_S:
                what = f"response timed out: body not complete after {MAX_BODY_S:g} s"
                raise FetchError(what, url, "check the network")
            self._raise_if_stopped()
        return bytes(content)

    def _fetch_robots(self, url: str) -> str:
        """The text of a robots.txt; most 4xx mean that there is none (RFC 9309, 2.3.1.3)."""
        try:
            response = self._retry(lambda: self._follow(url, robots.MAX_BYTES, {}, for_robots=True))
        except FetchError as error:
            if error.status in range(400, 500) and error.reason in (Reason.GONE, Reason.REFUSED):
                return ""
            if error.reason.is_permanent:  # too large, say; not the photo's fault
                what, where, fix = error.args
                raise FetchError(what, where, fix, Reason.ROBOTS) from error
            raise
        return response.content.decode("utf-8", errors="replace")
