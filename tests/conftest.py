"""Fixtures for all tests: drawn photos, the same packed, a clean logger."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from preprocessing.cli import TALKATIVE
from preprocessing.packing import pack
from tests.drawing import write_raw

# the same examples on every machine, slow ones included
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def drawn_photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A RAW_DIR with photos in three categories; read only, copy it to change it."""
    raw_dir = tmp_path_factory.mktemp("drawn") / "raw"
    write_raw(raw_dir)
    return raw_dir


@pytest.fixture(scope="session")
def packed_photos(drawn_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn photos, packed: 8, 2 and 2 in each category (`PHOTOS_PER_SPLIT`); read only."""
    packed_dir = tmp_path_factory.mktemp("packed")
    pack(drawn_photos, packed_dir)
    return packed_dir


@pytest.fixture(autouse=True)
def _logger_as_it_was() -> Iterator[None]:
    """Take back what a command does to loggers, which would outlive its stderr."""
    loggers = [logging.getLogger(name) for name in (None, *TALKATIVE)]
    levels, handlers = [one.level for one in loggers], loggers[0].handlers[:]
    yield
    loggers[0].handlers[:] = handlers
    for one, level in zip(loggers, levels, strict=True):
        one.setLevel(level)
