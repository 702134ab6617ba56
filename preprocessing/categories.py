"""The twenty categories of the paper, and checks of a category's name."""

import re
from collections.abc import Sequence

from basics.errors import ConfigError
from basics.names import RESERVED, require_name

CATEGORIES = (  # section III, in the paper's order
    "animal",
    "autumn",
    "beach",
    "bird",
    "bus",
    "christmas",
    "city",
    "dog",
    "dress",
    "flower",
    "food",
    "forest",
    "fruit",
    "house",
    "landscape",
    "mountain",
    "person",
    "road",
    "sunset",
    "waterfall",
)

ANY = "any"  # the folder of photos without a category: for training, and no category itself


def require_category(
    name: str, known: Sequence[str] = CATEGORIES, *, where: object = "category"
) -> str:
    """Return `name` if it is one of `known`.

    Raises:
        ConfigError: it is not; the message offers the nearest name and the whole list.
    """
    return require_name(name, known, what="category", where=where)


def category_name(word: str, *, where: object = "CATEGORY") -> str:
    """A search word as the name of a category and of its folder: "Old Castle" -> "old-castle".

    Raises:
        ConfigError: it is empty, reserved, or holds what a folder's name should not.
    """
    name, taken = "-".join(word.lower().split()), (*RESERVED, ANY)
    if not re.fullmatch(r"\w[\w-]*", name) or len(name) > 60 or name in taken:
        raise ConfigError(
            f"{word!r} cannot be a category",
            where,
            f"give a word of letters, digits and hyphens that is not {' or '.join(taken)}",
        )
    return name
