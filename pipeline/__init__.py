"""From a black-and-white photo to a colour photo.

from pipeline import Colorizer

Colorizer().colorize("photo.jpg")
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from basics.cancel import CancelToken
    from pipeline.colorizer import Colorizer
    from pipeline.engine.request import ColorRequest, Hint, Limits, Rendering
    from pipeline.media.colored import Colored

# ONNX Runtime would tell its makers of every network that it opens: nobody's business
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__version__ = "1.0.0"  # of the program; pyproject.toml and `--version` take it from here
__all__ = ["CancelToken", "ColorRequest", "Colored", "Colorizer", "Hint", "Limits", "Rendering"]
_HOMES = {
    "CancelToken": "basics.cancel",
    "ColorRequest": "pipeline.engine.request",
    "Colored": "pipeline.media.colored",
    "Colorizer": "pipeline.colorizer",
    "Hint": "pipeline.engine.request",
    "Limits": "pipeline.engine.request",
    "Rendering": "pipeline.engine.request",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'pipeline' has no attribute {name!r}")
