"""JSON that strangers may have written: read within bounds, each field checked and named.

A check takes a value and gives what it stands for, or raises `Unfit`; the path of the field grows
on the way up, so an error says `colorizers.shared_encoder[3].inference_px`.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

MAX_DEPTH = 40  # of lists and objects within each other; ours
DIGITS = 20  # of a whole number: Python refuses to read one of thousands
LONGEST_NAME, LONGEST_PATH = 100, 300  # characters
SHOWN = 60  # characters of a value in an error
HEX_64 = re.compile("[0-9a-f]{64}")
CONTROL = re.compile("[\0-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
MISSING: Any = object()

Check = Callable[[Any], Any]


class Unfit(ValueError):
    """A value that cannot be: where in the file, and what is wrong with it."""

    def __init__(self, problem: str, at: str = "") -> None:
        """`at` begins with a dot or a bracket."""
        super().__init__(problem, at)
        self.problem, self.at = problem, at

    def __str__(self) -> str:
        """The field, then the problem."""
        return f"{self.at.removeprefix('.') or 'the file'}: {self.problem}"


@contextmanager
def inside(at: str) -> Iterator[None]:
    """What is wrong in the block is wrong in this field."""
    try:
        yield
    except Unfit as error:
        raise Unfit(error.problem, f"{at}{error.at}") from error


def read_object(content: bytes) -> dict[str, Any]:
    """The object of a JSON file.

    Raises:
        Unfit: it is none, a key stands twice, it is nested too deeply, a number is not finite, or a
            text cannot be written again.
    """
    try:
        value = json.loads(
            content.decode("utf-8-sig"), parse_int=_whole, object_pairs_hook=_without_twins
        )
    except Unfit:
        raise
    except RecursionError as error:
        raise Unfit("is nested too deeply") from error
    except ValueError as error:
        raise Unfit(f"is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise Unfit(f"{shown(value)} is no object")
    require_plain(value)
    return value


def require_plain(value: Any) -> None:
    """Raise `Unfit` unless all numbers are finite, and all texts can be written."""
    rest: list[tuple[Any, str, int]] = [(value, "", 0)]
    while rest:
        one, at, depth = rest.pop()
        if depth > MAX_DEPTH:
            raise Unfit("is nested too deeply", at[: 10 * SHOWN])
        if isinstance(one, float) and not math.isfinite(one):
            raise Unfit(f"{one} is no finite number", at)
        if isinstance(one, str) and not _can_be_written(one):
            raise Unfit(f"{shown(one)} is no text", at)
        if isinstance(one, Mapping):
            if not all(map(_can_be_written, one)):
                raise Unfit("a key is no text", at)
            rest += [(inner, f"{at}.{key}", depth + 1) for key, inner in one.items()]
        elif isinstance(one, list | tuple):
            rest += [(inner, f"{at}[{index}]", depth + 1) for index, inner in enumerate(one)]


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= DIGITS else math.inf


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Unfit(f"the key {shown(key)} stands twice")
        found[key] = value
    return found


def _can_be_written(text: str) -> bool:
    """Whether it is without lone surrogates."""
    return not any("\ud800" <= one <= "\udfff" for one in text)


def shown(value: Any) -> str:
    """A value in an error, cut."""
    text = ascii(value) if isinstance(value, str | int | float | None) else type(value).__name__
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def take(content: Mapping[str, Any], key: str, check: Check, default: Any = MISSING) -> Any:
    """A field of an object, checked; `default` where it is not there.

    Raises:
        Unfit: it cannot be, or is not there and has no default.
    """
    if key not in content:
        if default is MISSING:
            raise Unfit("is missing", f".{key}")
        return default
    with inside(f".{key}"):
        return check(content[key])


def an_object(value: Any) -> dict[str, Any]:
    """An object, as it is."""
    if not isinstance(value, dict):
        raise Unfit(f"{shown(value)} is no object")
    return value


def a_list(check: Check, most: int = 10_000) -> Check:
    """A list, all of whose values pass a check; a tuple of them."""

    def checked(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) > most:
            raise Unfit(f"{shown(value)} is no list of at most {most:,} values")
        found = []
        for index, one in enumerate(value):
            with inside(f"[{index}]"):
                found.append(check(one))
        return tuple(found)

    return checked


def a_table(check: Check, most: int = 1000) -> Check:
    """An object, all of whose keys are names and whose values pass a check."""

    def checked(value: Any) -> dict[str, Any]:
        found = {}
        if len(an_object(value)) > most:
            raise Unfit(f"it has more than {most:,} keys")
        for key, one in value.items():
            with inside(f".{key[:SHOWN]}"):
                a_name(key)
                found[key] = check(one)
        return found

    return checked


def a_name(value: Any) -> str:
    """A name that can be a part of a file's: no separator, no `..`, nothing that is not seen."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME:
        raise Unfit(f"{shown(value)} is no name")
    if CONTROL.search(value) or set("/\\:") & {*value} or value.strip(" .") != value:
        raise Unfit(f"{shown(value)} cannot be a part of a file's name")
    return value


def a_file(value: Any) -> str:
    """A path below the folder, with slashes."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_PATH:
        raise Unfit(f"{shown(value)} is no name of a file")
    for part in value.split("/"):
        try:
            a_name(part)
        except Unfit as error:
            raise Unfit(f"{shown(value)} is no path of a file below the folder") from error
    return value


def a_sha256(value: Any) -> str:
    """64 hex digits."""
    if not isinstance(value, str) or not HEX_64.fullmatch(value):
        raise Unfit(f"{shown(value)} is no sha256 of 64 hex digits")
    return value


def a_whole_number(least: int, most: int) -> Check:
    """A whole number in a range, its ends included."""

    def checked(value: Any) -> int:
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or not least <= value <= most:
            raise Unfit(f"{shown(value)} is no whole number from {least:,} to {most:,}")
        return value

    return checked


def a_number(least: float, most: float) -> Check:
    """A finite number in a range, its ends included."""

    def checked(value: Any) -> float:
        known = isinstance(value, int | float) and not isinstance(value, bool)
        if not known or not least <= value <= most:
            raise Unfit(f"{shown(value)} is no number from {least:g} to {most:g}")
        return value

    return checked


def a_truth(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise Unfit(f"{shown(value)} is neither true nor false")
    return value


def or_none(check: Check) -> Check:
    """What passes a check, or null."""
    return lambda value: None if value is None else check(value)
