"""What server and worker tell each other, as plain JSON: what is wanted, and what went wrong."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from basics.errors import (
    Cancelled,
    CheckpointError,
    ConfigError,
    DamagedError,
    DataError,
    InColorError,
    ProjectError,
    Setting,
    TooLargeError,
)
from pipeline.engine.request import ColorRequest, Rendering

KINDS: Mapping[str, type[ProjectError]] = {
    one.__name__: one
    for one in (
        DataError, TooLargeError, DamagedError, InColorError, ConfigError, CheckpointError,
        Cancelled,
    )
}  # fmt: skip
WANTED = ("mode", "colorizer", "category", "top", "saturation", "keep_color", "best")
MOST_LETTERS = 2000  # of each part of an error


def from_request(request: ColorRequest) -> dict[str, Any]:
    """What a page or an API can ask for of a request; neither has hints or references."""
    return {name: getattr(request, name) for name in WANTED}


def from_rendering(rendering: Rendering) -> dict[str, Any]:
    """How a result is wanted."""
    return asdict(rendering)


def from_error(error: ProjectError) -> dict[str, Any]:
    """An error, with the number of the system's own one behind it, if there is one."""
    kind = next((one.__name__ for one in type(error).mro() if one.__name__ in KINDS), "DataError")
    cause = error.__cause__
    return {
        "kind": kind,
        "what": clean(error.what),
        "where": clean(error.where),
        "setting_at": _from_setting(error.where) if isinstance(error.where, Setting) else None,
        "fix": clean(error.fix),
        "setting": _from_setting(error.setting) if error.setting is not None else None,
        "errno": cause.errno if isinstance(cause, OSError) else None,
    }


def clean(text: object) -> str:
    """A text that any JSON and any log can hold, not too long."""
    return str(text)[:MOST_LETTERS].encode(errors="replace").decode()


def _from_setting(setting: Setting) -> dict[str, Any]:
    value = setting.value
    plain = value if isinstance(value, bool | int | float | None) else clean(value)
    return {"name": setting.name, "value": plain}
