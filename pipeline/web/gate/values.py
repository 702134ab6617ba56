"""What a call may put into the page's components: values of their kinds, and a visitor's files."""

import math
import unicodedata
from collections.abc import Collection, Iterator
from typing import Any

from gradio.components import Component

from imaging.formats import READABLE

MOST_DEEP, MOST_VALUES = 12, 10_000  # of one call
MOST_LETTERS = 100_000  # of one text
MOST_NAME = 120  # bytes of a file's name, its suffix left out
KEPT_BY_WINDOWS = {
    "CON",
    "PRN",
    "AUX",
    "NUL",
    *(f"{a}{n}" for a in ("COM", "LPT") for n in range(10)),
}
META = {"_type": "gradio.FileData"}
KINDS: dict[str, tuple[type, ...]] = {
    "integer": (int,), "number": (int, float), "string": (str,), "boolean": (bool,),
}  # fmt: skip


class WrongValueError(ValueError):
    """A component is given what it does not take; says why."""


def is_shallow(value: Any) -> bool:
    """Whether JSON has neither too many values nor too many within each other."""
    level, n = [value], 0
    for _ in range(MOST_DEEP):
        level = [inner for one in level for inner in _within(one)]
        n += len(level)
        if not level or n > MOST_VALUES:
            break
    return not level and n <= MOST_VALUES


def named_files(value: Any) -> Iterator[Any]:
    """What a value from a request names as files: all that is called "path", however deep."""
    values = [value]
    while values:
        value = values.pop()
        if isinstance(value, dict) and "path" in value:
            yield value["path"]
        values += _within(value)


def cleaned(value: Any, uploads: Collection[str]) -> Any:
    """A value with what we understand of each file that it names: the path, and a visitor's name.

    Raises:
        WrongValueError: a file is no upload of the visitor's, or is given by an address or as data.
    """
    if isinstance(value, list):
        return [cleaned(one, uploads) for one in value]
    if isinstance(value, str):
        if value.lstrip()[:5].lower() == "data:" or len(value) > MOST_LETTERS:
            raise WrongValueError("Files are uploaded, not written out.")
        return value
    if not isinstance(value, dict):
        return value
    if "path" not in value:
        if value.get("url"):
            raise WrongValueError("Files are uploaded, not fetched.")
        return {name: cleaned(one, uploads) for name, one in value.items()}
    path, name = value["path"], value.get("orig_name")
    if not isinstance(path, str) or path not in uploads:
        message = "Only files that were uploaded to this page can be used: upload it again."
        raise WrongValueError(message)
    name = safe_name(name) if isinstance(name, str) else None
    return {"path": path, "orig_name": name, "meta": META}


def safe_name(name: str) -> str:
    """What a file may be called here: the name that it came with, but for what a path is made of.

    A suffix that no photo has is left out; so is what Windows keeps for itself.
    """
    plain = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    kept = "".join(one if one.isalnum() or one in " ._-()" else "_" for one in plain)
    stem, dot, end = kept.strip(" .").rpartition(".")
    suffix = f".{end}" if dot and f".{end}".lower() in READABLE else ""
    stem = (stem if suffix else kept.strip(" .").replace(".", "_")).strip(" .")
    stem = stem.encode()[:MOST_NAME].decode(errors="ignore").strip(" .") or "photo"
    if stem.partition(".")[0].upper() in KEPT_BY_WINDOWS:
        stem = f"_{stem}"
    return stem + suffix


def require_kind(component: Component, value: Any) -> None:
    """Check a value by the component's own description.

    Raises:
        WrongValueError: it is of another kind.
    """
    schema = component.api_info()
    kinds = KINDS.get(str(schema.get("type")) if isinstance(schema, dict) else "")
    if kinds is None:
        return
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise WrongValueError(f"{component.label}: not a value that it takes.")
    if isinstance(value, float) and not math.isfinite(value):
        raise WrongValueError(f"{component.label}: not a number.")
    samples = getattr(component, "samples", None)
    if samples is not None and not 0 <= value < len(samples):
        raise WrongValueError(f"{component.label}: there are {len(samples)} to choose from.")


def _within(value: Any) -> list[Any]:
    """The values right within one."""
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list | tuple) else []
