"""Photos that the official API lists: GET /search/photos, within the key's hourly quota.

Source: https://unsplash.com/documentation and https://help.unsplash.com/api-guidelines, which asks
that a photo's `download_location` be fetched whenever the photo is.
"""

import itertools
import logging
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from basics.errors import ConfigError, ScrapeError
from scraper.config import KEY_VARIABLE, ScrapeConfig
from scraper.http.client import Client, Response
from scraper.http.errors import FetchError
from scraper.http.quota import Quota, is_exhausted
from scraper.photo_ref import PhotoRef, Reason
from scraper.texts import count_of, read_json

log = logging.getLogger(__name__)

PER_PAGE = 30  # the API's maximum
MAX_PAGE_BYTES = 5_000_000  # of a response; thirty photos take 0.2 MB
MAX_EMPTY_PAGES = 100  # in a row without a usable photo; then no more are asked for
MAX_HOURS = 3  # that one request waits while the quota stays exhausted; ours
OPTION = f"--access-key or {KEY_VARIABLE}"
ACCOUNT = "https://unsplash.com/oauth/applications"
REFUSALS = {  # status -> what, fix
    401: ("invalid access key", f"check {OPTION}"),
    403: ("permission denied by the API", f"check the permissions of the key at {ACCOUNT}"),
}


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of search results.

    Attributes:
        refs: photos without premium and sponsored ones, best first.
        ids: of all well-formed results.
        n_malformed: other results.
        n_pages: pages of the search; None if the response does not say.
        total: photos of the search, likewise.
    """

    refs: list[PhotoRef]
    ids: set[str]
    n_malformed: int
    n_pages: int | None
    total: int | None


@contextmanager
def open_api_source(config: ScrapeConfig, client: Client) -> Iterator["ApiSource"]:
    """The API as a source of photos.

    Raises:
        ConfigError: the access key has invalid characters.
    """
    yield ApiSource(config, client)


class ApiSource:
    """Searches by the API, and tracks every download there; keeps to the hourly quota."""

    def __init__(self, config: ScrapeConfig, client: Client) -> None:
        """Take URL, key and count from `config`."""
        key = config.access_key.strip()
        if not re.fullmatch("[!-~]+", key):  # else the HTTP library quotes it in an error
            raise ConfigError("invalid characters in the access key", OPTION, "copy it again")
        self._url = config.api_url.rstrip("/")
        self._count = config.count
        self._headers = {"Authorization": f"Client-ID {key}", "Accept-Version": "v1"}
        self._client = client
        self._quota = Quota(client.clock, client.sleep)

    def iter_photos(self, category: str) -> Iterator[PhotoRef]:
        """Yield the photos found for a category, its hyphens read as spaces; each one once.

        Raises:
            FetchError: the API cannot be reached.
            ScrapeError: it rejects the key, or its response is malformed.
        """
        seen: set[str] = set()
        n_empty = 0
        for number in itertools.count(1):
            page = self._page(category, number)
            if number == 1:
                log.info("%s: %s", category, self._estimate(page))
            if page.n_malformed:
                log.warning("%s: %d malformed results skipped", category, page.n_malformed)
            yield from (ref for ref in page.refs if ref.photo_id not in seen)
            if page.ids <= seen or number == page.n_pages:
                return
            n_empty = 0 if page.refs else n_empty + 1
            if n_empty == MAX_EMPTY_PAGES:
                log.warning("%s: no usable photo on %d pages: enough", category, n_empty)
                return
            seen |= page.ids

    def track_download(self, ref: PhotoRef) -> None:
        """Fetch the photo's `download_location`; the key is sent to the API's own host only.

        Raises:
            FetchError: it cannot be fetched, or is on another host.
            ScrapeError: the API rejects the key.
        """
        if not self._is_api_url(ref.download_location):
            raise FetchError(
                "the download_location is on another host than the API",
                ref.download_location or ref.page_url,
                "try another photo",
                Reason.REFUSED,
            )
        self._get(ref.download_location)

    def _is_api_url(self, url: str) -> bool:
        try:
            return urlsplit(url)[:2] == urlsplit(self._url)[:2]  # scheme and host
        except ValueError:
            return False

    def _page(self, category: str, number: int) -> Page:
        query = {
            "query": category.replace("-", " "),
            "page": number,
            "per_page": PER_PAGE,
            "content_filter": "high",  # ours: the safer of its two settings
        }
        url = f"{self._url}/search/photos?{urlencode(query)}"
        return parse_page(self._get(url).content, url)

    def _get(self, url: str) -> Response:
        """Fetch with the key; when its quota is exhausted, wait and retry."""
        for _ in range(MAX_HOURS + 1):
            self._quota.acquire()
            try:
                response = self._client.get(url, max_bytes=MAX_PAGE_BYTES, headers=self._headers)
            except FetchError as error:
                if is_exhausted(error):
                    self._quota.exhaust()
                elif error.status in REFUSALS:
                    raise _refusal(error) from error
                else:
                    raise
            else:
                self._quota.update(response.headers)
                return response
        raise ScrapeError(
            f"the key's quota is still exhausted after {MAX_HOURS} hours",
            url,
            f"check at {ACCOUNT} what else uses the key",
        )

    def _estimate(self, page: Page) -> str:
        """How many requests this category will take, and how long within the quota."""
        n_photos = self._count if page.total is None else min(self._count, page.total)
        n_pages = math.ceil(n_photos / PER_PAGE)
        n_requests = n_photos + n_pages
        text = f"{n_photos:,} photos take about {n_requests:,} requests"
        limit, remaining = self._quota.limit, self._quota.remaining
        if not limit or remaining is None:
            return f"{text}; the API states no hourly limit"
        hours = max(0, math.ceil((n_requests - 1 - remaining) / limit))  # one is made already
        wait = f"about {hours} h of waiting" if hours else "no waiting"
        return f"{text}; the key allows {limit:,} an hour, {remaining:,} remain: {wait}"


def parse_page(content: bytes, where: str) -> Page:
    """Read the JSON of one page of results.

    Raises:
        ScrapeError: it is no such page, or all of its results are malformed.
    """
    try:
        body = read_json(content)
    except (ValueError, RecursionError) as error:
        raise _malformed("the response is not JSON", where) from error
    results = body.get("results") if isinstance(body, dict) else None
    if not isinstance(results, list):
        raise _malformed("the response has no list of results", where)
    refs = [_parse_result(result) for result in results]
    valid = [(ref, result) for ref, result in zip(refs, results, strict=True) if ref is not None]
    if results and not valid:
        raise _malformed("no result has id, links and urls", where)
    return Page(
        refs=[ref for ref, result in valid if not _is_premium_or_sponsored(result)],
        ids={ref.photo_id for ref, _ in valid},
        n_malformed=refs.count(None),
        n_pages=_whole(body.get("total_pages")),
        total=_whole(body.get("total")),
    )


def _parse_result(result: Any) -> PhotoRef | None:
    """None where a required field is missing or malformed."""
    ref = PhotoRef(
        photo_id=_text(result, "id"),
        page_url=_text(result, "links", "html"),
        image_url=_text(result, "urls", "raw"),
        photographer=_text(result, "user", "name"),
        photographer_url=_text(result, "user", "links", "html"),
        alt_text=_text(result, "alt_description") or _text(result, "description"),
        download_location=_text(result, "links", "download_location"),
    )
    return ref if ref.is_valid and ref.download_location else None


def _is_premium_or_sponsored(result: Any) -> bool:
    """Premium photos are not under the Unsplash License; sponsored ones are advertisements."""
    return any(bool(result.get(mark)) for mark in ("premium", "plus", "sponsorship"))


def _text(value: Any, *keys: str) -> str:
    """The text at a path of keys; "" where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def _whole(value: Any) -> int | None:
    """A count of the API, which writes it as a number."""
    return None if isinstance(value, str) else count_of(value)


def _refusal(error: FetchError) -> ScrapeError:
    """The error of a status that concerns all photos; so it is no FetchError."""
    what, fix = REFUSALS[error.status]
    return ScrapeError(f"{what}: HTTP {error.status}", error.args[1], fix)


def _malformed(what: str, where: str) -> ScrapeError:
    return ScrapeError(what, where, "check --api-url; else the API has changed: report it")
