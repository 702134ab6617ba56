"""Retry-After: its value, and which threads wait."""

import email.utils
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.http.client import Client
from scraper.http.errors import retry_after_s
from scraper.photo_ref import Reason
from tests.scraper.clocks import TIMEOUT_S, ManualClock, QuickClock
from tests.scraper.fetching import GOOD, MakeClient, MakeConfig, assert_fails, get, redirect
from tests.site.server import Reply, Site


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_in_seconds_is_kept(
    client: MakeClient, site: Site, clock: QuickClock, status: int
):
    site.faults["/one"] = deque([Reply(status=status, headers={"Retry-After": "120"})])
    site.lasting["/one"] = GOOD
    assert get(client(), f"{site.url}/one") == b"good"
    assert clock.slept == [120.0]


def test_retry_after_as_a_date_is_kept(client: MakeClient, site: Site, clock: QuickClock):
    date = email.utils.format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    site.faults["/one"] = deque([Reply(status=429, headers={"Retry-After": date})])
    site.lasting["/one"] = GOOD
    assert get(client(), f"{site.url}/one") == b"good"
    (slept,) = clock.slept
    assert 60 < slept <= 90


def test_more_than_an_hour_is_not_waited_for(client: MakeClient, site: Site, clock: QuickClock):
    site.lasting["/one"] = Reply(status=429, headers={"Retry-After": "3601"})
    assert_fails(client(), f"{site.url}/one", Reason.UNREACHABLE, "too many requests: HTTP 429")
    assert (len(site.requests), clock.slept) == (1, [])


def test_retry_after_pauses_every_thread_of_that_host(settings: MakeConfig):
    clock = ManualClock()
    with Site() as site, Site() as other, ThreadPoolExecutor(4) as pool:
        for path in ("/busy", "/waiting", "/later"):
            site.lasting[path] = other.lasting[path] = GOOD
        site.faults["/busy"] = deque([Reply(status=429, headers={"Retry-After": "30"})])
        config = settings(delay_s=5.0)
        with Client(config, obey_robots=False, clock=clock, sleep=clock.sleep) as client:
            assert get(client, f"{site.url}/later") == b"good"  # at 1000
            waiting = [pool.submit(get, client, f"{site.url}/busy")]
            clock.wait_for_sleepers(1005)
            waiting.append(pool.submit(get, client, f"{site.url}/waiting"))
            clock.wait_for_sleepers(1005, 1010)
            clock.move_to(1005)  # /busy is requested, and refused until 1035
            clock.wait_for_sleepers(1010, 1035)
            waiting.append(pool.submit(get, client, f"{site.url}/later"))
            clock.wait_for_sleepers(1010, 1035, 1040)
            clock.move_to(1010)  # the slot of /waiting, which was reserved before
            clock.wait_for_sleepers(1035, 1040, 1045)
            assert get(client, f"{other.url}/later") == b"good"  # another host is not paused
            assert site.requested("/waiting") == []
            for now in (1035, 1040, 1045):
                clock.move_to(now)
            assert [future.result(TIMEOUT_S) for future in waiting] == [b"good"] * 3


def test_the_busy_host_is_paused_not_the_one_that_redirected(
    settings: MakeConfig, clock: QuickClock, site: Site
):
    seen: list[tuple[float, int]] = []

    def sleep(seconds: float) -> None:
        seen.append((seconds, len(site.requests)))

    with Site() as busy:
        site.lasting["/one"] = redirect(f"{busy.url}/two")
        busy.lasting["/two"] = Reply(status=503, headers={"Retry-After": "50"})
        with Client(settings(retries=1), obey_robots=False, clock=clock, sleep=sleep) as client:
            assert_fails(client, f"{site.url}/one", Reason.UNREACHABLE, "HTTP 503")
    assert seen == [(50.0, 2)]  # after the second request to the site, before that to the host


def text_of_any_retry_after() -> st.SearchStrategy[str]:
    dates = st.datetimes().map(lambda at: f"{at:%a, %d %b} {at.year:04d} {at:%H:%M:%S}")
    zones = st.integers(-(10**20), 10**20).map(lambda zone: f"{zone:+05d}")
    return st.one_of(st.text(), st.integers().map(str), st.builds("{} {}".format, dates, zones))


@given(text=text_of_any_retry_after())
def test_any_retry_after_is_a_time_to_wait_or_none(text: str):
    seconds = retry_after_s({"retry-after": text})
    assert seconds is None or seconds >= 0
