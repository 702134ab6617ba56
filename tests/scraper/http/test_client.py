"""The polite client against a real server on loopback: answers, repetitions, bodies, pace."""

import logging
import socket
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import pytest

from scraper.http.client import Client
from scraper.http.errors import FetchError, Stopped
from scraper.photo_ref import Reason
from tests.scraper.clocks import PATIENCE_S, QuickClock
from tests.scraper.fetching import (
    GOOD,
    MAX_BYTES,
    MakeClient,
    MakeConfig,
    assert_fails,
    get,
    redirect,
)
from tests.site.server import Reply, Site

BUSY = Reply(status=503)


# what an answer holds


def test_an_answer_has_content_headers_and_address(client: MakeClient, site: Site):
    site.lasting["/one"] = Reply(content=b"body", headers={"X-Kind": "test"})
    answer = client().get(f"{site.url}/one", max_bytes=4)
    assert (answer.content, answer.url) == (b"body", f"{site.url}/one")
    assert answer.headers["x-kind"] == "test"


def test_requests_say_honestly_who_asks(client: MakeClient, site: Site):
    site.lasting["/one"] = GOOD
    get(client(contact="me@example.org"), f"{site.url}/one", Authorization="Client-ID abc")
    (request,) = site.requests
    assert request.headers["user-agent"] == "ImageColorizerScraper/1.0 (+me@example.org)"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["authorization"] == "Client-ID abc"


# failures that may pass


def test_back_off_doubles_with_every_failure(client: MakeClient, site: Site, clock: QuickClock):
    site.lasting["/busy"] = BUSY
    assert_fails(client(retries=4), f"{site.url}/busy", Reason.UNREACHABLE, "busy: HTTP 503")
    assert len(site.requests) == 5
    assert len(clock.slept) == 4
    for number, slept in enumerate(clock.slept):
        assert 0.75 * 2**number <= slept <= 1.25 * 2**number


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_failure_that_passes_is_forgotten(client: MakeClient, site: Site, status: int):
    site.faults["/one"] = deque([Reply(status=status)] * 2)
    site.lasting["/one"] = GOOD
    assert get(client(), f"{site.url}/one") == b"good"
    assert len(site.requests) == 3


@pytest.mark.parametrize(
    ("status", "reason", "match"),
    [
        (400, Reason.REFUSED, "refused: HTTP 400"),
        (401, Reason.REFUSED, "refused: HTTP 401"),
        (403, Reason.REFUSED, "refused: HTTP 403"),
        (404, Reason.GONE, "gone: HTTP 404"),
        (410, Reason.GONE, "gone: HTTP 410"),
        (304, Reason.REFUSED, "refused: HTTP 304"),
    ],
)
def test_what_will_not_change_is_asked_once(
    client: MakeClient, site: Site, status: int, reason: Reason, match: str
):
    site.lasting["/one"] = Reply(status=status)
    error = assert_fails(client(), f"{site.url}/one", reason, match)
    assert error.status == status
    assert len(site.requests) == 1


def test_no_retries_means_one_request(client: MakeClient, site: Site, clock: QuickClock):
    site.lasting["/busy"] = BUSY
    assert_fails(client(retries=0), f"{site.url}/busy", Reason.UNREACHABLE, "HTTP 503")
    assert len(site.requests) == 1
    assert clock.slept == []


def test_a_connection_cut_in_the_middle_is_asked_again(client: MakeClient, site: Site):
    site.faults["/one"] = deque([Reply(content=b"go", length=4)] * 2)
    site.lasting["/one"] = GOOD
    assert get(client(), f"{site.url}/one") == b"good"
    assert len(site.requests) == 3


def test_a_body_that_is_always_cut_is_an_error(client: MakeClient, site: Site):
    site.lasting["/one"] = Reply(content=b"go", length=4)
    url = f"{site.url}/one"
    assert_fails(client(retries=1), url, Reason.UNREACHABLE, "no whole answer: RemoteProtocol")


def test_a_closed_port_is_tried_again_then_an_error(client: MakeClient, clock: QuickClock):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    assert_fails(client(retries=2), url, Reason.UNREACHABLE, "no whole answer: ConnectError")
    assert len(clock.slept) == 2


def test_a_server_that_does_not_answer_times_out(client: MakeClient, site: Site):
    site.lasting["/slow"] = Reply(delay_s=1.0)
    url = f"{site.url}/slow"
    patient = client(retries=0, timeout_s=0.1)
    assert_fails(patient, url, Reason.UNREACHABLE, "no whole answer: ReadTimeout")


def test_a_header_that_cannot_be_sent_is_not_quoted(client: MakeClient, site: Site):
    with pytest.raises(FetchError, match="cannot be asked for") as caught:
        get(client(), f"{site.url}/one", Authorization="sec\nret")
    assert "sec" not in str(caught.value)
    assert site.requests == []


def test_failures_are_logged_for_debugging_only(
    client: MakeClient, site: Site, caplog: pytest.LogCaptureFixture
):
    site.faults["/one"] = deque([BUSY])
    site.lasting["/one"] = GOOD
    with caplog.at_level(logging.DEBUG, logger="scraper"):
        get(client(), f"{site.url}/one")
    ours = [record for record in caplog.records if record.name.startswith("scraper")]
    assert [record.levelno for record in ours] == [logging.DEBUG]
    assert "the server is busy: HTTP 503; again in" in ours[0].message


# bodies


def test_a_body_as_long_as_allowed_is_read(client: MakeClient, site: Site):
    site.lasting["/one"] = Reply(content=b"x" * MAX_BYTES)
    assert len(get(client(), f"{site.url}/one")) == MAX_BYTES


def test_two_gigabytes_are_refused_unread(client: MakeClient, site: Site):
    site.lasting["/big"] = Reply(content=b"x", length=2_000_000_000)
    assert_fails(client(), f"{site.url}/big", Reason.TOO_LARGE, "more than 100,000 bytes")
    assert len(site.requests) == 1


def test_an_endless_body_is_cut_where_too_much_came(client: MakeClient, site: Site):
    site.lasting["/endless"] = Reply(content=b"x" * 4096, endless=True)
    assert_fails(client(), f"{site.url}/endless", Reason.TOO_LARGE, "more than 100,000 bytes")
    assert len(site.requests) == 1


def test_a_body_that_drips_in_is_cut_in_the_end(settings: MakeConfig, site: Site):
    class Racing(QuickClock):  # 100 s pass between two looks at it
        def __call__(self) -> float:
            self.now += 100
            return self.now

    clock = Racing()
    site.lasting["/slow"] = Reply(content=b"x", endless=True)
    config = settings(retries=0)
    with Client(config, obey_robots=False, clock=clock, sleep=clock.sleep) as client:
        assert_fails(client, f"{site.url}/slow", Reason.UNREACHABLE, "drips in too slowly")


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_encoded_answers_are_refused(client: MakeClient, site: Site, encoding: str):
    site.lasting["/one"] = Reply(content=b"?", headers={"Content-Encoding": encoding})
    assert_fails(client(), f"{site.url}/one", Reason.REFUSED, f"sent as {encoding}")


def test_the_encoding_identity_is_none(client: MakeClient, site: Site):
    site.lasting["/one"] = Reply(content=b"good", headers={"Content-Encoding": "Identity"})
    assert get(client(), f"{site.url}/one") == b"good"


# pace


def test_each_host_is_asked_at_most_once_per_delay(
    client: MakeClient, site: Site, clock: QuickClock
):
    one = client(delay_s=2.0)
    with Site() as other:
        for path in ("/a", "/b", "/c"):
            site.lasting[path] = other.lasting[path] = GOOD
            get(one, f"{site.url}{path}")
            get(one, f"{other.url}{path}")
    assert clock.now == 1004.0
    assert clock.slept == [2.0, 2.0]  # for the second and third pair; other hosts wait for none


def test_redirects_and_repetitions_keep_the_delay_too(
    client: MakeClient, site: Site, clock: QuickClock
):
    site.lasting["/one"] = redirect("/two")
    site.faults["/two"] = deque([Reply(status=404)])
    assert_fails(client(delay_s=2.0), f"{site.url}/one", Reason.GONE, "HTTP 404")
    assert clock.slept == [2.0]


def test_the_delay_is_kept_across_threads(settings: MakeConfig, site: Site):
    site.lasting["/one"] = GOOD
    delay_s, n_requests = 0.05, 9
    with Client(settings(delay_s=delay_s), obey_robots=False) as client:
        started = time.monotonic()
        with ThreadPoolExecutor(4) as pool:
            contents = list(pool.map(lambda _: get(client, f"{site.url}/one"), range(n_requests)))
    assert contents == [b"good"] * n_requests
    assert site.requests[-1].at - started >= (n_requests - 1) * delay_s


def test_stop_wakes_every_thread(settings: MakeConfig, site: Site):
    site.lasting["/one"] = GOOD
    ends: list[Exception] = []
    client = Client(settings(delay_s=3600.0), obey_robots=False)

    def fetch() -> None:
        try:
            get(client, f"{site.url}/one")
        except Stopped as stopped:
            ends.append(stopped)

    get(client, f"{site.url}/one")
    threads = [threading.Thread(target=fetch, daemon=True) for _ in range(3)]
    with client:
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert len(ends) == 3
    assert len(site.requests) == 1
    with pytest.raises(Stopped, match=r"^$"):
        get(client, f"{site.url}/one")
