"""How the files of a run are coloured: each format of results, and every option in turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MAX_PIXELS = 4_000_000  # a sound photo of more takes longer than a file is given here


@dataclass(frozen=True, kw_only=True)
class Order:
    """Options of a command, which are also those of Python.

    Attributes:
        request, rendering: fields of `ColorRequest` and `Rendering`.
        tolerate: of `Limits`.
        shown: more options of the command: --json, --ranking.
    """

    request: Mapping[str, Any] = field(default_factory=dict)
    rendering: Mapping[str, Any] = field(default_factory=dict)
    tolerate: bool = False
    shown: Sequence[str] = ()

    def limits(self, *, is_bomb: bool = False) -> dict[str, Any]:
        """Fields of `Limits`; a bomb meets the default bounds."""
        return {"tolerate": self.tolerate} | ({} if is_bomb else {"max_pixels": MAX_PIXELS})

    def options(self, *, is_bomb: bool = False) -> list[str]:
        """The same for the command."""
        given = {**self.request, **self.rendering, **self.limits(is_bomb=is_bomb)}
        return [one for name, value in given.items() for one in _option(name, value)] + [
            *self.shown
        ]


def _option(name: str, value: object) -> list[str]:
    option = f"--{name.replace('_', '-')}"
    if value is True:
        return [option]
    return [] if value is False else [option, str(value)]


ORDERS = (
    Order(),
    Order(rendering={"format": "png", "pages": "all"}, shown=("--json",)),
    Order(rendering={"format": "jpg", "compare": True}),
    Order(rendering={"format": "tiff", "pages": "all"}, tolerate=True),
    Order(rendering={"format": "webp", "strip": True}, request={"mode": "vivid"}),
    Order(tolerate=True, shown=("--json",)),
    Order(request={"keep_color": True, "saturation": 0.0}, shown=("--ranking",)),
    Order(
        rendering={"format": "jpg", "quality": 1}, request={"top": 1, "best": True}, tolerate=True
    ),
    Order(rendering={"format": "tiff", "strip": True, "compare": True}, shown=("--json",)),
)
