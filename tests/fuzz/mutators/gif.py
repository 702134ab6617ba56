"""GIFs whose blocks lie."""

import struct
from random import Random

from tests.fuzz.mutators import blind

EXTENSION, IMAGE = 0x21, 0x2C


def blocks(content: bytes) -> tuple[bytes, list[bytes]]:
    """Header with its table of colours; then each extension and image with its sub-blocks."""
    start = 13 + (3 << (content[10] & 7) + 1 if content[10] & 0x80 else 0)
    found, at = [], start
    while at < len(content) and content[at] in (EXTENSION, IMAGE):
        begin = at
        if content[at] == EXTENSION:
            at += 2
        else:
            at += 11 + (3 << (content[at + 9] & 7) + 1 if content[at + 9] & 0x80 else 0)
        while at < len(content) and content[at]:
            at += 1 + content[at]
        at += 1
        found.append(content[begin:at])
    return content[:start], found


def parts(content: bytes, random: Random) -> bytes:
    """Blocks doubled, moved, left out or spoilt; the end missing."""
    header, found = blocks(content)
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(found))
        what = random.randrange(4)
        if what == 0:
            found[at:at] = [found[at]] * random.choice([1, 300])
        elif what == 1 and len(found) > 1:
            del found[at]
        elif what == 2:
            found.insert(random.randrange(len(found)), found.pop(at))
        else:
            found[at] = random.choice([blind.bits, blind.number, blind.cut])(found[at], random)
    return header + b"".join(found) + random.choice([b";", b";", b"", b"!"])


def screen(content: bytes, random: Random) -> bytes:
    """Another screen, or another table of colours, than is true."""
    header, found = blocks(content)
    made = bytearray(header)
    at = random.randrange(6, 13)
    made[at] = random.choice([0, 1, 0x70, 0x80, 0x87, 0xF7, 0xFF])
    return bytes(made) + b"".join(found) + b";"


def frames(content: bytes, random: Random) -> bytes:
    """Frames beside the screen, without area, or of another code size."""
    header, found = blocks(content)
    at = random.choice([i for i, one in enumerate(found) if one[0] == IMAGE])
    made = bytearray(found[at])
    if random.random() < 0.7:
        struct.pack_into("<H", made, random.choice([1, 3, 5, 7]), blind.odd_number(random, 2))
    else:
        start = 10 + (3 << (made[9] & 7) + 1 if made[9] & 0x80 else 0)
        made[random.choice([9, start])] = random.choice([0, 1, 2, 8, 12, 13, 0x40, 0xC7, 255])
    found[at] = bytes(made)
    return header + b"".join(found) + b";"


GIF = {"gif-parts": parts, "gif-screen": screen, "gif-frames": frames}
