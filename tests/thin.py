"""The networks of the tables with an eighth of their filters and one block per stage.

What is tested around a network (folders, resuming, messages, export, the page) is the same with
fewer filters, and a step, a checkpoint and an export cost a tenth. The mark `full` on a test
leaves the tables as they are; tests of a network itself build it without a table.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

WIDTH, DEPTH = 1 / 8, 1
ALONE = ("encoder_decoder", "zhang2016", "fusion")  # networks without an encoder of a table
_full: dict[tuple[int, str], Callable[[], Any]] = {}  # what a table builds without us


def install() -> None:
    """Have the tables build thin networks."""
    for table, name in _entries():
        build = _full.setdefault((id(table), name), table[name].build)
        table[name] = replace(table[name], build=_thin(build, name))


def build_thin(spec: Any, **others: Any) -> Any:
    """The thin network of an entry of a table, whatever the table builds."""
    return _thin(spec.build, spec.name)(**others)


def build_thin_encoder() -> Any:
    """What `shared_encoder` and `mobilenet_v2` then have inside."""
    from training.encoders.mobilenet_v2 import build_encoder

    return build_encoder(WIDTH, DEPTH)


@contextmanager
def full_networks() -> Iterator[None]:
    """Within the block, the tables build what users get."""
    for table, name in _entries():
        build = _full.get((id(table), name), table[name].build)
        table[name] = replace(table[name], build=build)
    try:
        yield
    finally:
        install()


def _entries() -> list[tuple[dict[str, Any], str]]:
    """Tables and the names in them of which thin networks are trained."""
    from classifier.backbones import BACKBONES
    from colorizers.models import ARCHITECTURES
    from training.encoders.table import ENCODERS

    colorizers: list[tuple[dict[str, Any], str]] = [(ARCHITECTURES, name) for name in ARCHITECTURES]
    backbones: list[tuple[dict[str, Any], str]] = [
        (BACKBONES, name) for name in ENCODERS if name in BACKBONES
    ]
    return [*colorizers, *backbones, *((ENCODERS, name) for name in ENCODERS)]


def _thin(build: Callable[..., Any], name: str) -> Callable[..., Any]:
    if name in ALONE:
        return lambda: build(WIDTH)
    return lambda *given, **others: build(*(given or (WIDTH, DEPTH)), **others)
