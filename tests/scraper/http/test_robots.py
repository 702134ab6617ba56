"""robots.txt, as the client obeys it."""

import threading

import pytest

from scraper.http.errors import FetchError
from scraper.photo_ref import Reason
from tests.scraper.clocks import TIMEOUT_S, QuickClock
from tests.scraper.fetching import GOOD, MakeClient, assert_fails, get, redirect
from tests.site.server import Reply, Site


def test_robots_txt_is_obeyed_and_read_once(client: MakeClient, site: Site):
    site.robots = "User-agent: *\nDisallow: /private/\nDisallow: /*.gif$\nAllow: /private/open\n"
    site.lasting |= {"/private/open": GOOD, "/photo.gif.png": GOOD}
    one = client(obey_robots=True)
    for path in ("/private/x", "/a/photo.gif"):
        assert_fails(one, f"{site.url}{path}", Reason.ROBOTS, "robots.txt disallows this URL")
    for path in ("/private/open", "/photo.gif.png"):
        assert get(one, f"{site.url}{path}") == b"good"
    assert len(site.requested("/robots.txt")) == 1
    assert site.requested("/private/x") == site.requested("/a/photo.gif") == []


def test_the_rules_for_our_own_user_agent_take_precedence(client: MakeClient, site: Site):
    site.robots = "User-agent: *\nAllow: /\n\nUser-agent: ImageColorizerScraper\nDisallow: /\n"
    assert_fails(client(obey_robots=True), f"{site.url}/one", Reason.ROBOTS, "disallows")


def test_robots_txt_is_not_fetched_where_it_is_not_obeyed(client: MakeClient, site: Site):
    site.robots = "User-agent: *\nDisallow: /\n"
    site.lasting["/one"] = GOOD
    assert get(client(), f"{site.url}/one") == b"good"
    assert site.requested("/robots.txt") == []


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_no_robots_txt_allows_everything(client: MakeClient, site: Site, status: int):
    site.lasting |= {"/robots.txt": Reply(status=status), "/one": GOOD}
    assert get(client(obey_robots=True), f"{site.url}/one") == b"good"


@pytest.mark.parametrize(
    ("robots", "match"),
    [
        (Reply(status=503), "server busy: HTTP 503"),
        (Reply(status=429), "too many requests: HTTP 429"),
        (
            Reply(content=b"?", headers={"Content-Encoding": "gzip"}),
            "unexpected Content-Encoding: gzip",
        ),
        (Reply(content=b"#" * 4096, endless=True), "larger than 512,000 bytes"),
        (redirect("http://example.org/robots.txt"), "redirected to http://example.org"),
    ],
)
def test_an_unreadable_robots_txt_disallows_temporarily(
    client: MakeClient, site: Site, robots: Reply, match: str
):
    site.lasting |= {"/robots.txt": robots, "/one": GOOD}
    with pytest.raises(FetchError, match=match) as caught:
        get(client(obey_robots=True), f"{site.url}/one")
    assert not caught.value.reason.is_permanent
    assert site.requested("/one") == []


@pytest.mark.parametrize("target", ["/rules", "/elsewhere/robots.txt"])
def test_a_redirected_robots_txt_is_obeyed(client: MakeClient, site: Site, target: str):
    site.lasting["/robots.txt"] = redirect(target)
    site.lasting[target] = Reply(content=b"User-agent: *\nDisallow: /private\n")
    site.lasting["/one"] = GOOD
    one = client(obey_robots=True)
    got: list[bytes] = []
    thread = threading.Thread(target=lambda: got.append(get(one, f"{site.url}/one")), daemon=True)
    thread.start()
    thread.join(TIMEOUT_S)  # a thread, as this must not hang
    assert got == [b"good"]
    assert_fails(one, f"{site.url}/private", Reason.ROBOTS, "disallows")


def test_a_crawl_delay_longer_than_ours_is_kept(client: MakeClient, site: Site, clock: QuickClock):
    site.robots = "User-agent: *\nCrawl-delay: 7\n"
    site.lasting["/one"] = GOOD
    one = client(obey_robots=True, delay_s=2.0)
    for _ in range(3):
        get(one, f"{site.url}/one")
    assert clock.slept == [2.0, 7.0, 7.0]  # the first after robots.txt itself


def test_redirect_targets_obey_robots_txt_too(client: MakeClient, site: Site):
    site.robots = "User-agent: *\nDisallow: /private\n"
    site.lasting["/one"] = redirect("/private")
    assert_fails(client(obey_robots=True), f"{site.url}/one", Reason.ROBOTS, "disallows")
    assert site.requested("/private") == []
