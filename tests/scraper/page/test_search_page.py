"""Search pages in a real headless browser: every usable photo once, within the rate limit."""

import logging
import os
import signal
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest

from basics.errors import ScrapeError
from scraper.config import ScrapeConfig
from scraper.http.client import Client
from scraper.http.errors import FetchError
from scraper.page.search_page import PageSource, open_page_source
from scraper.photo_ref import PhotoRef
from tests.scraper.clocks import QuickClock
from tests.scraper.fetching import MakeConfig
from tests.scraper.processes import pids_with
from tests.site.server import PAGES_DIR, Reply, Site, photo_facts, photo_id

pytestmark = pytest.mark.browser
N_PHOTOS = 60  # on three pages
ALL = [photo_id(number) for number in range(N_PHOTOS)]
IDLE_TIMEOUT_S = 0.5  # the site is on this machine

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@contextmanager
def opened(config: ScrapeConfig, **clock: Any) -> Iterator[PageSource]:
    with (
        Client(config, obey_robots=True, **clock) as client,
        open_page_source(config, client, idle_timeout_s=IDLE_TIMEOUT_S) as source,
    ):
        yield source


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, PageSource]]:
    """A site, and one browser shared by the tests that leave it intact."""
    with Site(N_PHOTOS) as site:
        out_dir = tmp_path_factory.mktemp("shared")
        config = ScrapeConfig(
            out_dir=out_dir, base_url=site.url, delay_s=0, timeout_s=20, retries=1
        )
        with opened(config, sleep=lambda seconds: None) as source:
            yield site, source


def ids(refs: Iterator[PhotoRef]) -> list[str]:
    return [ref.photo_id for ref in refs]


def n_loads(site: Site, word: str) -> int:
    """How often the search page of a word loaded more photos."""
    return sum(one.query["query"] == word for one in site.requested("/napi/search"))


@pytest.mark.parametrize("path", sorted(PAGES_DIR.glob("*.html")), ids=lambda path: path.stem)
def test_every_photo_of_a_page_is_found_once(shared: tuple[Site, PageSource], path: Path):
    site, source = shared
    site.pages[path.stem] = path.name
    site.lasting |= {f"/never.{kind}": Reply(delay_s=15) for kind in ("css", "js")}
    found = ids(source.iter_photos(path.stem))
    assert sorted(found) == ([] if path.stem == "empty" else ALL)


def test_a_photo_has_everything_on_its_card(shared: tuple[Site, PageSource]):
    site, source = shared
    facts = photo_facts(0)
    assert next(source.iter_photos("two words")) == PhotoRef(
        photo_id=facts["id"],
        page_url=f"{site.url}/photos/{facts['slug']}-{facts['id']}",
        image_url=f"{site.url}{facts['image']}?w=800&h=800&fit=crop",
        photographer=facts["name"],
        photographer_url=f"{site.url}/@{facts['username']}",
        alt_text=facts["alt"],
    )
    assert n_loads(site, "two words") >= 1


def test_the_page_is_not_scrolled_further_than_needed(shared: tuple[Site, PageSource]):
    site, source = shared
    refs = source.iter_photos("few")
    assert ids(islice(refs, 5)) == ALL[:5]
    assert n_loads(site, "few") == 1
    assert ids(source.iter_photos("other")) == ALL  # photos left untaken are dropped
    assert n_loads(site, "few") == 1


def test_the_browser_sends_our_user_agent_and_fetches_no_image(shared: tuple[Site, PageSource]):
    site, source = shared
    next(source.iter_photos("agent"))
    agents = {one.headers["user-agent"] for one in site.requests}
    assert len(agents) == 2  # the client's and the browser's
    assert all("ImageColorizerScraper/" in agent for agent in agents)
    assert site.requested("/images/") == []


@on_linux
def test_one_browser_reads_all_categories(shared: tuple[Site, PageSource]):
    _, source = shared
    next(source.iter_photos("first"))
    before = pids_with("--headless", "shared", "--user-agent")
    next(source.iter_photos("second"))
    assert {*before} & {*pids_with("--headless", "shared", "--user-agent")}


@pytest.mark.parametrize("status", [404, 410])
def test_a_word_without_a_page_has_no_photos(
    shared: tuple[Site, PageSource], caplog: pytest.LogCaptureFixture, status: int
):
    site, source = shared
    site.lasting[f"/s/photos/gone{status}"] = Reply(status=status)
    with caplog.at_level(logging.INFO):
        assert ids(source.iter_photos(f"gone{status}")) == []
    assert f"gone{status}: no usable photo" in caplog.text


@pytest.mark.parametrize(
    ("reply", "match"),
    [
        (Reply(status=403), "blocks automated visits: HTTP 403\n.*\n.*--source api"),
        (Reply(status=401), "blocks automated visits: HTTP 401\n.*\n.*--source lite"),
        (Reply(status=503), "server busy: HTTP 503"),
        (
            Reply(status=302, headers={"Location": "http://elsewhere.invalid/"}),
            "redirected to http",
        ),
    ],
)
def test_a_page_that_fails_to_load_says_why(
    shared: tuple[Site, PageSource], reply: Reply, match: str
):
    site, source = shared
    site.lasting["/s/photos/failing"] = reply
    with pytest.raises(FetchError, match=match):
        next(source.iter_photos("failing"))


def test_retry_after_of_a_busy_server_is_kept(site: Site, settings: MakeConfig):
    clock = QuickClock()
    busy = Reply(status=429, headers={"Retry-After": "70"})
    site.faults["/s/photos/busy"] = deque([busy, busy])
    with opened(settings(), clock=clock, sleep=clock.sleep) as source:
        assert next(source.iter_photos("busy")).photo_id == ALL[0]
    assert sum(clock.slept) == 70
    assert len(site.requested("/s/photos/busy")) == 4  # browser, client, client again, browser


def test_a_redirect_must_not_lead_to_another_host(shared: tuple[Site, PageSource]):
    site, source = shared
    target = f"http://localhost:{site.port}/s/photos/x"
    site.lasting["/s/photos/moved"] = Reply(status=302, headers={"Location": target})
    with pytest.raises(FetchError, match=r"redirected to http://localhost:.*\n.*\n.*--allow-host"):
        next(source.iter_photos("moved"))


def test_what_robots_txt_disallows_is_neither_opened_nor_redirected_to(
    site: Site, settings: MakeConfig
):
    site.robots = "User-agent: *\nDisallow: /s/photos/secret\nDisallow: /private\n"
    site.lasting["/s/photos/moved"] = Reply(status=302, headers={"Location": "/private"})
    site.lasting["/private"] = Reply(content=(PAGES_DIR / "endless.html").read_bytes())
    with opened(settings()) as source:
        for word in ("secret", "moved"):
            with pytest.raises(FetchError, match=r"robots\.txt disallows"):
                next(source.iter_photos(word))
        assert next(source.iter_photos("allowed")).photo_id == ALL[0]
    assert site.requested("/s/photos/secret") == []


def test_a_page_keeps_the_delay_when_it_loads_more(site: Site, settings: MakeConfig):
    delay_s = 0.4
    with opened(settings(delay_s=delay_s, contact="me@example.org")) as source:
        assert ids(source.iter_photos("slowly")) == ALL
    requested_at = [one.at for one in (*site.requested("/s/"), *site.requested("/napi/"))]
    assert len(requested_at) == 5
    gaps = [after - before for before, after in pairwise(requested_at[1:])]
    assert min(gaps) >= 0.95 * delay_s  # save between the page and its own first request
    assert "me@example.org" in site.requested("/s/")[0].headers["user-agent"]


def test_the_terms_are_logged_once_and_the_browser_opens_on_demand(
    settings: MakeConfig, caplog: pytest.LogCaptureFixture
):
    config = settings()
    with opened(config) as source:
        assert not config.out_dir.exists()
        next(source.iter_photos("one"))
        next(source.iter_photos("two"))
    (notice,) = [one.message for one in caplog.records if "terms restrict" in one.message]
    assert "--source api" in notice
    assert "--source lite" in notice


@on_linux
def test_a_browser_that_crashes_is_restarted_once(
    site: Site, settings: MakeConfig, caplog: pytest.LogCaptureFixture
):
    config = settings()

    def kill_browser() -> None:
        for pid in pids_with("--headless", str(config.out_dir), "--user-agent"):
            os.kill(pid, signal.SIGKILL)

    with opened(config) as source:
        refs = source.iter_photos("crashing")
        found = ids(islice(refs, 5))
        kill_browser()
        found += ids(refs)
        assert found == ALL
        assert "the browser failed, restarting it" in caplog.text

        refs = source.iter_photos("crashing twice")
        for n_more in (5, 25):  # the second needs a new browser
            assert len(ids(islice(refs, n_more))) == n_more
            kill_browser()
        with pytest.raises(ScrapeError, match=r"the browser failed twice: .*\n.*\n.*--browser"):
            list(refs)


def test_a_page_without_response_or_with_a_hanging_script_times_out(
    site: Site, settings: MakeConfig
):
    hanging = b"<script>addEventListener('scroll', () => { while (true); })</script>"
    site.lasting["/s/photos/never"] = Reply(delay_s=10)
    site.lasting["/s/photos/hanging"] = Reply(
        content=(PAGES_DIR / "endless.html").read_bytes() + hanging
    )
    with opened(settings(timeout_s=2)) as source:
        with pytest.raises(FetchError, match="response timed out: page not loaded within 2 s"):
            next(source.iter_photos("never"))
        refs = source.iter_photos("hanging")
        assert next(refs).photo_id == ALL[0]
        with pytest.raises(ScrapeError, match="page unresponsive"):
            list(refs)
        assert next(source.iter_photos("fine")).photo_id == ALL[0]


def test_a_site_that_is_down_is_a_failed_connection(settings: MakeConfig):
    with Site() as gone:
        url = gone.url
    config = settings(base_url=url, retries=0)
    with (
        Client(config, obey_robots=False) as client,
        open_page_source(config, client) as source,
        pytest.raises(FetchError, match="connection failed"),
    ):
        next(source.iter_photos("any"))
