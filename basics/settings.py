"""Options of a command from the frozen dataclass that they fill: said once, in its fields."""

import argparse
import dataclasses
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from basics import cli
from basics.errors import Setting

Config = TypeVar("Config")


def setting(
    help: str, default: Any = dataclasses.MISSING, *, zero: bool = False, metavar: str | None = None
) -> Any:
    """A field that a command has an option for.

    Args:
        help: what `--help` says of it, with its unit.
        default: of the field, and of the option.
        zero: whether a number may be 0; all are positive.
        metavar: what stands for a value in `--help`.
    """
    metadata = {"help": help, "zero": zero, "metavar": metavar}
    return dataclasses.field(default=default, metadata=metadata)


def add_config(parser: argparse.ArgumentParser, defaults: Any) -> None:
    """Add an option for each `setting` of a config, its type from the annotation.

    Args:
        parser: gets them in the order of the fields.
        defaults: a config that holds the defaults.
    """
    hints = get_type_hints(type(defaults))
    for field in _settings(defaults):
        value = getattr(defaults, field.name)
        arguments = _arguments(hints[field.name], value, field.metadata["zero"])
        if metavar := field.metadata["metavar"]:
            arguments["metavar"] = metavar
        parser.add_argument(Setting(field.name).as_option, help=field.metadata["help"], **arguments)


def fill(defaults: Config, args: argparse.Namespace, **others: Any) -> Config:
    """The config of a parsed command line; `others` are fields that have no option."""
    given = {field.name: getattr(args, field.name) for field in _settings(defaults)}
    given = {name: tuple(one) if isinstance(one, list) else one for name, one in given.items()}
    return dataclasses.replace(defaults, **{**given, **others})


def _settings(config: Any) -> list[dataclasses.Field]:
    return [field for field in dataclasses.fields(config) if "help" in field.metadata]


def _arguments(kind: Any, default: Any, zero: bool) -> dict[str, Any]:
    """What argparse needs to know of a type: `X`, `X | None`, or `tuple[X, ...]`."""
    if kind is bool:
        return {"action": "store_true"}
    if NoneType in get_args(kind):
        (kind,) = (one for one in get_args(kind) if one is not NoneType)
    arguments: dict[str, Any] = {"default": default}
    if get_origin(kind) is tuple:
        kind = get_args(kind)[0]
        arguments = {"nargs": "+"} if default is None else {"nargs": "*", "default": [*default]}
    arguments["type"] = cli.positive(kind, zero=zero) if kind in (int, float) else kind
    return arguments
