"""HTML of search pages -> list[PhotoRef]: pure, without network or browser.

The site's class names change often, so a photo is known by what lasts: its link, its image's host,
and the structure around the two.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from urllib.parse import SplitResult, parse_qs, unquote, urljoin, urlsplit

from bs4 import BeautifulSoup, Tag

from scraper.config import SITE, ScrapeConfig
from scraper.photo_ref import UNSPLASH_LICENCE, PhotoRef

# Path of a photo's page or download; its id is the last 11 characters, and /s/photos/ is a search.
# JavaScript reads the same expression.
PHOTO_PATH = r"(?<!/s)/photos/(?:[^/]*-)?([A-Za-z0-9_-]{11})(?:/download)?/?$"
USER_LINK = re.compile(r"/@([^/?#]+)/?([?#]|$)")
AVATAR_URL = re.compile(r"/(profile|avatar)|\.svg\b")
PREMIUM_URL = re.compile(r"//plus\.|/premium_photo")
LANDMARKS = ("html", "body", "main", "nav", "header", "footer", "h1", "form")  # never in a card
UNITS = ("figure", "article", "li")  # made for one thing each: all in it belongs to its photo
SMALLEST_PX = 100  # narrower images are avatars, icons and placeholders

# in the words of itemprop and data-testid; "non-sponsored-photo-…" is on ordinary photos
AD_WORD = re.compile(r"(?<!non-)\b(ads?|advert|advertisement|sponsor|sponsored|promoted)\b")
PREMIUM_WORD = re.compile(r"(?<!non-)\b(plus(?!-(icon|sign))|premium)\b")
AD_LABEL = re.compile(
    r"ads?|advertisement|(sponsored|promoted)( by .*| content| photo)?|anzeige|publicité|anuncio",
    re.IGNORECASE,
)
PREMIUM_LABEL = re.compile(r"unsplash\s?\+", re.IGNORECASE)


def image_hosts(config: ScrapeConfig) -> frozenset[str]:
    """Hosts whose images are photos: the site's own, and those that the user allows."""
    site = _site(config.base_url)
    own = {f"images.{site}"} if site == _site(SITE) else {site, f"images.{site}"}
    return frozenset(own.union(config.allow_hosts))


def parse_photos(html: str, base_url: str, hosts: Collection[str]) -> list[PhotoRef]:
    """Find the photos of a page, or of cards that were cut out of one.

    Args:
        html: any text; what is no photo is passed over.
        base_url: absolute; what relative links start from.
        hosts: host names of images that are photos.

    Returns:
        Each photo once, in document order; no advertisement, no premium photo, no avatar, and no
        photo whose image has not appeared yet.
    """
    soup = BeautifulSoup(html, "html.parser")
    found: dict[str, PhotoRef] = {}
    for photo_id, link, card in _iter_cards(soup, base_url):
        if photo_id in found or _is_premium(card, base_url) or _is_ad(card, base_url):
            continue
        image = _find_image([*link.find_all("img"), *card.find_all("img")], base_url, hosts)
        if image is not None:
            found[photo_id] = _photo_ref(photo_id, link, card, image, base_url)
    return list(found.values())


def _iter_cards(soup: BeautifulSoup, base_url: str) -> Iterator[tuple[str, Tag, Tag]]:
    """Id, link and card of each link to a photo.

    A card is the widest part of the page that holds no other photo and, outside of `UNITS`, no
    second picture: an advertisement beside a photo says nothing of it.
    """
    links = [(link, _photo_id(link, base_url)) for link in soup.find_all("a", href=True)]
    links = [(link, photo_id) for link, photo_id in links if photo_id]
    photos: dict[int, set[str]] = defaultdict(set)  # of each tag, by its id()
    for link, photo_id in links:
        for tag in link.parents:
            photos[id(tag)].add(photo_id)
    pictures = [picture for picture in soup.find_all(["img", "iframe"]) if not _is_avatar(picture)]
    n_pictures = Counter(id(tag) for picture in pictures for tag in picture.parents)
    barred = {id(tag) for mark in soup.find_all(LANDMARKS) for tag in (mark, *mark.parents)}
    for link, photo_id in links:
        card = link
        for tag in link.parents:
            second = n_pictures[id(tag)] > n_pictures[id(card)] > 0 and tag.name not in UNITS
            if second or len(photos[id(tag)]) > 1 or id(tag) in barred or tag is soup:
                break
            card = tag
        yield photo_id, link, card


def _photo_id(link: Tag, base_url: str) -> str:
    """The id of the photo that a link leads to; "" if it leads elsewhere."""
    url = _split(link["href"], base_url)
    match = re.search(PHOTO_PATH, url.path)
    return match[1] if match and url.hostname and not _leads_away(url, base_url) else ""


def _is_premium(card: Tag, base_url: str) -> bool:
    """Whether its photo is for subscribers only."""
    urls = [_split(link["href"], base_url) for link in _links(card)]
    return (
        any(url.path.split("/")[1:2] == ["plus"] or url.netloc.startswith("plus.") for url in urls)
        or any(PREMIUM_URL.search(_sources(image)) for image in card.find_all("img"))
        or any(PREMIUM_WORD.search(name) for name in _names(card))
        or any(PREMIUM_LABEL.search(label) for label in _labels(card))
    )


def _is_ad(card: Tag, base_url: str) -> bool:
    """Whether it advertises something."""
    links = _links(card)
    return (
        any("sponsored" in link.get_attribute_list("rel") for link in links)
        or any(_leads_away(_split(link["href"], base_url), base_url) for link in links)
        or any(AD_WORD.search(name) for name in _names(card))
        or any(AD_LABEL.fullmatch(label) for label in _labels(card))
    )


def _links(card: Tag) -> list[Tag]:
    """All links of a card; a link may be a card itself."""
    return [tag for tag in (card, *card.find_all("a")) if tag.name == "a" and tag.has_attr("href")]


def _names(card: Tag) -> Iterator[str]:
    """What the site's own programs call the parts of a card: lower case, words parted by "-"."""
    for tag in (card, *card.find_all(True)):
        for key in ("itemprop", "data-testid"):
            name = re.sub(r"(?<=[a-z])(?=[A-Z])|[_\s]+", "-", str(tag.get(key, "")))
            yield name.lower()


def _labels(card: Tag) -> Iterator[str]:
    """Texts that a person reads, or hears read out."""
    yield from card.stripped_strings
    for tag in (card, *card.find_all(True)):
        yield str(tag.get("aria-label", "")).strip()


def _is_avatar(picture: Tag) -> bool:
    """Whether it shows a person or an icon: by its address, its size or its link."""
    width = str(picture.get("width", ""))
    link = picture.find_parent("a", href=USER_LINK)
    small = width.isdecimal() and int(width) < SMALLEST_PX
    return link is not None or small or AVATAR_URL.search(_sources(picture)) is not None


def _sources(picture: Tag) -> str:
    """All addresses of a picture, as written."""
    return f"{picture.get('src', '')} {picture.get('srcset', '')}"


def _find_image(images: Iterable[Tag], base_url: str, hosts: Collection[str]) -> Tag | None:
    """The first image that is a photo and has appeared."""
    for image in images:
        url = _split(_widest(image), base_url)
        width = parse_qs(url.query).get("w", [""])[0]
        small = width.isdecimal() and int(width) < SMALLEST_PX
        if url.hostname in hosts and not small and not _is_avatar(image):
            return image
    return None


def _widest(image: Tag) -> str:
    """The reference to the widest of an image's sizes; "" if it has not appeared yet."""
    sizes = [*_iter_sizes(str(image.get("srcset", ""))), (str(image.get("src", "")), 0.0)]
    return max(sizes, key=lambda pair: pair[1])[0]


def _iter_sizes(srcset: str) -> Iterator[tuple[str, float]]:
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
    """Everything that a card tells of its photo."""
    page = _split(link["href"], base_url)
    photographer, photographer_url = _photographer(card, base_url)
    return PhotoRef(
        photo_id=photo_id,
        page_url=f"{page.scheme}://{page.netloc}{page.path.removesuffix('/download')}",
        image_url=_split(_widest(image), base_url).geturl(),
        photographer=photographer,
        photographer_url=photographer_url,
        licence=_licence(card, base_url),
        alt_text=" ".join(str(image.get("alt", "")).split()),
    )


def _photographer(card: Tag, base_url: str) -> tuple[str, str]:
    """Name and page of who took it; empty texts where the card names nobody."""
    links = card.find_all("a", href=USER_LINK)
    named = [link for link in links if link.get_text(strip=True)]  # the others hold an avatar
    for link in named or links:
        url = _split(link["href"], base_url)
        name = " ".join(link.get_text(" ").split()) or unquote(url.path.split("@")[-1].strip("/"))
        return name, url._replace(query="", fragment="").geturl()
    return "", ""


def _licence(card: Tag, base_url: str) -> str:
    """What the card says of it, else that of the site."""
    mark = card.find(itemprop="license")
    if mark is None or not (mark.get("href") or mark.get("content")):
        return UNSPLASH_LICENCE
    text = str(mark.get("content") or _split(mark["href"], base_url).geturl())
    return UNSPLASH_LICENCE if UNSPLASH_LICENCE.endswith(text) else text


def _site(base_url: str) -> str:
    """Host name of a site."""
    return (urlsplit(base_url).hostname or "").removeprefix("www.")


def _leads_away(url: SplitResult, base_url: str) -> bool:
    """Whether a link leaves the site, or Unsplash, of which the site may be a copy."""
    host = url.hostname or ""
    homes = (_site(base_url), _site(SITE))
    at_home = any(host == home or host.endswith(f".{home}") for home in homes)
    return url.scheme in ("http", "https") and not at_home


def _split(reference: object, base_url: str) -> SplitResult:
    """The parts of a link's absolute URL; empty ones where it is none."""
    text = str(reference).strip()
    try:
        return urlsplit(urljoin(base_url, text)) if text else urlsplit("")
    except ValueError:  # such as http://[
        return urlsplit("")
