"""What is done to a file that is a list of parts, whatever they are called in its format."""

from collections.abc import Callable, MutableSequence
from dataclasses import dataclass, replace
from random import Random

from tests.fuzz.mutators import blind


@dataclass(frozen=True)
class Part:
    """A segment, chunk or box.

    Attributes:
        kind: its name, as bytes.
        body: what is in it.
        claimed: the length that it says it has; None says the truth.
    """

    kind: bytes
    body: bytes
    claimed: int | None = None


Parts = MutableSequence[Part]


def damage(parts: Parts, random: Random) -> None:
    """Do one to three things to the list."""
    for _ in range(random.choice([1, 1, 2, 3])):
        if parts:
            random.choice(DAMAGES)(parts, random)


def damaging(
    split: Callable[[bytes], list[Part]], join: Callable[[list[Part]], bytes]
) -> Callable[[bytes, Random], bytes]:
    """Parts doubled, moved, renamed, left out, or of a wrong length, in a format's own way."""

    def damaged(content: bytes, random: Random) -> bytes:
        parts = split(content)
        damage(parts, random)
        return join(parts)

    return damaged


def double(parts: Parts, random: Random) -> None:
    """Say a part again, perhaps many times."""
    at = random.randrange(len(parts))
    parts[at:at] = [parts[at]] * random.choice([1, 2, 50])


def drop(parts: Parts, random: Random) -> None:
    """Leave a part out."""
    del parts[random.randrange(len(parts))]


def move(parts: Parts, random: Random) -> None:
    """Put a part elsewhere."""
    part = parts.pop(random.randrange(len(parts)))
    parts.insert(random.randrange(len(parts) + 1), part)


def lie(parts: Parts, random: Random) -> None:
    """Let a part claim another length."""
    at = random.randrange(len(parts))
    true = len(parts[at].body)
    near = max(0, true + random.choice([-8, -1, 1, 2, 100]))
    parts[at] = replace(parts[at], claimed=random.choice([near, blind.odd_number(random, 4)]))


def rename(parts: Parts, random: Random) -> None:
    """Call a part as another one is called, or as none is."""
    at = random.randrange(len(parts))
    kind = random.choice([random.choice(parts).kind, random.randbytes(len(parts[at].kind))])
    parts[at] = replace(parts[at], kind=kind)


def spoil(parts: Parts, random: Random) -> None:
    """Change what is in a part."""
    at = random.randrange(len(parts))
    change = random.choice([blind.bits, blind.run, blind.number, blind.cut, blind.repeated])
    body = change(parts[at].body, random) if parts[at].body else random.randbytes(9)
    parts[at] = replace(parts[at], body=body)


def empty(parts: Parts, random: Random) -> None:
    """Leave a part without anything in it."""
    at = random.randrange(len(parts))
    parts[at] = replace(parts[at], body=b"")


DAMAGES: tuple[Callable[[Parts, Random], None], ...] = (
    double, drop, move, lie, rename, spoil, spoil, spoil, empty,
)  # fmt: skip
