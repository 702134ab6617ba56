"""Whole runs against a hostile site: they end, the good photos are kept, the others counted."""

import csv
import json
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from basics.errors import ScrapeError
from scraper import api as api_module
from scraper import collect
from scraper.collect import scrape
from scraper.http import client as client_module
from scraper.http.client import Client
from scraper.http.errors import retry_after_s
from scraper.http.network import is_private, is_private_name
from scraper.http.robots import MAX_DELAY_S
from scraper.manifest import MANIFEST, read_rows
from scraper.page.parse import parse_photos
from scraper.page.snapshot import PageNonsense, read_snapshot
from scraper.photo_ref import Reason
from tests.scraper.clocks import QuickClock
from tests.scraper.fetching import (
    GOOD,
    MakeClient,
    MakeConfig,
    MakeSource,
    assert_fails,
    get,
)
from tests.site.api import KEY, Api
from tests.site.hostile import (
    ADDRESSES,
    ANSWERS,
    DELAYS,
    LONG,
    NUMBERS,
    RETRY_AFTER,
    TEXTS,
    results_json,
)
from tests.site.server import Reply, Site, image_path, photo_id

# a whole run


def test_every_hostile_answer_costs_one_photo(api: Api, site: Site, settings: MakeConfig):
    api.n_photos = len(ANSWERS) + 4
    for number, reply in enumerate(ANSWERS.values()):
        site.lasting[image_path(number)] = reply
    config = settings(
        source="api", access_key=KEY, count=4, retries=0, max_bytes=1_000_000, timeout_s=2.0
    )
    (tally,) = scrape(config, ["beach"])
    assert tally.error is None
    assert (tally.kept, tally.left_out.total()) == (4, len(ANSWERS))
    numbers = range(len(ANSWERS), len(ANSWERS) + 4)
    found = {row.photo_id for row in read_rows(config.out_dir / "beach")}
    assert found == {photo_id(number) for number in numbers}


def test_hostile_results_cost_one_photo_each(
    api: Api, site: Site, settings: MakeConfig, caplog: pytest.LogCaptureFixture
):
    good = [api.result(number) for number in range(len(TEXTS))]
    for result, text in zip(good, TEXTS.values(), strict=True):
        result |= {"alt_description": text, "user": {"name": text, "links": {"html": text}}}
    bad = [json.dumps({**api.result(99), "urls": {"raw": one}}) for one in ADDRESSES]
    bad += [f'{{"id": {one}, "links": {one}, "urls": {one}}}' for one in NUMBERS]
    bad += ['{"id": "a", "id": "b"}', "[[[]]]", "null", '{"id": {"id": ["x"]}}']
    site.lasting["/search/photos"] = Reply(content=results_json(good, *bad))
    config = settings(source="api", access_key=KEY, count=len(good), retries=0)
    (tally,) = scrape(config, ["beach"])
    assert (tally.kept, tally.error) == (len(good), None)
    assert f"beach: {len(bad)} malformed results skipped" in caplog.messages
    path = config.out_dir / "beach" / MANIFEST
    rows = {row.photo_id: row for row in read_rows(path.parent)}
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert len(table) == len(rows) == len(good)
    for number, name in enumerate(TEXTS):
        row = rows[photo_id(number)]
        (cell,) = table.loc[table.photo_id == photo_id(number), "alt_text"]
        assert cell == (f"'{row.alt_text}" if "formula" in name else row.alt_text), name
        assert row.photographer_url == ""
    with path.open(newline="", encoding="utf-8") as file:
        cells = [cell for line in csv.reader(file) for cell in line]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in cells)


def test_a_source_that_lists_without_end_what_cannot_be_kept_is_left(
    api: Api, site: Site, settings: MakeConfig, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(collect, "MAX_IN_VAIN", 40)
    api.n_photos = 10**9
    site.routes["/images/"] = lambda request: Reply(status=404)
    config = settings(source="api", access_key=KEY, count=5)
    api.limit = api.remaining = 10**6
    (tally,) = scrape(config, ["beach"])
    assert "of 40 photos in a row none could be kept" in str(tally.error)
    assert tally.left_out[Reason.GONE] >= 40


def test_a_search_of_endless_pages_without_a_usable_photo_ends(
    source: MakeSource, api: Api, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(api_module, "MAX_EMPTY_PAGES", 3)
    api.n_photos = 10**6
    api.changes = {number: {"premium": True} for number in range(200)}
    assert list(source().iter_photos("beach")) == []
    assert len(api.searched()) == 3


def test_what_nobody_foresaw_costs_one_photo(
    api: Api, settings: MakeConfig, monkeypatch: pytest.MonkeyPatch
):
    read_square = collect.fetch_photo

    def fetch(client, ref, folder):
        if ref.photo_id == photo_id(1):
            raise RecursionError("a decoder gave up")
        return read_square(client, ref, folder)

    monkeypatch.setattr(collect, "fetch_photo", fetch)
    (tally,) = scrape(settings(source="api", access_key=KEY, count=3), ["beach"])
    assert (tally.kept, tally.left_out) == (3, {Reason.DAMAGED: 1})


@pytest.mark.parametrize(
    "content",
    [
        b'{"results": [' + b"[" * 100_000,
        b'{"results": ' + b'{"a":' * 50_000,
        b"\xff\xfe[\0]\0",
        b"9" * 5000,
        b'"' + b"a" * 1000,
        b"NaN",
    ],
    ids=lambda one: repr(one[:20]),
)
def test_an_answer_that_is_no_page_is_an_error_of_the_category(
    source: MakeSource, site: Site, content: bytes
):
    site.lasting["/search/photos"] = Reply(content=content)
    with pytest.raises(ScrapeError, match=r"the response (is not JSON|has no list)"):
        next(source().iter_photos("beach"))


# headers


@pytest.mark.parametrize("value", [*RETRY_AFTER, LONG])
def test_a_retry_after_of_no_use_neither_ends_the_run_nor_delays_it(
    client: MakeClient, site: Site, clock: QuickClock, value: str
):
    site.lasting["/busy"] = Reply(
        status=503, headers={"Retry-After": value.encode().decode("latin-1")}
    )
    assert_fails(client(retries=2), f"{site.url}/busy", Reason.UNREACHABLE, "HTTP 503")
    assert sum(clock.slept) < 10


@given(value=st.text(st.characters(max_codepoint=255), max_size=40))
def test_any_retry_after_is_a_number_of_seconds_or_none(value: str):
    seconds = retry_after_s({"retry-after": value})
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize("value", [LONG, "-1", "nan", "\xb2", "", "1e9"])
def test_a_quota_of_no_use_is_none(source: MakeSource, api: Api, site: Site, value: str):
    limits = {"X-Ratelimit-Limit": value, "X-Ratelimit-Remaining": value}
    content = json.dumps({"results": [api.result(0)], "total_pages": 1}).encode()
    site.lasting["/search/photos"] = Reply(content=content, headers=limits)
    assert [ref.photo_id for ref in source().iter_photos("beach")] == [photo_id(0)]


def test_cookies_are_not_kept(client: MakeClient, site: Site):
    site.lasting["/one"] = Reply(content=b"good", headers={"Set-Cookie": f"a={'b' * 4000}; Path=/"})
    one = client()
    for _ in range(2):
        get(one, f"{site.url}/one")
    assert all("cookie" not in request.headers for request in site.requests)


@pytest.mark.parametrize(
    "raw", [b"HTTP/1.1 200 OK\r\nX: " + b"y" * 500, b"HTTP/1.1 200 OK\r\n\r\n" + b"z" * 500]
)
def test_a_response_that_trickles_is_left_after_its_time(
    client: MakeClient, site: Site, monkeypatch: pytest.MonkeyPatch, raw: bytes
):
    monkeypatch.setattr(client_module, "MAX_EXCHANGE_S", 0.2)
    site.lasting["/slow"] = Reply(raw=raw, trickle_s=0.01)
    assert_fails(
        client(retries=0), f"{site.url}/slow", Reason.UNREACHABLE, "timed out: ReadTimeout"
    )


# robots.txt


@pytest.mark.parametrize("value", DELAYS)
def test_a_crawl_delay_of_no_use_is_bounded_and_told(
    client: MakeClient,
    site: Site,
    clock: QuickClock,
    caplog: pytest.LogCaptureFixture,
    value: str,
):
    site.robots = f"User-agent: *\nCrawl-delay: {value}\n"
    site.lasting |= {"/one": GOOD, "/two": GOOD}
    one = client(obey_robots=True)
    for path in ("/one", "/two"):
        assert get(one, f"{site.url}{path}") == b"good"
    assert all(0 <= seconds <= MAX_DELAY_S for seconds in clock.slept)
    told = [one for one in caplog.messages if "s between requests" in one]
    assert len(told) == (value == "1e30")  # the others are no delay to the parser of robots.txt


def test_a_robots_txt_of_many_stars_is_read_at_once(client: MakeClient, site: Site):
    site.robots = "User-agent: *\n" + f"Disallow: /{'*a' * 2000}b\n" * 100
    site.lasting[f"/{'a' * 1500}"] = GOOD
    assert get(client(obey_robots=True), f"{site.url}/{'a' * 1500}") == b"good"


# addresses of this machine


def public(settings: MakeConfig, clock: QuickClock, **changed: object) -> Client:
    """A client of a site on the Internet."""
    config = settings(api_url="https://api.unsplash.com", retries=0, **changed)
    return Client(config, obey_robots=False, clock=clock, sleep=clock.sleep)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]"])
def test_a_public_site_cannot_send_us_to_this_machine(
    settings: MakeConfig, site: Site, clock: QuickClock, host: str
):
    with public(settings, clock, source="api", access_key=KEY) as client:
        url = f"http://{host}:{site.port}/images/photo-1"
        assert_fails(
            client, url, Reason.REFUSED, "this machine or its local network|Name or|nodename"
        )
    assert site.requests == []


def test_a_host_that_the_user_names_may_be_on_the_local_network(
    settings: MakeConfig, site: Site, clock: QuickClock
):
    site.lasting["/one"] = GOOD
    named = {"source": "api", "access_key": KEY, "allow_hosts": ("localhost",)}
    with public(settings, clock, **named) as client:
        assert get(client, f"http://localhost:{site.port}/one") == b"good"


@pytest.mark.parametrize(
    ("address", "private"),
    [("8.8.8.8", False), ("2606:4700::1111", False), ("127.0.0.1", True), ("10.1.2.3", True),
     ("169.254.169.254", True), ("192.168.0.1", True), ("0.0.0.0", True), ("::1", True),
     ("fe80::1%eth0", True), ("fd00::1", True), ("::ffff:127.0.0.1", True), ("100.64.0.1", True),
     ("224.0.0.1", True), ("2002:7f00:1::", True)],
)  # fmt: skip
def test_what_is_not_of_the_public_internet_is_private(address: str, private: bool):
    assert is_private(address) is private


@pytest.mark.parametrize(
    ("host", "private"),
    [("localhost", True), ("a.localhost", True), ("10.0.0.1", True), ("unsplash.com", False)],
)
def test_a_name_is_private_where_it_says_so(host: str, private: bool):
    assert is_private_name(host) is private


# pages


BASE = "https://unsplash.com"


def card(photo: str, image: str = "", alt: str = "waves", name: str = "Ann") -> str:
    image = image or f'src="https://images.unsplash.com/{photo}?w=400"'
    return (
        f'<figure><a href="/photos/{photo}"><img {image} alt="{alt}"></a>'
        f'<a href="/@ann">{name}</a></figure>'
    )


HOSTILE_CARDS = {
    "an id of a thousand characters": card("a" * 1000),
    "a width of 5000 digits": card(
        "width_x_abc", f'width="{LONG}" src="https://images.unsplash.com/w"'
    ),
    "a query of 5000 digits": card("query_x_abc", f'src="https://images.unsplash.com/q?w={LONG}"'),
    "a srcset of 100,000 candidates": card(
        "sizes_x_abc", f'srcset="{"https://images.unsplash.com/s 1w, " * 100_000}"'
    ),
    "no address": card("noaddr_xabc", 'src="https://[::1"'),
    "a password": card("passwd_xabc", 'src="https://a:b@images.unsplash.com/p"'),
    "another scheme": card("scheme_xabc", 'src="javascript:alert(1)"'),
    "deeply nested": f"<figure>{'<div>' * 5_000}{card('nested_xabc')}",
    "never closed": "<figure><a href='/photos/" + "x" * 50_000,
    "tags that are never closed": "<a " * 50_000,
    "comments": "<!--" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE_CARDS)
def test_a_hostile_card_costs_at_most_its_own_photo(name: str):
    html = card("good_x_one1") + HOSTILE_CARDS[name]
    first, *others = parse_photos(html, BASE, {"images.unsplash.com"})
    assert first.photo_id == "good_x_one1"
    assert all(one.is_valid for one in others)


@pytest.mark.parametrize("name", TEXTS)
def test_the_texts_of_a_card_are_cleaned(name: str):
    text = TEXTS[name].replace('"', "")
    (ref,) = parse_photos(card("good_x_one1", alt=text, name=text), BASE, {"images.unsplash.com"})
    assert ref.alt_text.isprintable()
    assert ref.photographer.isprintable()
    assert len(ref.photographer) <= 200


SOUND = {
    "cards": [], "lazy": [], "n_photos": 3, "viewports_below": 0.5, "consent_button": None,
    "more_button": None, "is_complete": True, "status": 200, "response_s": 0.1, "url": BASE,
}  # fmt: skip


@pytest.mark.parametrize("field", SOUND)
@pytest.mark.parametrize("value", ["x", -1e30, math.nan, math.inf, {}, [1], object()])
def test_a_snapshot_that_a_page_has_meddled_with_is_refused_or_sound(field: str, value: object):
    state = {**SOUND, field: value}
    if field == "url" and isinstance(value, str):
        assert read_snapshot(state).url == value
    else:
        with pytest.raises(PageNonsense, match=field):
            read_snapshot(state)


@pytest.mark.parametrize("state", [None, [], "x", {}, {"cards": []}])
def test_what_is_no_snapshot_is_refused(state: object):
    with pytest.raises(PageNonsense, match=r"of a snapshot of the page: .*n_photos"):
        read_snapshot(state)
