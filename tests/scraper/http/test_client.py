"""The client against a real server on loopback: responses, retries, bodies, rate limit."""

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
from tests.scraper.clocks import TIMEOUT_S, QuickClock
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


# responses


def test_a_response_has_content_headers_and_url(client: MakeClient, site: Site):
    site.lasting["/one"] = Reply(content=b"body", headers={"X-Kind": "test"})
    response = client().get(f"{site.url}/one", max_bytes=4)
    assert (response.content, response.url) == (b"body", f"{site.url}/one")
    assert response.headers["x-kind"] == "test"


def test_requests_have_our_user_agent(client: MakeClient, site: Site):
    site.lasting["/one"] = GOOD
    get(client(contact="me@example.org"), f"{site.url}/one", Authorization="Client-ID abc")
    (request,) = site.requests
    assert request.headers["user-agent"] == "ImageColorizerScraper/1.0 (+me@example.org)"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["authorization"] == "Client-ID abc"


# transient failures


def test_back_off_doubles_with_every_failure(client: MakeClient, site: Site, clock: QuickClock):
    site.lasting["/busy"] = BUSY
    assert_fails(client(retries=4), f"{site.url}/busy", Reason.UNREACHABLE, "server busy: HTTP 503")
    assert len(site.requests) == 5
    assert len(clock.slept) == 4
    for number, slept in enumerate(clock.slept):
        assert 0.75 * 2**number <= slept <= 1.25 * 2**number


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_transient_failure_is_retried(client: MakeClient, site: Site, status: int):
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
        (404, Reason.GONE, "not found: HTTP 404"),
        (410, Reason.GONE, "not found: HTTP 410"),
        (304, Reason.REFUSED, "refused: HTTP 304"),
    ],
)
def test_a_permanent_failure_is_not_retried(
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


def test_a_truncated_body_is_retried(client: MakeClient, site: Site):
    site.faults["/one"] = deque([Reply(content=b"go", length=4)] * 2)
    site.lasting["/one"] = GOOD
    assert get(client(), f"{site.url}/one") == b"good"
    assert len(site.requests) == 3


def test_a_body_that_is_always_truncated_is_an_error(client: MakeClient, site: Site):
    site.lasting["/one"] = Reply(content=b"go", length=4)
    url = f"{site.url}/one"
    assert_fails(client(retries=1), url, Reason.UNREACHABLE, "connection failed: RemoteProtocol")


def test_a_closed_port_is_retried_then_an_error(client: MakeClient, clock: QuickClock):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    assert_fails(client(retries=2), url, Reason.UNREACHABLE, "connection failed: ConnectError")
    assert len(clock.slept) == 2


def test_a_server_that_does_not_respond_times_out(client: MakeClient, site: Site):
    site.lasting["/slow"] = Reply(delay_s=1.0)
    url = f"{site.url}/slow"
    patient = client(retries=0, timeout_s=0.1)
    assert_fails(patient, url, Reason.UNREACHABLE, "response timed out: ReadTimeout")


def test_a_header_that_cannot_be_sent_is_not_quoted(client: MakeClient, site: Site):
    with pytest.raises(FetchError, match="invalid request header") as caught:
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
    assert "server busy: HTTP 503; retry in" in ours[0].message


# bodies


def test_a_body_as_long_as_allowed_is_read(client: MakeClient, site: Site):
    site.lasting["/one"] = Reply(content=b"x" * MAX_BYTES)
    assert len(get(client(), f"{site.url}/one")) == MAX_BYTES


def test_two_gigabytes_are_refused_unread(client: MakeClient, site: Site):
    site.lasting["/big"] = Reply(content=b"x", length=2_000_000_000)
    assert_fails(client(), f"{site.url}/big", Reason.TOO_LARGE, "larger than 100,000 bytes")
    assert len(site.requests) == 1


def test_an_endless_body_is_cut_at_the_limit(client: MakeClient, site: Site):
    site.lasting["/endless"] = Reply(content=b"x" * 4096, endless=True)
    assert_fails(client(), f"{site.url}/endless", Reason.TOO_LARGE, "larger than 100,000 bytes")
    assert len(site.requests) == 1


def test_a_slow_body_times_out(settings: MakeConfig, site: Site):
    class Racing(QuickClock):  # 100 s pass between two readings
        def __call__(self) -> float:
            self.now += 100
            return self.now

    clock = Racing()
    site.lasting["/slow"] = Reply(content=b"x", endless=True)
    config = settings(retries=0)
    with Client(config, obey_robots=False, clock=clock, sleep=clock.sleep) as client:
        assert_fails(
            client,
            f"{site.url}/slow",
            Reason.UNREACHABLE,
            "response timed out: body not complete after 300 s",
        )


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_compressed_responses_are_refused(client: MakeClient, site: Site, encoding: str):
    site.lasting["/one"] = Reply(content=b"?", headers={"Content-Encoding": encoding})
    assert_fails(
        client(), f"{site.url}/one", Reason.REFUSED, f"unexpected Content-Encoding: {encoding}"
    )


def test_the_encoding_identity_is_accepted(client: MakeClient, site: Site):
    site.lasting["/one"] = Reply(content=b"good", headers={"Content-Encoding": "Identity"})
    assert get(client(), f"{site.url}/one") == b"good"


# rate limit


def test_each_host_gets_at_most_one_request_per_delay(
    client: MakeClient, site: Site, clock: QuickClock
):
    one = client(delay_s=2.0)
    with Site() as other:
        for path in ("/a", "/b", "/c"):
            site.lasting[path] = other.lasting[path] = GOOD
            get(one, f"{site.url}{path}")
            get(one, f"{other.url}{path}")
    assert clock.now == 1004.0
    assert clock.slept == [2.0, 2.0]  # for the second and third pair; other hosts do not wait


def test_redirects_and_retries_keep_the_delay_too(
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
        thread.join(TIMEOUT_S)
    assert len(ends) == 3
    assert len(site.requests) == 1
    with pytest.raises(Stopped, match=r"^$"):
        get(client, f"{site.url}/one")
