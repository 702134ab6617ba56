"""Damage that knows nothing of the format: bits, runs of bytes, cuts, insertions, splices."""

from collections.abc import Callable
from random import Random

ODD_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
LONGEST_RUN = 4096  # bytes

Blind = Callable[[bytes, Random], bytes]


def odd_number(random: Random, size: int) -> int:
    """A number of `size` bytes at the edge of a type, or any."""
    largest = (1 << 8 * size) - 1
    if random.random() < 0.5:
        return random.choice(ODD_NUMBERS) & largest
    return random.choice([random.randint(0, largest), random.randint(0, 300) & largest])


def bits(content: bytes, random: Random) -> bytes:
    """Flip 1 to 64 bits."""
    made = bytearray(content)
    for _ in range(random.choice([1, 2, 4, 8, 64]) if made else 0):
        made[random.randrange(len(made))] ^= 1 << random.randrange(8)
    return bytes(made)


def run(content: bytes, random: Random) -> bytes:
    """Overwrite a run of bytes with zeros, ones, or noise."""
    start, end = _span(content, random)
    made = random.choice(
        [bytes(end - start), b"\xff" * (end - start), random.randbytes(end - start)]
    )
    return content[:start] + made + content[end:]


def number(content: bytes, random: Random) -> bytes:
    """Overwrite one to four whole numbers, most of them in the first bytes."""
    made = bytearray(content)
    for _ in range(random.randint(1, 4)):
        size = random.choice([1, 2, 4, 8])
        end = min(len(made), random.choice([64, 256, len(made)])) - size
        if end > 0:
            at = random.randrange(end)
            raw = odd_number(random, size).to_bytes(size, "big")
            made[at : at + size] = random.choice([raw, raw[::-1]])
    return bytes(made)


def cut(content: bytes, random: Random) -> bytes:
    """Leave out the end."""
    return content[: random.randrange(len(content) + 1)]


def headless(content: bytes, random: Random) -> bytes:
    """Leave out the beginning."""
    return content[random.randrange(1, min(len(content), 64)) :]


def inserted(content: bytes, random: Random) -> bytes:
    """Put bytes in between."""
    at = random.randrange(len(content) + 1)
    size = random.choice([1, 2, 16, 500])
    return content[:at] + random.choice([bytes(size), random.randbytes(size)]) + content[at:]


def removed(content: bytes, random: Random) -> bytes:
    """Leave out bytes in between."""
    start, end = _span(content, random)
    return content[:start] + content[end:]


def repeated(content: bytes, random: Random) -> bytes:
    """Say a part of it several times."""
    start, end = _span(content, random)
    return content[:end] + content[start:end] * random.choice([1, 3, 20]) + content[end:]


def swapped(content: bytes, random: Random) -> bytes:
    """Exchange two neighbouring parts."""
    a, b, c = sorted(random.randrange(len(content) + 1) for _ in range(3))
    return content[:a] + content[b:c] + content[a:b] + content[c:]


def trailing(content: bytes, random: Random) -> bytes:
    """Put something behind its end."""
    return content + random.choice([bytes(9999), random.randbytes(999), b"PK\3\4", b"<svg/>"])


def noise(content: bytes, random: Random) -> bytes:
    """Nothing but noise behind a true beginning."""
    kept = random.choice([4, 8, 12, 16, 32])
    return content[:kept] + random.randbytes(random.choice([0, 10, 1000]))


def splice(one: bytes, other: bytes, random: Random) -> bytes:
    """The beginning of one file and the end of another."""
    return one[: random.randrange(len(one) + 1)] + other[random.randrange(len(other) + 1) :]


def _span(content: bytes, random: Random) -> tuple[int, int]:
    """A part of it: start, end."""
    start = random.randrange(len(content) + 1)
    size = random.choice([1, 4, 16, 64, 256, LONGEST_RUN])
    return start, min(len(content), start + random.randint(1, size))


BLIND: dict[str, Blind] = {
    "bits": bits,
    "run": run,
    "number": number,
    "cut": cut,
    "headless": headless,
    "inserted": inserted,
    "removed": removed,
    "repeated": repeated,
    "swapped": swapped,
    "trailing": trailing,
    "noise": noise,
}
