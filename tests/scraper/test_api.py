"""The API as a source of photos: searches, and tracked downloads."""

import itertools
import json
from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from basics.errors import ScrapeError
from scraper.api import parse_page
from scraper.http.client import Client
from scraper.http.errors import FetchError
from scraper.photo_ref import UNSPLASH_LICENCE, PhotoRef, Reason
from scraper.sources import SOURCES
from tests.scraper.fetching import MakeConfig, MakeSource
from tests.site.api import KEY, PER_PAGE, Api
from tests.site.server import Reply, Site, json_reply, photo_id


def ids(refs: Iterator[PhotoRef]) -> list[str]:
    return [ref.photo_id for ref in refs]


# what is listed


def test_every_page_is_read_until_the_last(source: MakeSource, api: Api):
    assert ids(source().iter_photos("beach")) == [photo_id(n) for n in range(65)]
    queries = [request.query for request in api.searched()]
    assert [query["page"] for query in queries] == ["1", "2", "3"]
    assert {query["per_page"] for query in queries} == {str(PER_PAGE)}
    assert {query["content_filter"] for query in queries} == {"high"}


def test_pages_are_fetched_as_photos_are_needed(source: MakeSource, api: Api):
    refs = source().iter_photos("beach")
    assert api.searched() == []
    assert len(list(itertools.islice(refs, PER_PAGE))) == PER_PAGE
    assert len(api.searched()) == 1
    next(refs)
    assert len(api.searched()) == 2


def test_an_empty_page_ends_a_search_that_does_not_count_its_pages(source: MakeSource, site: Site):
    api = Api(site)
    pages = [{"results": [api.result(n)]} for n in (0, 1)]
    site.faults["/search/photos"] = deque(json_reply(page) for page in [*pages, {"results": []}])
    assert ids(source().iter_photos("beach")) == [photo_id(0), photo_id(1)]
    assert len(api.searched()) == 3


def test_a_search_that_repeats_itself_ends(source: MakeSource, site: Site, api: Api):
    again = {"results": [api.result(n) for n in (0, 1, 1)], "total_pages": 1000}
    site.lasting["/search/photos"] = json_reply(again)
    assert len(ids(source().iter_photos("beach"))) == 3
    assert len(api.searched()) == 2


def test_a_search_without_results_lists_nothing(source: MakeSource, api: Api):
    api.n_photos = 0
    assert ids(source().iter_photos("beach")) == []
    assert len(api.searched()) == 1


def test_hyphens_of_a_category_are_spaces_of_the_search(source: MakeSource, api: Api):
    list(source().iter_photos("old-castle"))
    assert api.searched()[0].query["query"] == "old castle"


def test_a_result_becomes_a_photo_with_its_licence(source: MakeSource, api: Api, site: Site):
    api.changes[1] = {"alt_description": None, "description": "Waves", "user": {"name": None}}
    first, second = itertools.islice(source().iter_photos("beach"), 2)
    assert first == PhotoRef(
        photo_id=photo_id(0),
        page_url=f"https://unsplash.com/photos/a-drawn-photo-0-{photo_id(0)}",
        image_url=f"{site.url}/images/photo-0?ixid=abc0",
        photographer="Painter 0",
        photographer_url="https://unsplash.com/@painter0",
        licence=UNSPLASH_LICENCE,
        alt_text="a drawn photo, number 0",
        download_location=f"{site.url}/photos/{photo_id(0)}/download?ixid=abc0",
    )
    assert (second.photographer, second.photographer_url, second.alt_text) == ("", "", "Waves")


@pytest.mark.parametrize("mark", [{"premium": True}, {"plus": True}, {"sponsorship": {"x": 1}}])
def test_premium_and_sponsored_photos_are_left_out(
    source: MakeSource, api: Api, mark: dict[str, Any]
):
    api.n_photos, api.changes[1] = 3, mark
    assert ids(source().iter_photos("beach")) == [photo_id(0), photo_id(2)]


def test_a_page_of_nothing_but_premium_photos_is_not_the_end(source: MakeSource, api: Api):
    api.changes = {number: {"premium": True} for number in range(PER_PAGE)}
    assert len(ids(source().iter_photos("beach"))) == 35


@pytest.mark.parametrize(
    "broken",
    [
        {"id": None},
        {"id": "../../etc/passwd"},
        {"id": ""},
        {"urls": None},
        {"urls": {"raw": "data:image/png;base64,AAAA"}},
        {"links": {"html": "https://unsplash.com/photos/x"}},
        {"links": []},
    ],
)
def test_a_result_that_lacks_something_is_skipped_and_counted(
    source: MakeSource, api: Api, caplog: pytest.LogCaptureFixture, broken: dict[str, Any]
):
    api.n_photos, api.changes[1] = 3, broken
    assert ids(source().iter_photos("beach")) == [photo_id(0), photo_id(2)]
    assert "beach: 1 malformed results skipped" in caplog.messages


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"<html>Sorry</html>", "the response is not JSON"),
        (b"\xff\xfe\x00", "the response is not JSON"),
        (b"[" * 100_000, "the response is not JSON"),
        (b"[]", "the response has no list of results"),
        (b'{"errors": ["no"]}', "the response has no list of results"),
        (b'{"results": {"id": "x"}}', "the response has no list of results"),
        (b'{"results": [1, null, "x", {}]}', "no result has id, links and urls"),
    ],
)
def test_a_malformed_response_is_an_error(
    source: MakeSource, site: Site, content: bytes, match: str
):
    site.lasting["/search/photos"] = Reply(content=content)
    with pytest.raises(ScrapeError, match=match) as caught:
        next(source().iter_photos("beach"))
    assert f"where: {site.url}/search/photos?query=beach" in str(caught.value)


def any_json() -> st.SearchStrategy[Any]:
    names = ["results", "id", "links", "urls", "html", "raw", "user", "name", "total", "premium"]
    plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    return st.recursive(
        plain,
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(names), inner, max_size=5)
        ),
    )


@given(body=any_json() | st.lists(any_json()).map(lambda results: {"results": results}))
def test_any_json_is_a_page_or_an_error(body: Any):
    try:
        page = parse_page(json.dumps(body).encode(), "here")
    except ScrapeError:
        return
    assert {ref.photo_id for ref in page.refs} <= page.ids
    assert page.n_malformed <= len(body["results"])


# tracked downloads


def test_a_download_is_tracked_with_the_key(source: MakeSource, api: Api, site: Site):
    one = source()
    one.track_download(next(one.iter_photos("beach")))
    assert api.tracked == [photo_id(0)]
    (request,) = site.requested("/photos/")
    assert request.query == {"ixid": "abc0"}
    assert request.headers["accept-version"] == "v1"


@pytest.mark.parametrize(
    "location",
    [
        "http://localhost:{port}/photos/x/download",
        "https://127.0.0.1:{port}/photos/x/download",
        "http://127.0.0.1:{port}@localhost:{port}/photos/x/download",
        "http://127.0.0.1:{port}\\@localhost:{port}/photos/x/download",
        "http://[",
        "/photos/x/download",
        "",
    ],
)
def test_no_other_host_is_requested_or_gets_the_key(source: MakeSource, api: Api, location: str):
    ref = PhotoRef(
        photo_id="x",
        page_url="https://unsplash.com/photos/x",
        image_url="https://images.unsplash.com/x",
        download_location=location.format(port=api.site.port),
    )
    with pytest.raises(FetchError, match="is on another host than the API") as caught:
        source(allow_hosts=("localhost",)).track_download(ref)
    assert caught.value.reason is Reason.REFUSED
    assert api.site.requests == []


def test_a_redirect_to_another_host_does_not_send_the_key(source: MakeSource, site: Site):
    api = Api(site)
    elsewhere = {"Location": f"http://localhost:{site.port}/moved"}
    site.lasting["/search/photos"] = Reply(status=302, headers=elsewhere)
    site.lasting["/moved"] = json_reply({"results": [api.result(0)]})
    with pytest.raises(FetchError, match="redirected to http://localhost"):
        next(source().iter_photos("beach"))
    assert site.requested("/moved") == []
    next(source(allow_hosts=("localhost",)).iter_photos("beach"))
    (request,) = site.requested("/moved")
    assert KEY not in str(request)


def test_a_photo_that_is_not_found_is_an_error_of_that_photo_alone(
    source: MakeSource, api: Api, site: Site
):
    one = source()
    ref = next(one.iter_photos("beach"))
    site.lasting[f"/photos/{ref.photo_id}/download"] = Reply(status=404)
    with pytest.raises(FetchError, match="not found: HTTP 404") as caught:
        one.track_download(ref)
    assert caught.value.reason is Reason.GONE


def test_the_table_of_sources_opens_it(settings: MakeConfig, api: Api):
    config = settings(source="api", access_key=KEY)
    with (
        Client(config, obey_robots=False) as client,
        SOURCES["api"](config, client) as opened,
    ):
        assert next(opened.iter_photos("beach")).photo_id == photo_id(0)
