"""Names that a caller gives: found in a list, or refused with the nearest one."""

import difflib
from collections.abc import Sequence

from basics.errors import ConfigError

RESERVED = ("all", "universal")  # words that commands and tables use beside the categories


def require_name(name: str, known: Sequence[str], *, what: str, where: object) -> str:
    """Return `name` if it is one of `known`, else raise `ConfigError` with the nearest one."""
    if name in known:
        return name
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ConfigError(f"unknown {what} {name!r}{hint}", where, f"choose one of: {', '.join(known)}")
