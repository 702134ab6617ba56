"""Links of a page: resolved to absolute URLs; internal or external."""

from urllib.parse import SplitResult, urljoin, urlsplit

from scraper.config import SITE


def site_of(base_url: str) -> str:
    """Host name of a site."""
    return (urlsplit(base_url).hostname or "").removeprefix("www.")


def is_external(url: SplitResult, base_url: str) -> bool:
    """Whether a link leaves both the site and Unsplash, which the site may mirror."""
    host = url.hostname or ""
    sites = (site_of(base_url), site_of(SITE))
    internal = any(host == site or host.endswith(f".{site}") for site in sites)
    return bool(host) and not internal


def split_url(reference: object, base_url: str) -> SplitResult:
    """The parts of a link's absolute URL; empty where it is not http or https."""
    text = str(reference).strip()
    try:
        url = urlsplit(urljoin(base_url, text))
    except ValueError:  # such as http://[
        return urlsplit("")
    return url if text and url.scheme in ("http", "https") else urlsplit("")
