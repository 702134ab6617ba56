"""How a request fails, whether that may pass, and when to ask again."""

import email.utils
from collections.abc import Mapping
from datetime import UTC, datetime

import httpx

from basics.errors import ScrapeError
from scraper.photo_ref import Reason

# statuses that may be better the next time
RETRIED: Mapping[int, str] = {
    408: "the server gave up waiting",
    425: "too early",
    429: "asked too often",
    500: "the server failed",
    502: "the server's gateway failed",
    503: "the server is busy",
    504: "the server's gateway gave up waiting",
}
GONE = (404, 410)
LONGEST_RETRY_AFTER_S = 3600.0  # more is no matter of waiting


class FetchError(ScrapeError):
    """A request that gave nothing usable.

    Attributes:
        reason: why, as the summary table counts it.
        status: HTTP status; 0 without an answer.
        headers: of the answer, by case-insensitive names.
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
        """Say what was wrong, where, what to do, and how it is counted."""
        super().__init__(what, where, fix)
        self.reason, self.status, self.headers = reason, status, headers or {}

    @property
    def may_pass(self) -> bool:
        """Whether asking again soon is worth it."""
        asked = retry_after_s(self.headers)
        return self.reason is Reason.UNREACHABLE and (
            asked is None or asked <= LONGEST_RETRY_AFTER_S
        )


class Stopped(Exception):
    """The run is being stopped; nobody waits for this answer any more."""


def status_error(response: httpx.Response, url: str) -> FetchError:
    """The error of an answer whose status is neither success nor a redirect."""
    status = response.status_code
    if status in RETRIED:
        what, fix, reason = RETRIED[status], "try again later", Reason.UNREACHABLE
    elif status in GONE:
        what, fix, reason = "the address is gone", "try another", Reason.GONE
    else:
        what, fix, reason = "refused", "check that you may read it", Reason.REFUSED
    return FetchError(f"{what}: HTTP {status}", url, fix, reason, status, response.headers)


def too_large(url: str, max_bytes: int) -> FetchError:
    """The error of a body that is longer than allowed."""
    return FetchError(f"more than {max_bytes:,} bytes", url, "raise --max-bytes", Reason.TOO_LARGE)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds that a Retry-After header asks for, as a number or a date; None if it does not."""
    text = headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        at = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
