"""Names that a caller gives: found in a list, or refused with the nearest one."""

import difflib
from collections.abc import Sequence

from basics.errors import ConfigError

LONGEST_SHOWN = 80  # characters of what somebody gave
RESERVED = ("all", "universal")  # words that commands and tables use beside the categories

MEANT = {  # words that people use -> the category that holds such photos
    **dict.fromkeys(("cat", "horse", "cow", "sheep", "lion", "elephant", "pet"), "animal"),
    **dict.fromkeys(("puppy", "hound"), "dog"),
    **dict.fromkeys(("portrait", "people", "man", "woman", "child", "face", "family"), "person"),
    **dict.fromkeys(("sea", "ocean", "coast", "shore"), "beach"),
    **dict.fromkeys(("street", "highway", "path", "car"), "road"),
    **dict.fromkeys(("town", "skyline", "building"), "city"),
    **dict.fromkeys(("home", "cottage", "church"), "house"),
    **dict.fromkeys(("tree", "trees", "wood", "woods"), "forest"),
    **dict.fromkeys(("garden", "rose", "tulip"), "flower"),
    **dict.fromkeys(("field", "meadow", "countryside", "lake"), "landscape"),
    **dict.fromkeys(("hill", "alps", "snow"), "mountain"),
    **dict.fromkeys(("clothes", "wedding", "fashion"), "dress"),
    **dict.fromkeys(("sunrise", "sky", "dusk"), "sunset"),
    **dict.fromkeys(("meal", "cake"), "food"),
    **dict.fromkeys(("fall",), "autumn"),
}


def require_name(name: str, known: Sequence[str], *, what: str, where: object) -> str:
    """Return `name` if it is one of `known`, else raise `ConfigError` with the nearest one."""
    if name in known:
        return name
    word = name[:LONGEST_SHOWN] if isinstance(name, str) else ""  # Python lets anything be given
    meant = MEANT.get(word.lower())
    near = [meant] if meant in known else difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    fix = f"choose one of: {', '.join(known)}"
    raise ConfigError(f"unknown {what} {shown(name)}{hint}", where, fix)


def shown(value: object) -> str:
    """What somebody gave, as an error shows it: not at any length."""
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."
