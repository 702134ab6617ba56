"""TIFFs and EXIF blocks whose directories lie: tags, types, counts, offsets, rings."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.fuzz.mutators import blind

SUB = (330, 34665, 34853, 40965)  # tags that refer to directories
TYPES = (0, 1, 2, 3, 4, 5, 7, 11, 12, 13, 16, 18, 255)
DEPTHS = (0, 1, 3, 5, 7, 9, 10, 12, 14, 15, 24, 32, 64, 0xFFFF)
# tag -> values that some reader has stumbled over; TIFF 6 names the tags
VALUES = {
    256: (0, 1, 47, 49, 65_535, 100_000, 0xFFFFFFFF),  # width
    257: (0, 1, 35, 37, 65_535, 100_000, 0xFFFFFFFF),  # height
    258: DEPTHS,
    259: (0, 1, 2, 3, 4, 5, 6, 7, 8, 32773, 34676, 34712, 34925, 50000, 50001, 50002, 65_535),
    262: (0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 32803, 32845, 34892),  # photometric
    254: (0, 1, 2, 4),
    266: (1, 2),
    273: (0, 1, 8, 0x7FFFFFFF, 0xFFFFFFFF),  # strips' offsets
    274: (0, 1, 5, 6, 8, 9, 65_535),  # orientation
    277: (0, 1, 2, 3, 4, 5, 100, 65_535),  # samples per pixel
    278: (0, 1, 5, 0xFFFFFFFF),  # rows per strip
    279: (0, 1, 0x7FFFFFFF, 0xFFFFFFFF),  # strips' lengths
    284: (0, 1, 2, 3),  # planes
    317: (0, 1, 2, 3, 9),  # predictor
    322: (0, 1, 15, 16, 17, 4096, 0x7FFFFFFF),  # tiles
    323: (0, 1, 15, 16, 17, 4096, 0x7FFFFFFF),
    338: (0, 1, 2, 3),
    339: (1, 2, 3, 4, 5, 6),  # sample format
    529: (0,), 530: (0, 1, 2, 4), 531: (0, 1, 2),  # YCbCr
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """Where an entry of a directory lies: its first byte."""

    at: int
    tag: int


class Directory:
    """A directory of a classic TIFF or an EXIF block, to be changed in place."""

    def __init__(self, content: bytes, at: int | None = None) -> None:
        """Look at the directory at an offset, by default the first one."""
        self.content = bytearray(content)
        self.order = "<" if content[:2] == b"II" else ">"
        self.at = self.number("I", 4) if at is None else at
        count = self.number("H", self.at)
        self.entries = [
            Entry(place, self.number("H", place))
            for place in range(self.at + 2, self.at + 2 + 12 * count, 12)
        ]
        self.end = self.at + 2 + 12 * count  # where the next directory's offset stands

    def number(self, kind: str, at: int) -> int:
        """A number of the file."""
        return struct.unpack_from(self.order + kind, self.content, at)[0]

    def put(self, kind: str, at: int, value: int) -> None:
        """Overwrite one."""
        size = struct.calcsize(kind)
        struct.pack_into(self.order + kind, self.content, at, value & ((1 << 8 * size) - 1))

    def put_value(self, entry: Entry, value: int) -> None:
        """Overwrite an entry's value, of its own type, or as an offset."""
        self.put("H" if self.number("H", entry.at + 2) == 3 else "I", entry.at + 8, value)


def directories(content: bytes) -> list[Directory]:
    """The first directory, and those that it refers to; none if the block is of another kind."""
    try:
        first = Directory(content)
        refers = [one for one in first.entries if one.tag in SUB]
        subs = [Directory(content, first.number("I", one.at + 8)) for one in refers]
    except (struct.error, IndexError):
        return []
    return [one for one in (first, *subs) if 0 < len(one.entries) < 200 and one.end < len(content)]


def values(content: bytes, random: Random) -> bytes:
    """Values that some reader has stumbled over."""
    return _changed(content, random, _value)


def entries(content: bytes, random: Random) -> bytes:
    """Entries of another tag, type, count or value."""
    return _changed(content, random, _entry)


def rings(content: bytes, random: Random) -> bytes:
    """Directories that come after themselves, or lie within themselves."""
    return _changed(content, random, _ring)


def offsets(content: bytes, random: Random) -> bytes:
    """Offsets that point beyond the end, before the start, or into the header."""
    return _changed(content, random, _offset)


def repeats(content: bytes, random: Random) -> bytes:
    """The same tag several times, or in no order."""
    return _changed(content, random, _repeat)


def _changed(content: bytes, random: Random, change: Callable[[Directory, Random], None]) -> bytes:
    for _ in range(random.choice([1, 1, 2, 4])):
        found = directories(content)
        if not found:
            return blind.number(content, random)
        one = random.choice(found)
        change(one, random)
        content = bytes(one.content)
    return content


def _value(one: Directory, random: Random) -> None:
    known = [entry for entry in one.entries if entry.tag in VALUES] or one.entries
    entry = random.choice(known)
    one.put_value(entry, random.choice(VALUES.get(entry.tag, blind.ODD_NUMBERS)))


def _entry(one: Directory, random: Random) -> None:
    entry = random.choice(one.entries)
    field = random.randrange(4)
    if field == 0:
        tags = [*VALUES, *SUB, 700, 33723, 34377, 34675, 37500, 50341, random.randrange(65_536)]
        one.put("H", entry.at, random.choice(tags))
    elif field == 1:
        one.put("H", entry.at + 2, random.choice(TYPES))
    elif field == 2:
        one.put("I", entry.at + 4, random.choice([0, 1, 2, 100, blind.odd_number(random, 4)]))
    else:
        one.put("I", entry.at + 8, blind.odd_number(random, 4))


def _ring(one: Directory, random: Random) -> None:
    first = one.number("I", 4)
    target = random.choice([one.at, first, one.at + 2, 0, 8, len(one.content) - 2])
    if random.random() < 0.5:
        one.put("I", one.end, target)
        return
    entry = random.choice(one.entries)
    one.put("H", entry.at, random.choice(SUB))
    one.put("H", entry.at + 2, random.choice([4, 13]))
    one.put("I", entry.at + 4, random.choice([1, 1, 2, 1000]))
    one.put("I", entry.at + 8, target)


def _offset(one: Directory, random: Random) -> None:
    size = len(one.content)
    wild = random.choice([0, 1, 4, 8, size - 4, size, size + 1, 0x7FFFFFFF, 0xFFFFFFFF])
    places = [4, one.end, *(entry.at + 8 for entry in one.entries)]
    one.put("I", random.choice(places), wild)


def _repeat(one: Directory, random: Random) -> None:
    a, b = random.choice(one.entries).at, random.choice(one.entries).at
    if random.random() < 0.5:
        one.content[a : a + 12] = one.content[b : b + 12]
    else:
        one.content[a : a + 12], one.content[b : b + 12] = (
            one.content[b : b + 12],
            one.content[a : a + 12],
        )


def many_pages(content: bytes, random: Random) -> bytes:
    """Thousands of directories, each of which leads to the next one."""
    found = directories(content)
    if not found:
        return blind.number(content, random)
    first, times = found[0], random.choice([50, 6000])
    body = bytes(first.content[first.at : first.end])
    made = bytearray(first.content)
    made += bytes(len(made) % 2)
    made[first.end : first.end + 4] = struct.pack(first.order + "I", len(made))
    step = len(body) + 4
    start = len(made)
    for index in range(times):
        following = start + (index + 1) * step if index + 1 < times else 0
        made += body + struct.pack(first.order + "I", following)
    return bytes(made)


def fan_out(depth: int = 20, width: int = 2) -> bytes:
    """An EXIF block whose directories double at each step: 2 kB, a million ways through it."""
    made = bytearray(b"II*\0" + struct.pack("<I", 8))
    step = 2 + width * 12 + 4 + width * 4
    for level in range(depth):
        here = 8 + level * step
        following = here + step if level + 1 < depth else 8
        values_at = here + 2 + width * 12 + 4
        made += struct.pack("<H", width)
        for index in range(width):
            tag = (330, 34665, 34853)[index % 3]
            made += struct.pack("<HHII", tag, 4, 2, values_at)
        made += struct.pack("<I", 0) + struct.pack("<I", following) * width
    return bytes(made)


TIFF = {
    "tiff-values": values,
    "tiff-entries": entries,
    "tiff-rings": rings,
    "tiff-offsets": offsets,
    "tiff-repeats": repeats,
    "tiff-many-pages": many_pages,
}
