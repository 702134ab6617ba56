"""From a black-and-white photo to a colour photo: the shipped models, routing, export, evaluation.

from pipeline import Colorizer

Colorizer().colorize("photo.jpg")
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.colorizer import Colorizer
    from pipeline.engine.request import Options
    from pipeline.engine.results import Colored

# ONNX Runtime would tell its makers of every network that it opens: nobody's business
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__all__ = ["Colored", "Colorizer", "Options"]
_HOMES = {
    "Colored": "pipeline.engine.results",
    "Colorizer": "pipeline.colorizer",
    "Options": "pipeline.engine.request",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'pipeline' has no attribute {name!r}")
