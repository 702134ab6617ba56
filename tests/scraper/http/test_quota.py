"""The hourly quota of a key: estimated beforehand, shared by all threads, waited for."""

import logging
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import pytest

from basics.errors import ScrapeError
from scraper.api import MAX_HOURS, ApiSource
from scraper.http.client import Client
from scraper.http.errors import FetchError
from tests.scraper.clocks import TIMEOUT_S, ManualClock, QuickClock
from tests.scraper.fetching import MakeConfig, MakeSource
from tests.site.api import KEY, PER_PAGE, Api
from tests.site.server import Reply, Site, json_reply, photo_id


def test_the_time_is_estimated_before_the_first_photo(
    source: MakeSource, api: Api, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, logger="scraper")
    api.n_photos = 10_000
    next(source(count=1000).iter_photos("beach"))
    assert caplog.messages[-1] == (
        "beach: 1,000 photos take about 1,034 requests; "
        "the key allows 50 an hour, 49 remain: about 20 h of waiting"
    )
    assert len(api.searched()) == 1


@pytest.mark.parametrize(
    ("n_photos", "limit", "expected"),
    [
        (10_000, 5000, "1,034 requests; the key allows 5,000 an hour, 4,999 remain: no waiting"),
        (48, 50, "48 photos take about 50 requests; the key allows 50 an hour, 49 remain: no w"),
        (49, 50, "49 photos take about 51 requests; the key allows 50 an hour, 49 remain: abou"),
        (0, 50, "0 photos take about 0 requests"),
    ],
)
def test_the_estimate_follows_limit_and_photos(
    source: MakeSource,
    api: Api,
    caplog: pytest.LogCaptureFixture,
    n_photos: int,
    limit: int,
    expected: str,
):
    caplog.set_level(logging.INFO, logger="scraper")
    api.n_photos, api.limit, api.remaining = n_photos, limit, limit
    next(source(count=1000).iter_photos("beach"), None)
    assert expected in caplog.messages[-1]


def test_the_estimate_is_the_time_it_takes(
    source: MakeSource, api: Api, clock: QuickClock, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, logger="scraper")
    api.n_photos = 40  # 42 requests: 12 in each of three hours, 6 in the fourth
    api.limit = api.remaining = 12
    one = source(count=40)
    for ref in one.iter_photos("beach"):
        one.track_download(ref)
    assert "about 3 h of waiting" in caplog.messages[0]
    assert len(api.tracked) == 40
    assert clock.now == 1000 + 3 * 3600
    assert (len(api.site.requests), api.n_refused) == (42, 0)


def test_without_a_limit_nothing_is_waited_for(
    source: MakeSource, site: Site, clock: QuickClock, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, logger="scraper")
    site.lasting["/search/photos"] = json_reply({"results": [Api(site).result(0)], "total": 1})
    for _ in range(5):
        list(source().iter_photos("beach"))
    assert "the API states no hourly limit" in caplog.messages[-1]
    assert clock.slept == []


@pytest.mark.parametrize("exhausted_status", [403, 429])
def test_a_quota_exhausted_by_others_is_waited_for(
    source: MakeSource,
    api: Api,
    clock: QuickClock,
    caplog: pytest.LogCaptureFixture,
    exhausted_status: int,
):
    caplog.set_level(logging.INFO, logger="scraper")
    api.remaining, api.exhausted_status = 0, exhausted_status
    assert len(list(source(retries=1).iter_photos("beach"))) == 65
    assert clock.now == pytest.approx(1000 + 3600, abs=1)
    assert caplog.messages[0] == "hourly quota of the key exhausted: waiting 60 minutes"


def test_a_404_with_an_exhausted_quota_is_a_404(source: MakeSource, site: Site, clock: QuickClock):
    used_up = {"X-Ratelimit-Remaining": "0"}
    site.lasting["/search/photos"] = Reply(status=404, headers=used_up)
    with pytest.raises(FetchError, match="not found: HTTP 404"):
        next(source().iter_photos("beach"))
    assert clock.slept == []


def test_429_waits_as_long_as_retry_after_says(
    source: MakeSource, api: Api, site: Site, clock: QuickClock
):
    site.faults["/search/photos"] = deque([Reply(status=429, headers={"Retry-After": "600"})])
    next(source().iter_photos("beach"))
    assert clock.slept == [600.0]


def test_429_with_retry_after_over_an_hour_is_an_error(
    source: MakeSource, site: Site, clock: QuickClock
):
    site.lasting["/search/photos"] = Reply(status=429, headers={"Retry-After": "7200"})
    with pytest.raises(FetchError, match="too many requests: HTTP 429"):
        next(source().iter_photos("beach"))
    assert clock.slept == []


def test_a_quota_that_stays_exhausted_is_an_error_in_the_end(
    source: MakeSource, site: Site, clock: QuickClock
):
    site.lasting["/search/photos"] = Reply(status=403, headers={"X-Ratelimit-Remaining": "0"})
    with pytest.raises(ScrapeError, match="still exhausted after 3 hours"):
        next(source().iter_photos("beach"))
    assert len(site.requests) == MAX_HOURS + 1
    assert clock.slept == [3600.0] * MAX_HOURS


def test_many_threads_share_one_quota_and_one_log_line(
    settings: MakeConfig, site: Site, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, logger="scraper")
    clock = ManualClock()
    api = Api(site, limit=20, clock=clock)
    api.n_photos = PER_PAGE
    config = settings(access_key=KEY)
    with (
        Client(config, obey_robots=False, clock=clock, sleep=clock.sleep) as client,
        ThreadPoolExecutor(4) as pool,
    ):
        one = ApiSource(config, client)
        tracking = [pool.submit(one.track_download, ref) for ref in one.iter_photos("beach")]
        clock.wait_for_sleepers(*[4600.0] * 4)  # an hour after the first request
        assert len(api.tracked) == 19
        clock.move_to(4600)
        assert [future.result(TIMEOUT_S) for future in tracking] == [None] * PER_PAGE
    assert sorted(api.tracked) == [photo_id(n) for n in range(PER_PAGE)]
    assert api.n_refused == 0
    assert caplog.messages[1:] == ["hourly quota of the key exhausted: waiting 60 minutes"]
