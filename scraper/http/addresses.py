"""Which addresses are asked: http and https, and after a redirect only where that is allowed."""

from collections.abc import Sequence
from urllib.parse import urljoin, urlsplit

import httpx

from scraper.http.errors import FetchError
from scraper.photo_ref import Reason


def require_address(url: str) -> None:
    """Raise `FetchError` where `url` is no absolute address of the web."""
    if not _is_address(url):
        raise FetchError(
            "cannot be asked for: no http or https address", url, "try another", Reason.REFUSED
        )


def redirect_target(url: str, at: str, location: str, allow_hosts: Sequence[str]) -> str:
    """Where a redirect leads.

    Args:
        url: what was asked for first; its host may be redirected to.
        at: the address that redirects.
        location: what it says, absolute or relative.
        allow_hosts: further hosts that may be redirected to.

    Returns:
        The absolute address.

    Raises:
        FetchError: it is none, lies on another host, or leaves https for http.
    """
    try:
        target = urljoin(at, location)
    except ValueError:
        target = location
    if _is_address(target):
        source, to = urlsplit(at), urlsplit(target)
        known = to.hostname in (urlsplit(url).hostname, *allow_hosts)
        if known and (to.scheme == "https" or source.scheme == "http"):
            return target
        origin, fix = f"{to.scheme}://{to.netloc}", f"if you trust it: --allow-host {to.hostname}"
    else:
        origin, fix = "what is no http or https address", "try another"
    raise FetchError(f"redirected to {origin}", url, fix, Reason.REDIRECTED)


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        httpx.URL(url)  # refuses control characters
        host = (parts.hostname or "").encode("idna")  # as the look-up of the name will
        return parts.scheme in ("http", "https") and bool(host) and parts.port != 0
    except (ValueError, httpx.InvalidURL):
        return False
