"""Which URLs are requested: http and https, and redirects to allowed hosts only."""

from collections.abc import Sequence
from urllib.parse import urljoin, urlsplit

from scraper.http.errors import FetchError
from scraper.photo_ref import Reason
from scraper.texts import split_http


def require_http_url(url: str) -> None:
    """Raise `FetchError` where `url` is not an absolute http or https URL."""
    if split_http(url) is None:
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
    source, to = urlsplit(at), split_http(target)
    if to is not None:
        known = to.hostname in (urlsplit(url).hostname, *allow_hosts)
        if known and (to.scheme == "https" or source.scheme == "http"):
            return target
        origin, fix = f"{to.scheme}://{to.netloc}", f"if you trust it: --allow-host {to.hostname}"
    else:
        origin, fix = "a URL that is not http or https", "try another URL"
    raise FetchError(f"redirected to {origin}", url, fix, Reason.REDIRECTED)
