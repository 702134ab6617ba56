"""From a black-and-white photo to a colour photo: the shipped models, routing, export, evaluation.

from pipeline import Colorizer

Colorizer().colorize("photo.jpg")
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.router import Colored, Colorizer

__all__ = ["Colored", "Colorizer"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from pipeline import router

        return getattr(router, name)
    raise AttributeError(f"module 'pipeline' has no attribute {name!r}")
