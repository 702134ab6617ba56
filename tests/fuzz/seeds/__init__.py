"""Small sound photos of every format that is read, drawn by the project, to be damaged."""

from collections.abc import Mapping
from functools import cache

from tests.fuzz.seeds import films, jpegs, pngs, tiffs

FORMATS = ("avif", "gif", "heic", "jpg", "png", "tif", "webp")


@cache
def seeds() -> Mapping[str, bytes]:
    """File name -> content, sorted by name; the suffix tells the format."""
    made = {**jpegs.photos(), **pngs.photos(), **tiffs.photos(), **films.photos()}
    return dict(sorted(made.items()))


def seeds_of(formats: tuple[str, ...]) -> dict[str, bytes]:
    """Those of some of `FORMATS`."""
    return {name: content for name, content in seeds().items() if name.split(".")[-1] in formats}
