"""Which cards of a search page are left out: advertisements and premium photos."""

import re
from collections.abc import Iterator

from bs4 import Tag

from scraper.page.links import is_external, split_url

PREMIUM_URL = re.compile(r"//plus\.|/premium_photo")
# in the words of itemprop and data-testid; "non-sponsored-photo-…" is on ordinary photos
AD_WORD = re.compile(r"(?<!non-)\b(ads?|advert|advertisement|sponsor|sponsored|promoted)\b")
PREMIUM_WORD = re.compile(r"(?<!non-)\b(plus(?!-(icon|sign))|premium)\b")
AD_LABEL = re.compile(
    r"ads?|advertisement|(sponsored|promoted)( by .*| content| photo)?|anzeige|publicité|anuncio",
    re.IGNORECASE,
)
PREMIUM_LABEL = re.compile(r"unsplash\s?\+", re.IGNORECASE)


def is_premium(card: Tag, base_url: str) -> bool:
    """Whether its photo is premium: for subscribers only."""
    urls = [split_url(link["href"], base_url) for link in _links(card)]
    return (
        any(url.path.split("/")[1:2] == ["plus"] or url.netloc.startswith("plus.") for url in urls)
        or any(PREMIUM_URL.search(image_urls(image)) for image in card.find_all("img"))
        or any(PREMIUM_WORD.search(name) for name in _test_ids(card))
        or any(PREMIUM_LABEL.search(label) for label in _labels(card))
    )


def is_ad(card: Tag, base_url: str) -> bool:
    """Whether it is an advertisement."""
    links = _links(card)
    return (
        any("sponsored" in link.get_attribute_list("rel") for link in links)
        or any(is_external(split_url(link["href"], base_url), base_url) for link in links)
        or any(AD_WORD.search(name) for name in _test_ids(card))
        or any(AD_LABEL.fullmatch(label) for label in _labels(card))
    )


def _links(card: Tag) -> list[Tag]:
    """All links of a card; a link may be a card itself."""
    return [tag for tag in (card, *card.find_all("a")) if tag.name == "a" and tag.has_attr("href")]


def _test_ids(card: Tag) -> Iterator[str]:
    """Values of itemprop and data-testid in a card, in lower case and kebab-case."""
    for tag in (card, *card.find_all(True)):
        for key in ("itemprop", "data-testid"):
            name = re.sub(r"(?<=[a-z])(?=[A-Z])|[_\s]+", "-", str(tag.get(key, "")))
            yield name.lower()


def _labels(card: Tag) -> Iterator[str]:
    """Visible texts and aria-labels."""
    yield from card.stripped_strings
    for tag in (card, *card.find_all(True)):
        yield str(tag.get("aria-label", "")).strip()


def image_urls(image: Tag) -> str:
    """The src and srcset of an image, as written."""
    return f"{image.get('src', '')} {image.get('srcset', '')}"
