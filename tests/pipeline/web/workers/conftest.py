"""A pool of workers without a server around it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.engine.bundle import PRETRAINED_DIR
from pipeline.engine.bundle_file import read_bundle
from pipeline.engine.request import ColorRequest, Rendering
from pipeline.web.workers.jobs import Ask
from pipeline.web.workers.messages import ColoredFile
from pipeline.web.workers.outcome import Bounds
from pipeline.web.workers.pool import Pool, Size
from pipeline.web.workers.tasks import Settings
from pipeline.web.workers.wire import from_rendering, from_request

MEGABYTE = 1_000_000
MakePool = Callable[..., Pool]


def settings(max_pixels: int = 120 * MEGABYTE, megabytes: int = 1200, **other: Any) -> Settings:
    """Of the shipped bundle."""
    bundle = other.pop("bundle", None) or read_bundle(PRETRAINED_DIR)
    return Settings(
        bundle=bundle, device="cpu", threads=1, max_pixels=max_pixels,
        max_bytes=megabytes * MEGABYTE,
    )  # fmt: skip


@pytest.fixture
def make_pool(tmp_path: Path) -> Iterator[MakePool]:
    made: list[Pool] = []

    def make(
        at_once: int = 1, waiting: int = 8, seconds: float = 60, megabytes: int = 1200,
        **other: Any,
    ) -> Pool:  # fmt: skip
        bounds = Bounds(seconds=seconds, megabytes=megabytes)
        folder = tmp_path / f"workers-{len(made)}"
        own = settings(megabytes=megabytes, **other)
        made.append(Pool(own, bounds, Size(at_once=at_once, waiting=waiting), folder))
        return made[-1]

    yield make
    for one in made:
        one.close()
    assert not [one for one in tmp_path.glob("workers-*/*/*") if one.exists()]


def colorize(photo: Path, **ask: Any) -> Ask[ColoredFile]:
    """A photo that is to be coloured beside its file."""
    how = {
        "photo": str(photo), "tolerate": False, "request": from_request(ColorRequest()),
        "rendering": from_rendering(Rendering()),
    }  # fmt: skip
    return Ask(task="colorize", how=how, reply=ColoredFile, **ask)
