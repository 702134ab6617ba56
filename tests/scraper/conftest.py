"""Fixtures for the scraper: a photo site on loopback, and settings that hurry."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scraper.config import ScrapeConfig
from tests.site.server import Site


@pytest.fixture(autouse=True)
def _quiet_pyvips(caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG it logs while a line of its log is formatted; two threads then wait for ever."""
    caplog.set_level(logging.ERROR, "pyvips")


@pytest.fixture
def site() -> Iterator[Site]:
    """A photo site of its own, with 60 photos."""
    with Site() as running:
        yield running


@pytest.fixture
def settings(site: Site, tmp_path: Path) -> Callable[..., ScrapeConfig]:
    """Makes settings for `site` that keep no delay; keywords replace some of them."""

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
