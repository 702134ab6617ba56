"""Photos in hand-written HTML: found by stable features, and nothing else taken for one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.config import ScrapeConfig
from scraper.page.parse import image_hosts, parse_photos
from scraper.photo_ref import UNSPLASH_LICENCE, PhotoRef

SITE = "https://unsplash.com"
HOSTS = ("images.unsplash.com",)
ID = "AbCdEf_-123"
OTHER_ID = "-b_dE-gh9_0"
IMAGE = "https://images.unsplash.com/photo-1523?ixlib=rb-4.0.3"
AVATAR = "https://images.unsplash.com/profile-1499?w=64&h=64"

# a card as the site writes it
CARD = f"""
<div class="mItv1"><figure itemprop="image" itemscope itemtype="https://schema.org/ImageObject"
    data-testid="photo-grid-masonry-figure">
  <a itemprop="contentUrl" class="zNNw1" href="/photos/brown-wooden-dock-{ID}">
    <div class="MorZF"><img data-testid="photo-grid-masonry-img" itemprop="thumbnailUrl"
      class="tzC2N" alt="a brown  wooden dock" sizes="100vw" src="{IMAGE}&w=1000"
      srcset="{IMAGE}&w=100 100w, {IMAGE}&w=2000 2000w, {IMAGE}&w=200 200w"></div></a>
  <div class="xLon9">
    <button data-testid="add-to-collection-button" title="Add to collection"></button>
    <a href="/@jane"><img class="vkrMA" src="{AVATAR}" srcset="{AVATAR} 1x, {AVATAR}&dpr=2 2x"></a>
    <a class="N2odk" href="/@jane">Jane
      Doe</a>
    <a data-testid="non-sponsored-photo-download-button" rel="nofollow"
      href="https://unsplash.com/photos/{ID}/download?force=true">Download</a>
  </div>
  <meta itemprop="license" content="https://unsplash.com/license">
</figure></div>
"""
PHOTO = PhotoRef(
    photo_id=ID,
    page_url=f"{SITE}/photos/brown-wooden-dock-{ID}",
    image_url=f"{IMAGE}&w=2000",
    photographer="Jane Doe",
    photographer_url=f"{SITE}/@jane",
    licence=UNSPLASH_LICENCE,
    alt_text="a brown wooden dock",
)
OTHER_CARD = f'<div><a href="/photos/{OTHER_ID}"><img srcset="{IMAGE}&n=2 2x"></a></div>'


def ids(html: str, base_url: str = SITE) -> list[str]:
    return [ref.photo_id for ref in parse_photos(html, base_url, HOSTS)]


def test_all_facts_of_a_card_are_parsed():
    assert parse_photos(CARD, SITE, HOSTS) == [PHOTO]


def test_a_card_without_microdata_and_classes_is_parsed_alike():
    html = CARD
    for name in ("figure", "data-testid", "itemprop", "itemscope", "itemtype", "class"):
        html = html.replace(name, "span" if name == "figure" else f"data-{len(name)}")
    assert "photo-grid-masonry" in html  # as a value that is not parsed
    assert parse_photos(html, SITE, HOSTS) == [PHOTO]


def test_photos_come_once_and_in_order():
    assert ids(f"<main><div>{OTHER_CARD}{CARD}</div>{OTHER_CARD}</main>") == [OTHER_ID, ID]


def test_cards_one_after_the_other_are_read_like_a_page():
    assert ids(f"{CARD}\n{OTHER_CARD}") == [ID, OTHER_ID]


@pytest.mark.parametrize(
    ("href", "found"),
    [
        (f"/photos/{ID}", [ID]),
        (f"/photos/a-b-c-{ID}?from=search#top", [ID]),
        (f"/photos/{ID}/", [ID]),
        (f"/photos/{ID}/download?force=true", [ID]),
        (f"https://unsplash.com/photos/x-{ID}", [ID]),
        (f"/de/photos/x-{ID}", [ID]),
        ("/photos/ids-of-another-length-1234567", ["1234567"]),
        ("/photos/a-id", []),
        ("/s/photos/autumn-leaf", []),  # a search, though its word has eleven letters
        (f"/photos/{ID}/stats", []),
        (f"/collections/{ID}", []),
        ("http://[", []),
        ("", []),
    ],
)
def test_a_photo_is_recognized_by_its_link(href: str, found: list[str]):
    assert ids(f'<div><a href="{href}"><img srcset="{IMAGE} 2x"></a></div>') == found


@pytest.mark.parametrize(
    ("image", "url"),
    [
        (f'srcset="{IMAGE} 1x, {IMAGE}&dpr=2 2x"', f"{IMAGE}&dpr=2"),
        (f'srcset="{IMAGE}&rect=0,0,5,5 300w,{IMAGE} 200w"', f"{IMAGE}&rect=0,0,5,5"),
        (f'srcset="{IMAGE}"', IMAGE),
        (f'srcset="{IMAGE},  {IMAGE}&dpr=1.5 1.5x,"', f"{IMAGE}&dpr=1.5"),
        (f'src="{IMAGE}"', IMAGE),
        (f'src="data:image/gif;base64,R0lG" srcset="{IMAGE} 9w"', IMAGE),
        (f'src="//images.unsplash.com/photo-1" alt="{ID}"', "https://images.unsplash.com/photo-1"),
    ],
)
def test_the_widest_size_of_an_image_is_taken(image: str, url: str):
    html = f'<div><a href="/photos/{ID}"><img {image}></a></div>'
    assert [ref.image_url for ref in parse_photos(html, SITE, HOSTS)] == [url]


@pytest.mark.parametrize(
    "image",
    [
        "",
        "<img>",
        '<img srcset="">',
        '<img src="data:image/gif;base64,R0lGODlh">',
        f'<img src="{IMAGE}&w=20">',  # a placeholder until it is in view
        '<img src="https://elsewhere.example/photo-1">',
        '<img src="ftp://images.unsplash.com:x/[">',
        f'<img src="{AVATAR}">',
        f'<img srcset="{IMAGE} 2x" width="32">',
    ],
)
def test_a_photo_without_a_usable_image_is_left_out(image: str):
    assert ids(f'<div><a href="/photos/{ID}">{image}</a></div>') == []


def test_an_avatar_is_never_the_photo():
    html = CARD.replace('srcset="https://images.unsplash.com/photo', 'data-x="')
    assert ids(html.replace(f'src="{IMAGE}&w=1000"', "")) == []


def test_the_photographer_may_be_unknown_or_known_by_name_only():
    nobody = CARD.replace("/@jane", "/jane")
    assert [(ref.photographer, ref.photographer_url) for ref in parse_photos(nobody, SITE, HOSTS)]
    (ref,) = parse_photos(nobody, SITE, HOSTS)
    assert (ref.photographer, ref.photographer_url) == ("", "")
    (ref,) = parse_photos(
        CARD.replace("Jane\n      Doe", "").replace("@jane", "@j%C3%BCrg"), SITE, HOSTS
    )
    assert (ref.photographer, ref.photographer_url) == ("jürg", f"{SITE}/@j%C3%BCrg")


@pytest.mark.parametrize(
    ("mark", "licence"),
    [
        ('<a itemprop="license" href="/cc0">free</a>', f"{SITE}/cc0"),
        ('<meta itemprop="license" content="CC BY 4.0">', "CC BY 4.0"),
        ('<a itemprop="license">free</a>', UNSPLASH_LICENCE),
        ("", UNSPLASH_LICENCE),
    ],
)
def test_the_licence_of_the_card_comes_before_that_of_the_site(mark: str, licence: str):
    html = f'<figure><a href="/photos/{ID}"><img src="{IMAGE}"></a>{mark}</figure>'
    assert [ref.licence for ref in parse_photos(html, SITE, HOSTS)] == [licence]


PREMIUM_IMAGE = "https://plus.unsplash.com/premium_photo-1?w=900"


@pytest.mark.parametrize(
    "addition",
    [
        "<span>Unsplash+</span>",
        '<a href="/plus?from=card">For subscribers</a>',
        '<svg aria-label="Unsplash+"></svg>',
        '<i data-testid="plusBadge"></i>',
        '<i itemprop="premium_photo"></i>',
        f'<img srcset="{PREMIUM_IMAGE} 900w">',
        "<small> Promoted </small>",
        "<small>Ad</small>",
        "<p>Sponsored by somebody</p>",
        '<a rel="nofollow sponsored" href="/photos">More</a>',
        '<a href="https://stock.example/search">More</a>',
        '<i data-testid="sponsored-badge"></i>',
        '<i data-testid="adCard"></i>',
        '<i aria-label="Advertisement"></i>',
    ],
)
def test_premium_photos_and_advertisements_are_left_out(addition: str):
    inside = CARD.replace("</figure>", f"{addition}</figure>")
    assert ids(f"<main>{inside}{OTHER_CARD}</main>") == [OTHER_ID]
    if "<img" not in addition:
        beside = CARD.replace("</figure>", f"</figure>{addition}")
        assert ids(f"<main>{beside}{OTHER_CARD}</main>") == [OTHER_ID]


@pytest.mark.parametrize(
    "addition",
    [
        '<i data-testid="non-sponsored-photo-download-button"></i>',
        '<i data-testid="add-to-collection-button"></i>',
        '<i data-testid="plus-icon"></i>',
        "<span>Adriatic Sea, additional light, read more</span>",
        "<span>Sponsoring a beach</span>",
        '<a href="/plus-size-fashion">Fashion</a>',
        '<a href="#">Share</a><a href="mailto:x@example.org">Mail</a><a href="javascript:0">x</a>',
        '<a href="https://api.unsplash.com/x">API</a>',
    ],
)
def test_ordinary_photos_are_not_taken_for_advertisements(addition: str):
    assert ids(CARD.replace("</figure>", f"{addition}</figure>")) == [ID]


def test_an_advertisement_beside_the_only_photo_does_not_hide_it():
    ad = '<div>Sponsored <a href="https://stock.example"><img src="https://stock.example/1"></a></div>'
    menu = '<nav><a href="/plus">Get Unsplash+</a></nav>'
    assert ids(f"<body><div>{menu}<main><div>{CARD}{ad}</div></main></div></body>") == [ID]


@pytest.mark.parametrize(
    ("base_url", "allow_hosts", "hosts"),
    [
        (SITE, (), {"images.unsplash.com"}),
        ("https://www.unsplash.com/", ("cdn.example",), {"images.unsplash.com", "cdn.example"}),
        ("http://127.0.0.1:8000", (), {"127.0.0.1", "images.127.0.0.1"}),
        ("https://Photos.Example/x", (), {"photos.example", "images.photos.example"}),
    ],
)
def test_images_come_from_the_site_or_where_the_user_allows(
    base_url: str, allow_hosts: tuple[str, ...], hosts: set[str]
):
    config = ScrapeConfig(out_dir=Path("raw"), base_url=base_url, allow_hosts=allow_hosts)
    assert image_hosts(config) == hosts


PIECES = [
    "<a href=",
    "'/photos/x-AbCdEf_-123'",
    "/@u",
    "<img srcset=",
    "<figure>",
    "</a>",
    "http://[",
    ">",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=20)).map("".join))
def test_any_text_can_be_parsed(html: str):
    for ref in parse_photos(html, SITE, HOSTS):
        assert len(ref.photo_id) == 11


@given(st.permutations([CARD, OTHER_CARD, "<p>Ad</p>", '<a rel="sponsored" href="/x"></a>']))
def test_what_lies_between_two_photos_hides_neither(parts: list[str]):
    assert sorted(ids(f"<main><section>{''.join(parts)}</section></main>")) == sorted(
        [ID, OTHER_ID]
    )
