"""Helpers of the tests of client and API, both without sleep."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from scraper.api import open_api_source
from scraper.config import ScrapeConfig
from scraper.http.client import Client
from scraper.http.errors import FetchError
from scraper.photo_ref import Reason
from scraper.sources import Source
from tests.scraper.clocks import QuickClock
from tests.site.api import KEY
from tests.site.server import Reply

MAX_BYTES = 100_000
GOOD = Reply(content=b"good")

MakeConfig = Callable[..., ScrapeConfig]
MakeClient = Callable[..., Client]
MakeSource = Callable[..., Source]


@contextmanager
def client_maker(settings: MakeConfig, clock: QuickClock) -> Iterator[MakeClient]:
    """Gives a function that makes clients with `clock`; its keywords are settings."""
    with ExitStack() as stack:

        def make(*, obey_robots: bool = False, **changed: Any) -> Client:
            config = settings(**changed)
            client = Client(config, obey_robots=obey_robots, clock=clock, sleep=clock.sleep)
            return stack.enter_context(client)

        yield make


@contextmanager
def source_maker(settings: MakeConfig, clock: QuickClock) -> Iterator[MakeSource]:
    """Gives a function that opens the API with `clock`, with its key; its keywords are settings."""
    with client_maker(settings, clock) as client, ExitStack() as stack:

        def make(**changed: Any) -> Source:
            one = client(**{"source": "api", "access_key": KEY, **changed})
            return stack.enter_context(open_api_source(one.config, one))

        yield make


def get(client: Client, url: str, **headers: str) -> bytes:
    return client.get(url, max_bytes=MAX_BYTES, headers=headers).content


def redirect(target: str, status: int = 302) -> Reply:
    return Reply(status=status, headers={"Location": target})


def assert_fails(client: Client, url: str, reason: Reason, match: str) -> FetchError:
    with pytest.raises(FetchError, match=match) as caught:
        get(client, url)
    assert caught.value.reason is reason
    return caught.value
