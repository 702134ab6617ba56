"""How a request fails, whether to retry it, and when."""

import email.utils
import math
from collections.abc import Mapping
from datetime import UTC, datetime

import httpx

from basics.errors import ScrapeError
from scraper.photo_ref import Reason
from scraper.texts import clean_text, count_of

# transient statuses
RETRYABLE: Mapping[int, str] = {
    408: "request timed out",
    425: "too early",
    429: "too many requests",
    500: "server error",
    502: "bad gateway",
    503: "server busy",
    504: "gateway timed out",
}
GONE = (404, 410)
MAX_RETRY_AFTER_S = 3600.0  # longer ones count as failures
DATE_LENGTH = 64  # characters of a Retry-After that are read
WHERE_LENGTH = 300  # characters of an address in an error


class FetchError(ScrapeError):
    """A request without a usable response.

    Attributes:
        reason: the column of the summary table.
        status: HTTP status; 0 without a response.
        headers: of the response; names are case-insensitive.
    """

    def __init__(
        self,
        what: str,
        where: object,
        fix: str,
        reason: Reason = Reason.UNREACHABLE,
        status: int = 0,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep what was wrong, where, what to do, and the reason for the summary."""
        super().__init__(clean_text(what, WHERE_LENGTH), clean_text(str(where), WHERE_LENGTH), fix)
        self.reason, self.status, self.headers = reason, status, headers or {}

    @property
    def is_transient(self) -> bool:
        """Whether a retry is worth it."""
        wait_s = retry_after_s(self.headers) or 0.0
        return self.reason is Reason.UNREACHABLE and wait_s <= MAX_RETRY_AFTER_S


class Stopped(Exception):
    """The run is being stopped; the request is abandoned."""


def status_error(response: httpx.Response, url: str) -> FetchError:
    """The error of a status that is neither success nor a redirect."""
    status = response.status_code
    if status in RETRYABLE:
        what, fix, reason = RETRYABLE[status], "try again later", Reason.UNREACHABLE
    elif status in GONE:
        what, fix, reason = "not found", "try another URL", Reason.GONE
    else:
        what, fix, reason = "request refused", "check that you have access", Reason.REFUSED
    return FetchError(f"{what}: HTTP {status}", url, fix, reason, status, response.headers)


def too_large(url: str, max_bytes: int) -> FetchError:
    """The error of a body longer than allowed."""
    return FetchError(
        f"larger than {max_bytes:,} bytes", url, "raise --max-bytes", Reason.TOO_LARGE
    )


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header, a number or a date; None where there is none."""
    text = headers.get("retry-after", "").strip()
    if text.isdecimal():
        seconds = count_of(text)
        return math.inf if seconds is None else float(seconds)
    try:
        at = email.utils.parsedate_to_datetime(text[:DATE_LENGTH])
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
