"""Photos that the official API lists: GET /search/photos, within the key's hourly limit.

Source: https://unsplash.com/documentation and https://help.unsplash.com/api-guidelines, which asks
that a photo's `download_location` be fetched whenever the photo is.
"""

import itertools
import json
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
from scraper.http.client import Answer, Client
from scraper.http.errors import FetchError
from scraper.http.quota import Budget, is_used_up
from scraper.photo_ref import PhotoRef, Reason

log = logging.getLogger(__name__)

PER_PAGE = 30  # the most that the API gives at once
MAX_HOURS = 3  # in a row that one request waits for a limit that stays used up; ours
OPTION = f"--access-key or {KEY_VARIABLE}"
ACCOUNT = "https://unsplash.com/oauth/applications"
REFUSALS = {  # status -> what, fix
    401: ("the access key is refused", f"check {OPTION}"),
    403: ("the API refuses the request", f"see at {ACCOUNT} what the key may do"),
}


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of search results.

    Attributes:
        refs: photos that may be used, best first.
        ids: of all results that were understood, premium and sponsored ones among them.
        n_broken: results that were not.
        n_pages: pages that the search has; None if the answer does not say.
        total: photos that it has, likewise.
    """

    refs: list[PhotoRef]
    ids: set[str]
    n_broken: int
    n_pages: int | None
    total: int | None


@contextmanager
def open_api_source(config: ScrapeConfig, client: Client) -> Iterator["ApiSource"]:
    """The API as a source of photos.

    Raises:
        ConfigError: the access key cannot be one.
    """
    yield ApiSource(config, client)


class ApiSource:
    """Searches by the API, and tells it of every download; never asks beyond the hourly limit."""

    def __init__(self, config: ScrapeConfig, client: Client) -> None:
        """Take address, key and count from `config`."""
        key = config.access_key.strip()
        if not re.fullmatch("[!-~]+", key):  # else the HTTP library would quote it in an error
            raise ConfigError("no access key looks like this", OPTION, "copy it once more")
        self._url = config.api_url.rstrip("/")
        self._count, self._max_bytes = config.count, config.max_bytes
        self._headers = {"Authorization": f"Client-ID {key}", "Accept-Version": "v1"}
        self._client = client
        self._budget = Budget(client.clock, client.sleep)

    def iter_photos(self, category: str) -> Iterator[PhotoRef]:
        """Yield the photos found for a category, its hyphens read as spaces; each one once.

        Raises:
            FetchError: the API cannot be reached.
            ScrapeError: it refuses the key, or its answer is not understood.
        """
        seen: set[str] = set()
        for number in itertools.count(1):
            page = self._page(category, number)
            if number == 1:
                log.info("%s: %s", category, self._forecast(page))
            if page.n_broken:
                log.warning("%s: %d results not understood", category, page.n_broken)
            yield from (ref for ref in page.refs if ref.photo_id not in seen)
            if page.ids <= seen or number == page.n_pages:
                return
            seen |= page.ids

    def tell_download(self, ref: PhotoRef) -> None:
        """Fetch the photo's `download_location`; the key goes to the API's own host alone.

        Raises:
            FetchError: it cannot be fetched, or lies elsewhere.
            ScrapeError: the API refuses the key.
        """
        if not self._is_ours(ref.download_location):
            raise FetchError(
                "the download_location lies outside the API",
                ref.download_location or ref.page_url,
                "try another photo",
                Reason.REFUSED,
            )
        self._get(ref.download_location)

    def _is_ours(self, url: str) -> bool:
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

    def _get(self, url: str) -> Answer:
        """Fetch with the key; when its limit is used up, wait and ask again."""
        for _ in range(MAX_HOURS + 1):
            self._budget.take()
            try:
                answer = self._client.get(url, max_bytes=self._max_bytes, headers=self._headers)
            except FetchError as error:
                if is_used_up(error):
                    self._budget.use_up()
                elif error.status in REFUSALS:
                    raise _refusal(error) from error
                else:
                    raise
            else:
                self._budget.note(answer.headers)
                return answer
        raise ScrapeError(
            f"the key's limit is still used up after {MAX_HOURS} hours",
            url,
            f"see at {ACCOUNT} who else uses the key",
        )

    def _forecast(self, page: Page) -> str:
        """How many requests this category will take, and how long by the limit."""
        n_photos = self._count if page.total is None else min(self._count, page.total)
        n_pages = math.ceil(n_photos / PER_PAGE)
        n_requests = n_photos + n_pages
        text = f"{n_photos:,} photos take about {n_requests:,} requests"
        limit, left = self._budget.limit, self._budget.left
        if not limit or left is None:
            return f"{text}; the API names no hourly limit"
        hours = max(0, math.ceil((n_requests - 1 - left) / limit))  # one is made already
        wait = f"about {hours} h of waiting" if hours else "no waiting"
        return f"{text}; the key allows {limit:,} an hour, {left:,} are left: {wait}"


def parse_page(content: bytes, where: str) -> Page:
    """Read the JSON of one page of results.

    Raises:
        ScrapeError: it is no such page, or none of its results is understood.
    """
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _not_understood("the answer is no JSON", where) from error
    results = body.get("results") if isinstance(body, dict) else None
    if not isinstance(results, list):
        raise _not_understood("the answer has no list of results", where)
    refs = [_parse_result(result) for result in results]
    understood = [
        (ref, result) for ref, result in zip(refs, results, strict=True) if ref is not None
    ]
    if results and not understood:
        raise _not_understood("no result has id, links and urls", where)
    return Page(
        refs=[ref for ref, result in understood if not _is_paid_for(result)],
        ids={ref.photo_id for ref, _ in understood},
        n_broken=refs.count(None),
        n_pages=_count(body.get("total_pages")),
        total=_count(body.get("total")),
    )


def _parse_result(result: Any) -> PhotoRef | None:
    """None where something is missing that must be there."""
    ref = PhotoRef(
        photo_id=_text(result, "id"),
        page_url=_text(result, "links", "html"),
        image_url=_text(result, "urls", "raw"),
        photographer=_text(result, "user", "name"),
        photographer_url=_text(result, "user", "links", "html"),
        alt_text=_text(result, "alt_description") or _text(result, "description"),
        download_location=_text(result, "links", "download_location"),
    )
    return ref if ref.is_sound and ref.download_location else None


def _is_paid_for(result: Any) -> bool:
    """Premium photos are not under the Unsplash License; sponsored ones are advertisements."""
    return any(bool(result.get(mark)) for mark in ("premium", "plus", "sponsorship"))


def _text(value: Any, *keys: str) -> str:
    """The text at a path of keys; "" where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None


def _refusal(error: FetchError) -> ScrapeError:
    """What a refusal means for the key; it concerns all photos, so it is no FetchError."""
    what, fix = REFUSALS[error.status]
    return ScrapeError(f"{what}: HTTP {error.status}", error.args[1], fix)


def _not_understood(what: str, where: str) -> ScrapeError:
    return ScrapeError(what, where, "check --api-url; else the API has changed: report it")
