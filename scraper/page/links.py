"""Links as a page writes them: made absolute, and told whether they stay with the site."""

from urllib.parse import SplitResult, urljoin, urlsplit

from scraper.config import SITE


def site_of(base_url: str) -> str:
    """Host name of a site."""
    return (urlsplit(base_url).hostname or "").removeprefix("www.")


def leads_away(url: SplitResult, base_url: str) -> bool:
    """Whether a link leaves the site, or Unsplash, of which the site may be a copy."""
    host = url.hostname or ""
    homes = (site_of(base_url), site_of(SITE))
    at_home = any(host == home or host.endswith(f".{home}") for home in homes)
    return bool(host) and not at_home


def split_url(reference: object, base_url: str) -> SplitResult:
    """The parts of a link's absolute URL; empty ones where it is none of the web."""
    text = str(reference).strip()
    try:
        url = urlsplit(urljoin(base_url, text))
    except ValueError:  # such as http://[
        return urlsplit("")
    return url if text and url.scheme in ("http", "https") else urlsplit("")
