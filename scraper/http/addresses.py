"""Which URLs are requested: http and https, and redirects to allowed hosts only."""

from collections.abc import Sequence
from urllib.parse import urljoin, urlsplit

import httpx

from scraper.http.errors import FetchError
from scraper.photo_ref import Reason


def require_http_url(url: str) -> None:
    """Raise `FetchError` where `url` is not an absolute http or https URL."""
    if not _is_http_url(url):
        raise FetchError("not an http or https URL", url, "try another URL", Reason.REFUSED)


def redirect_target(url: str, at: str, location: str, allow_hosts: Sequence[str]) -> str:
    """The target of a redirect.

    Args:
        url: the original URL; its host is allowed.
        at: the URL that redirects.
        location: the Location header, absolute or relative.
        allow_hosts: further allowed hosts.

    Returns:
        The absolute URL.

    Raises:
        FetchError: it is no URL, on another host, or a downgrade from https to http.
    """
    try:
        target = urljoin(at, location)
    except ValueError:
        target = location
    if _is_http_url(target):
        source, to = urlsplit(at), urlsplit(target)
        known = to.hostname in (urlsplit(url).hostname, *allow_hosts)
        if known and (to.scheme == "https" or source.scheme == "http"):
            return target
        origin, fix = f"{to.scheme}://{to.netloc}", f"if you trust it: --allow-host {to.hostname}"
    else:
        origin, fix = "a URL that is not http or https", "try another URL"
    raise FetchError(f"redirected to {origin}", url, fix, Reason.REDIRECTED)


def _is_http_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        httpx.URL(url)  # refuses control characters
        host = (parts.hostname or "").encode("idna")  # as the DNS lookup will
        return parts.scheme in ("http", "https") and bool(host) and parts.port != 0
    except (ValueError, httpx.InvalidURL):
        return False
