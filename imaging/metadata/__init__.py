"""What a photo says of itself, read from any format, made true of its result, written to any."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imaging.metadata.carry import LARGEST, Told, described, embed
    from imaging.metadata.exif import NOTE

__all__ = ["LARGEST", "NOTE", "Told", "described", "embed"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        home = "exif" if name == "NOTE" else "carry"
        return getattr(import_module(f"imaging.metadata.{home}"), name)
    raise AttributeError(f"module 'imaging.metadata' has no attribute {name!r}")
