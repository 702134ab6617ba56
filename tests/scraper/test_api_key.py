"""The access key: which are refused, who gets it, and that it is never logged or printed."""

import logging
import traceback

import pytest

from basics.errors import ConfigError, ProjectError, ScrapeError
from scraper.collect import scrape
from scraper.http.errors import FetchError
from tests.scraper.clocks import QuickClock
from tests.scraper.fetching import MakeConfig, MakeSource
from tests.site.api import KEY, Api
from tests.site.server import Reply, Site


def test_a_wrong_key_is_refused_without_being_named(source: MakeSource, api: Api):
    with pytest.raises(ScrapeError, match="invalid access key: HTTP 401") as caught:
        next(source(access_key="some-wrong-key").iter_photos("beach"))
    assert "UNSPLASH_ACCESS_KEY" in str(caught.value)
    assert not isinstance(caught.value, FetchError)
    assert len(api.searched()) == 1


def test_403_within_the_quota_is_a_refusal(source: MakeSource, site: Site, clock: QuickClock):
    site.lasting["/search/photos"] = Reply(status=403, headers={"X-Ratelimit-Remaining": "12"})
    with pytest.raises(ScrapeError, match="permission denied by the API: HTTP 403"):
        next(source().iter_photos("beach"))
    assert clock.slept == []


@pytest.mark.parametrize("key", ["sec\nret", "sec ret", "secrét", "\x00secret", " \n"])
def test_a_key_with_invalid_characters_is_refused_unsent(source: MakeSource, site: Site, key: str):
    with pytest.raises(ConfigError, match="invalid characters in the access key") as caught:
        source(access_key=key)
    assert "sec" not in "".join(traceback.format_exception(caught.value)).replace("access", "")
    assert site.requests == []


def test_space_around_the_key_is_no_part_of_it(source: MakeSource, api: Api):
    next(source(access_key=f" {KEY}\n").iter_photos("beach"))
    assert api.searched()[0].headers["authorization"] == f"Client-ID {KEY}"


def log_everything(caplog: pytest.LogCaptureFixture) -> None:
    """Let every logger log everything, even those that a command has set to warnings."""
    for name in (None, "httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, name)


@pytest.mark.parametrize(
    "reply",
    [
        None,
        Reply(status=401),
        Reply(status=403),
        Reply(status=404),
        Reply(status=429),
        Reply(status=500),
        Reply(status=302, headers={"Location": "http://localhost/"}),
        Reply(content=b"{", length=10),
        Reply(content=b"no JSON"),
        Reply(headers={"Content-Encoding": "gzip"}),
    ],
)
def test_the_key_is_in_no_log_and_no_error(
    source: MakeSource,
    settings: MakeConfig,
    api: Api,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    reply: Reply | None,
):
    log_everything(caplog)
    one, shown = source(retries=1), []
    ref = next(one.iter_photos("beach"))
    if reply is not None:
        api.site.lasting = dict.fromkeys(
            ("/search/photos", f"/photos/{ref.photo_id}/download"), reply
        )
    for attempt in (lambda: list(one.iter_photos("dog")), lambda: one.track_download(ref)):
        try:
            attempt()
        except ProjectError as error:
            shown += [
                str(error),
                repr(error),
                repr(vars(error)),
                *traceback.format_exception(error),
            ]
    assert bool(shown) == (reply is not None)
    assert {"httpx", "httpcore.http11"} <= {record.name for record in caplog.records}
    config = settings(source="api", access_key=KEY)
    shown += [caplog.text, *capfd.readouterr(), repr(config), str(config), repr(one), repr(ref)]
    assert KEY not in "".join(shown)
    assert any(KEY in str(request.headers) for request in api.site.requests)


@pytest.mark.parametrize(("key", "n_kept"), [(KEY, 5), ("some-wrong-key", 0)])
def test_a_whole_run_writes_the_key_nowhere(
    settings: MakeConfig,
    api: Api,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    key: str,
    n_kept: int,
):
    log_everything(caplog)
    config = settings(source="api", access_key=key, count=5)
    (tally,) = scrape(config, ["beach"])
    assert tally.kept == n_kept
    assert len(api.tracked) == n_kept
    assert {"scraper.collect", "httpcore.http11"} <= {record.name for record in caplog.records}
    written = [path.read_bytes() for path in config.out_dir.rglob("*") if path.is_file()]
    assert (b"Painter 1" in b"".join(written)) == (n_kept > 0)  # the manifest is among them
    shown = [caplog.text, *capfd.readouterr(), repr(tally), repr(tally.error)]
    assert key not in "".join(shown)
    assert key.encode() not in b"".join(written)
