"""Fixtures for the scraper: a photo site on loopback, and settings without delay."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scraper.config import ScrapeConfig
from tests.scraper.clocks import QuickClock
from tests.scraper.fetching import MakeClient, MakeConfig, MakeSource, client_maker, source_maker
from tests.site.api import Api
from tests.site.server import Site


@pytest.fixture(autouse=True, scope="session")
def _quiet_pyvips() -> None:
    """At DEBUG it logs while a line of its log is formatted; two threads then wait for ever."""
    logging.getLogger("pyvips").setLevel(logging.ERROR)


@pytest.fixture
def site() -> Iterator[Site]:
    """A photo site of its own, with 60 photos."""
    with Site() as running:
        yield running


@pytest.fixture
def settings(site: Site, tmp_path: Path) -> MakeConfig:
    """Makes settings for `site` without delay; keywords replace some of them."""

    def make(**changed: Any) -> ScrapeConfig:
        usual: dict[str, Any] = {
            "out_dir": tmp_path / "raw",
            "base_url": site.url,
            "api_url": site.url,
            "count": 10,
            "delay_s": 0.0,
            "timeout_s": 10.0,
        }
        return ScrapeConfig(**{**usual, **changed})

    return make


@pytest.fixture
def clock() -> QuickClock:
    """The clock of the clients and sources of a test."""
    return QuickClock()


@pytest.fixture
def client(settings: MakeConfig, clock: QuickClock) -> Iterator[MakeClient]:
    """Makes clients for `site`; keywords are settings."""
    with client_maker(settings, clock) as make:
        yield make


@pytest.fixture
def api(site: Site, clock: QuickClock) -> Api:
    """The API of `site`."""
    return Api(site, clock=clock)


@pytest.fixture
def source(settings: MakeConfig, clock: QuickClock) -> Iterator[MakeSource]:
    """Makes API sources for `site`; keywords are settings."""
    with source_maker(settings, clock) as make:
        yield make
