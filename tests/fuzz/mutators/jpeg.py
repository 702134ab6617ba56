"""JPEGs whose segments lie."""

import struct
from random import Random

from tests.fuzz.mutators import blind, lists
from tests.fuzz.mutators.lists import Part

SCAN, END = 0xDA, 0xD9
FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive
MOST_BODY = 65_533  # bytes


def segments(content: bytes) -> list[Part]:
    """The segments of a JPEG behind its first marker; the last one is the scans, as they are."""
    parts, at = [], 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        kind = content[at + 1]
        if kind == SCAN:
            break
        size = struct.unpack_from(">H", content, at + 2)[0]
        parts.append(Part(bytes([kind]), content[at + 4 : at + 2 + size]))
        at += 2 + size
    return [*parts, Part(b"", content[at:])]


def joined(parts: list[Part]) -> bytes:
    """The JPEG of segments."""
    made = [b"\xff\xd8"]
    for part in parts:
        body = part.body
        if part.kind:
            size = len(body) if part.claimed is None else part.claimed
            made.append(b"\xff" + part.kind[:1] + struct.pack(">H", (size + 2) & 0xFFFF))
            body = body[:MOST_BODY]
        made.append(body)
    return b"".join(made)


parts = lists.damaging(segments, joined)


def frame(content: bytes, random: Random) -> bytes:
    """Another size, depth, number of components or sampling than is true."""
    found = segments(content)
    for at, part in enumerate(found):
        if part.kind and part.kind[0] in FRAMES:
            body = bytearray(part.body)
            for _ in range(random.randint(1, 3)):
                where = random.randrange(len(body))
                body[where] = random.choice([0, 1, 2, 4, 8, 12, 16, 0x11, 0x44, 0xFF])
            kind = random.choice([part.kind, part.kind, bytes([random.randint(0xC0, 0xCF)])])
            found[at] = Part(kind, bytes(body))
    return joined(found)


def scans(content: bytes, random: Random) -> bytes:
    """Markers, restarts and further scans within the compressed data."""
    found = segments(content)
    body = found[-1].body
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(body) + 1)
        marker = bytes(
            [0xFF, random.choice([0x00, 0xD0, 0xD7, 0xD8, 0xD9, 0xC4, 0xDA, 0xDD, 0xFF])]
        )
        body = body[:at] + marker + body[at:]
    if random.random() < 0.2:
        body = body.removesuffix(b"\xff\xd9") + body * random.choice([1, 5])
    found[-1] = Part(b"", body)
    return joined(found)


def applied(content: bytes, random: Random) -> bytes:
    """Segments of programs and makers with anything in them."""
    found = segments(content)
    marks = [
        b"JFIF\0", b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0\1\2",
        b"Photoshop 3.0\x008BIM", b"Adobe\0", b"MPF\0MM\0*", b"http://ns.adobe.com/xmp/extension/\0",
        b"urn:iso:std:iso:ts:21496:-1\0", b"",
    ]  # fmt: skip
    for _ in range(random.randint(1, 5)):
        body = random.choice(marks) + random.randbytes(random.choice([0, 1, 30, 3000]))
        kind = bytes([random.choice([*range(0xE0, 0xF0), 0xFE])])
        found.insert(random.randrange(len(found)), Part(kind, body))
    return joined(found)


def many_scans(content: bytes, random: Random) -> bytes:
    """A progressive photo whose last scan comes a thousand times."""
    start = content.rfind(b"\xff\xda")
    scan = content[start:].removesuffix(b"\xff\xd9")
    times = random.choice([20, 1000])
    return content[:start] + scan * times + b"\xff\xd9"


def numbers(content: bytes, random: Random) -> bytes:
    """Odd numbers in the tables and headers before the scans."""
    found = segments(content)
    at = random.randrange(len(found))
    found[at] = Part(found[at].kind, blind.number(found[at].body, random))
    return joined(found)


JPEG = {
    "jpeg-parts": parts,
    "jpeg-frame": frame,
    "jpeg-scans": scans,
    "jpeg-applied": applied,
    "jpeg-many-scans": many_scans,
    "jpeg-numbers": numbers,
}
