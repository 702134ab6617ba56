"""HTML of search pages -> list[PhotoRef]: pure functions, no network, no browser.

The site's class names change often, so a photo is recognized by what is stable: its link, its
image's host, and the structure around the two.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from urllib.parse import parse_qs, unquote

from bs4 import BeautifulSoup, Tag

from scraper.config import SITE, ScrapeConfig
from scraper.page.adverts import image_urls, is_ad, is_premium
from scraper.page.links import is_external, site_of, split_url
from scraper.photo_ref import UNSPLASH_LICENCE, PhotoRef
from scraper.texts import URL_LENGTH, count_of

# Path of a photo's page or download; /s/photos/ is a search. The id is the last 11 characters, "-"
# and "_" among them, or whatever follows the last "-", should ids ever have another length.
# JavaScript reads the same expression.
PATH_END = r"(?:/download)?/?$"
PHOTO_PATH = (
    rf"(?<!/s)/photos/(?:(?:[^/]*-)?(?=[A-Za-z0-9_-]{{11}}{PATH_END})"
    rf"|(?:[^/]*-)?(?=[A-Za-z0-9_]{{4,}}{PATH_END}))([A-Za-z0-9_-]+){PATH_END}"
)
USER_LINK = re.compile(r"/@([^/?#]+)/?([?#]|$)")
AVATAR_URL = re.compile(r"/(profile|avatar)|\.svg\b")
LANDMARKS = ("html", "body", "main", "nav", "header", "footer", "h1", "form")  # never in a card
UNITS = ("figure", "article", "li")  # all of its content belongs to one photo
SMALLEST_PX = 100  # narrower images are avatars, icons and placeholders
MAX_HTML = 5_000_000  # characters that are parsed at a time; a card takes ten thousand
MAX_CANDIDATES = 100  # of a srcset
MAX_LINKS = 1000  # to photos, that are looked at in one step
MAX_DEPTH = 500  # tags within each other; browsers build no deeper page from HTML
TAG = re.compile(r"<(/?)(?!(?:img|source|br|hr|input|link|meta|path|use)\b)[a-zA-Z]")
COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<[!?].*?(?:>|\Z)", re.DOTALL)


def image_hosts(config: ScrapeConfig) -> frozenset[str]:
    """Hosts whose images are photos: the site's own, and those that the user allows."""
    site = site_of(config.base_url)
    own = {f"images.{site}"} if site == site_of(SITE) else {site, f"images.{site}"}
    return frozenset(own.union(config.allow_hosts))


def parse_photos(html: str, base_url: str, hosts: Collection[str]) -> list[PhotoRef]:
    """Find the photos of a page, or of cards that were cut out of one.

    Args:
        html: any text; everything but photos is ignored.
        base_url: absolute; relative links are resolved against it.
        hosts: host names of images that are photos.

    Returns:
        Each photo once, in document order; no advertisement, no premium photo, no avatar, and no
        photo whose image is not loaded yet.
    """
    if "<" not in html:  # BeautifulSoup warns of a text that resembles a URL
        return []
    soup = BeautifulSoup(_sound(html), "html.parser")
    found: dict[str, PhotoRef] = {}
    for photo_id, link, card in _iter_cards(soup, base_url):
        if photo_id in found or is_premium(card, base_url) or is_ad(card, base_url):
            continue
        image = _find_image([*link.find_all("img"), *card.find_all("img")], base_url, hosts)
        if image is not None:
            ref = _photo_ref(photo_id, link, card, image, base_url)
            if ref.is_valid:
                found[photo_id] = ref
    return list(found.values())


def _sound(html: str) -> str:
    """Without comments, an unclosed end, and what is nested too deeply.

    They cost the parser time that grows as the square.
    """
    html = COMMENT.sub("", html[:MAX_HTML])
    depth = 0
    for tag in TAG.finditer(html):
        depth = max(depth + (-1 if tag[1] else 1), 0)
        if depth > MAX_DEPTH:
            html = html[: tag.start()]
            break
    return html[: html.rfind(">") + 1]


def _iter_cards(soup: BeautifulSoup, base_url: str) -> Iterator[tuple[str, Tag, Tag]]:
    """Each photo's id, link and card.

    A card is the widest part of the page that holds no other photo and, outside of `UNITS`, no
    second image: an advertisement next to a photo is none of its own.
    """
    links = [(link, _photo_id(link, base_url)) for link in soup.find_all("a", href=True)]
    links = [(link, photo_id) for link, photo_id in links if photo_id][:MAX_LINKS]
    photos: dict[int, set[str]] = defaultdict(set)  # of each tag, by its id()
    for link, photo_id in links:
        for tag in link.parents:
            photos[id(tag)].add(photo_id)
    images = [image for image in soup.find_all(["img", "iframe"]) if not _is_avatar(image)]
    n_images = Counter(id(tag) for image in images for tag in image.parents)
    landmarks = {id(tag) for found in soup.find_all(LANDMARKS) for tag in (found, *found.parents)}
    done: set[int] = set()
    for link, photo_id in links:
        card = link
        for tag in link.parents:
            second = n_images[id(tag)] > n_images[id(card)] > 0 and tag.name not in UNITS
            if second or len(photos[id(tag)]) > 1 or id(tag) in landmarks or tag is soup:
                break
            card = tag
        if id(card) not in done:
            done.add(id(card))
            yield photo_id, link, card


def _photo_id(link: Tag, base_url: str) -> str:
    """The id of the photo that a link leads to; "" if it leads elsewhere."""
    if len(str(link["href"])) > URL_LENGTH:
        return ""
    url = split_url(link["href"], base_url)
    match = re.search(PHOTO_PATH, url.path)
    return match[1] if match and url.hostname and not is_external(url, base_url) else ""


def _is_avatar(image: Tag) -> bool:
    """Whether it is an avatar or an icon: by its URL, size or link."""
    link = image.find_parent("a", href=USER_LINK)
    small = _is_small(str(image.get("width", "")))
    return link is not None or small or AVATAR_URL.search(image_urls(image)) is not None


def _find_image(images: Iterable[Tag], base_url: str, hosts: Collection[str]) -> Tag | None:
    """The first image that is a photo and is loaded."""
    for image in images:
        url = split_url(_widest(image), base_url)
        small = _is_small(parse_qs(url.query).get("w", [""])[0])
        if url.hostname in hosts and not small and not _is_avatar(image):
            return image
    return None


def _is_small(width: str) -> bool:
    """Whether a width that a page states, px, is that of no photo; unknown if it is no number."""
    px = count_of(width)
    return px is not None and px < SMALLEST_PX


def _widest(image: Tag) -> str:
    """The URL of an image's widest candidate, as written; "" if it is not loaded yet."""
    candidates = islice(_iter_candidates(str(image.get("srcset", ""))), MAX_CANDIDATES)
    sizes = [*candidates, (str(image.get("src", "")), 0.0)]
    return max(sizes, key=lambda pair: pair[1])[0]


def _iter_candidates(srcset: str) -> Iterator[tuple[str, float]]:
    """URL and width or density of each candidate of a srcset; URLs may contain commas."""
    url = ""
    for word in srcset.split():
        if not url:
            url = word.lstrip(",")
            if url.endswith(","):
                yield url.rstrip(","), 1.0
                url = ""
        else:
            size, _, rest = word.partition(",")
            yield url, float(size[:-1]) if re.fullmatch(r"\d{1,9}(\.\d{1,9})?[wx]", size) else 1.0
            url = rest
    if url:
        yield url, 1.0


def _photo_ref(photo_id: str, link: Tag, card: Tag, image: Tag, base_url: str) -> PhotoRef:
    """The photo of a card."""
    page = split_url(link["href"], base_url)
    photographer, photographer_url = _photographer(card, base_url)
    return PhotoRef(
        photo_id=photo_id,
        page_url=f"{page.scheme}://{page.netloc}{page.path.removesuffix('/download')}",
        image_url=split_url(_widest(image), base_url).geturl(),
        photographer=photographer,
        photographer_url=photographer_url,
        licence=_licence(card, base_url),
        alt_text=" ".join(str(image.get("alt", "")).split()),
    )


def _photographer(card: Tag, base_url: str) -> tuple[str, str]:
    """Name and profile URL; "" where the card has none."""
    links = card.find_all("a", href=USER_LINK)
    named = [link for link in links if link.get_text(strip=True)]  # the others hold an avatar
    for link in named or links:
        url = split_url(link["href"], base_url)
        name = " ".join(link.get_text(" ").split()) or unquote(url.path.split("@")[-1].strip("/"))
        return name, url._replace(query="", fragment="").geturl()
    return "", ""


def _licence(card: Tag, base_url: str) -> str:
    """The card's licence, else the site's."""
    mark = card.find(itemprop="license")
    if mark is None or not (mark.get("href") or mark.get("content")):
        return UNSPLASH_LICENCE
    text = str(mark.get("content") or split_url(mark["href"], base_url).geturl())
    return UNSPLASH_LICENCE if UNSPLASH_LICENCE.endswith(text) else text
