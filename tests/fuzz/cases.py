"""The files of a run: the same for the same seed and number, whatever else is run."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.fuzz.mutators import BLIND, BOMBS, STRUCTURED, metadata
from tests.fuzz.mutators.blind import splice
from tests.fuzz.seeds import FORMATS, seeds_of
from tests.fuzz.seeds.drawn import HEIGHT, WIDTH

# share of each family; those that know the structure get further into the readers
FAMILIES = {"structure": 46, "blind": 24, "metadata": 18, "splice": 4, "bomb": 4, "shape": 4}
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".gif", ".avif", ".heic", ".heif")
SOUND_PIXELS = ("jpg", "png", "webp")  # formats whose metadata can be spoilt without them
WRONG_SUFFIX = 0.06  # share of the files that are called as another format


@dataclass(frozen=True, kw_only=True)
class Case:
    """A file that somebody could send.

    Attributes:
        number: of the run, from 0.
        name: of the file; it tells what was done to what.
        content: None for what is no regular file.
        make: puts it at a path.
        is_bomb: whether it claims more than the default bounds allow.
        sides: px of its sides in either order, where its pixels are sound; else nothing.
    """

    number: int
    name: str
    content: bytes | None
    make: Callable[[Path], None]
    is_bomb: bool = False
    sides: tuple[int, ...] = ()


def case(seed: int, number: int, formats: Sequence[str] = FORMATS) -> Case:
    """The file of this number."""
    random = Random(f"{seed} {number}")
    family = random.choices(list(FAMILIES), list(FAMILIES.values()))[0]
    if family == "shape":
        return _shape(number, random)
    how = family
    if family == "bomb":
        how = random.choice([one for one, (_, its) in BOMBS.items() if set(its) & set(formats)])
        formats = [one for one in BOMBS[how][1] if one in formats]
    format_ = random.choice(list(formats))
    name, content = random.choice(list(seeds_of((format_,)).items()))
    if family == "structure":
        how = random.choice(list(STRUCTURED[format_]))
        made = STRUCTURED[format_][how](content, random)
    elif family == "blind":
        how = random.choice(list(BLIND))
        made = BLIND[how](content, random)
    elif family == "metadata" and format_ in metadata.WEARS:
        made = metadata.dressed(content, format_, random)
    elif family == "bomb":
        made = BOMBS[how][0](content, format_, random)
    else:
        how, (_, other) = "splice", random.choice(list(seeds_of(tuple(formats)).items()))
        made = splice(content, other, random)
    suffix = random.choice(SUFFIXES) if random.random() < WRONG_SUFFIX else f".{format_}"
    full = f"{number:06d}-{how}-{name.replace('.', '_')}{suffix}"
    return Case(
        number=number, name=full, content=made, make=lambda path: _write(path, made),
        is_bomb=family == "bomb",
        sides=(WIDTH, HEIGHT) if how == "metadata" and format_ in SOUND_PIXELS else (),
    )  # fmt: skip


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _shape(number: int, random: Random) -> Case:
    """Something with the name of a photo that is none."""
    how = random.choice(list(SHAPES))
    name = f"{number:06d}-{how}{random.choice(SUFFIXES)}"
    return Case(number=number, name=name, content=None, make=SHAPES[how])


def _locked(path: Path) -> None:
    _write(path, seeds_of(("png",))["gray.png"])
    path.chmod(0)


SHAPES: dict[str, Callable[[Path], None]] = {
    "empty": lambda path: _write(path, b""),
    "zeros": lambda path: _write(path, bytes(100_000)),
    "text": lambda path: _write(path, b"no photo\n" * 99),
    "folder": lambda path: path.mkdir(),
    "dangling": lambda path: path.symlink_to(path.with_name("nowhere.jpg")),
    "self": lambda path: path.symlink_to(path),
    "locked": _locked,
}
if hasattr(os, "mkfifo"):
    SHAPES["pipe"] = os.mkfifo
