"""AVIFs and HEICs whose boxes lie: sizes, nesting, names, extents."""

import struct
from random import Random

from tests.fuzz.mutators import blind

CONTAINERS = (b"meta", b"iprp", b"ipco", b"dinf", b"iinf", b"iref", b"moov", b"trak", b"mdia",
              b"minf", b"stbl", b"edts")  # fmt: skip
SKIPPED = {b"meta": 4, b"iinf": 6, b"iref": 4}  # bytes between a container's head and its boxes

Box = tuple[int, int, bytes]  # start, end, name


def boxes(content: bytes, start: int = 0, end: int | None = None, depth: int = 0) -> list[Box]:
    """All boxes of a file, the outer ones first."""
    found: list[Box] = []
    end = len(content) if end is None else end
    while start + 8 <= end and depth < 9:
        size, name = struct.unpack_from(">I4s", content, start)
        stop = end if size == 0 else start + size
        if size == 1 or stop > end or stop < start + 8:
            break
        found.append((start, stop, name))
        if name in CONTAINERS:
            found += boxes(content, start + 8 + SKIPPED.get(name, 0), stop, depth + 1)
        start = stop
    return found


def sizes(content: bytes, random: Random) -> bytes:
    """Boxes that claim another length: none, a long one, that of their neighbour."""
    made = bytearray(content)
    for _ in range(random.randint(1, 2)):
        start, end, _ = random.choice(boxes(content))
        near = end - start + random.choice([-8, -4, -1, 1, 8, 1000])
        size = random.choice([0, 1, 7, 8, near, blind.odd_number(random, 4)])
        struct.pack_into(">I", made, start, size & 0xFFFFFFFF)
    return bytes(made)


def names(content: bytes, random: Random) -> bytes:
    """Boxes that are called as others, or as none."""
    made, found = bytearray(content), boxes(content)
    start = random.choice(found)[0]
    others = [name for *_, name in found]
    brands = [b"heic", b"avif", b"avis", b"mif1", b"msf1", b"heix", b"free", b"moov", b"grid"]
    made[start + 4 : start + 8] = random.choice([*others, *brands, random.randbytes(4)])
    return bytes(made)


def bodies(content: bytes, random: Random) -> bytes:
    """Numbers within a small box: extents, properties, references, sizes in px."""
    small = [(a, b, name) for a, b, name in boxes(content) if 8 < b - a < 400]
    made = bytearray(content)
    for _ in range(random.randint(1, 3)):
        start, end, _ = random.choice(small)
        made[start + 8 : end] = blind.number(bytes(made[start + 8 : end]), random)
    return bytes(made)


def extents(content: bytes, random: Random) -> bytes:
    """Items that lie elsewhere in the file, or outside it."""
    return _in_box(content, random, b"iloc")


def properties(content: bytes, random: Random) -> bytes:
    """Sizes, turns, crops and codecs that are not true."""
    kinds = [
        b"ispe",
        b"irot",
        b"imir",
        b"clap",
        b"pixi",
        b"hvcC",
        b"av1C",
        b"colr",
        b"auxC",
        b"ipma",
    ]
    return _in_box(content, random, *kinds)


def moved(content: bytes, random: Random) -> bytes:
    """Boxes left out, doubled or exchanged; the sizes around them stay as they were."""
    start, end, _ = random.choice(boxes(content))
    box = content[start:end]
    return random.choice(
        [
            content[:start] + content[end:],
            content[:end] + box + content[end:],
            content[:start] + box * 30 + content[end:],
            content[:start] + content[end:] + box,
        ]
    )


def nested(content: bytes, random: Random) -> bytes:
    """Boxes in boxes in boxes."""
    name = random.choice([b"meta", b"moov", b"trak", b"ipco", b"iprp", b"iinf", b"free", b"mdat"])
    made, filling = b"", bytes(SKIPPED.get(name, 0))
    for _ in range(random.choice([5, 100, 2000])):
        made = struct.pack(">I4s", len(made) + 8 + len(filling), name) + filling + made
    top = [(a, b) for a, b, _ in boxes(content)]
    at = random.choice(top)[1]
    return content[:at] + made + content[at:]


def _in_box(content: bytes, random: Random, *names: bytes) -> bytes:
    """Odd numbers in one of the boxes of these names."""
    found = [box for box in boxes(content) if box[2] in names] or boxes(content)
    start, end, _ = random.choice(found)
    body = bytearray(content[start + 8 : end])
    for _ in range(random.randint(1, 3)):
        size = random.choice([1, 2, 4])
        if len(body) >= size:
            at = random.randrange(len(body) - size + 1)
            body[at : at + size] = blind.odd_number(random, size).to_bytes(size, "big")
    return content[: start + 8] + bytes(body) + content[end:]


BOXES = {
    "box-sizes": sizes,
    "box-names": names,
    "box-bodies": bodies,
    "box-extents": extents,
    "box-properties": properties,
    "box-moved": moved,
    "box-nested": nested,
}
