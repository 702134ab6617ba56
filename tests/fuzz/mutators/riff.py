"""WebPs whose chunks lie."""

import struct
from random import Random

from tests.fuzz.mutators import blind, lists
from tests.fuzz.mutators.lists import Part


def chunks(content: bytes) -> list[Part]:
    """The chunks of a WebP."""
    parts, at = [], 12
    while at + 8 <= len(content):
        kind, size = struct.unpack_from("<4sI", content, at)
        parts.append(Part(kind, content[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    return parts


def joined(parts: list[Part], claimed: int | None = None) -> bytes:
    """The WebP of chunks; the file may claim another length, too."""
    made = b"".join(
        part.kind
        + struct.pack("<I", len(part.body) if part.claimed is None else part.claimed & 0xFFFFFFFF)
        + part.body
        + bytes(len(part.body) % 2)
        for part in parts
    )
    size = len(made) + 4 if claimed is None else claimed
    return b"RIFF" + struct.pack("<I", size & 0xFFFFFFFF) + b"WEBP" + made


parts = lists.damaging(chunks, joined)


def sizes(content: bytes, random: Random) -> bytes:
    """A file that claims another length."""
    return joined(
        chunks(content), random.choice([0, 4, 12, len(content), blind.odd_number(random, 4)])
    )


def extended(content: bytes, random: Random) -> bytes:
    """A header of features that the file does not have, of any canvas."""
    found = [one for one in chunks(content) if one.kind != b"VP8X"]
    canvas = b"".join(
        random.choice([1, 47, 48, 16_383, 0xFFFFFF, 35]).to_bytes(3, "little") for _ in range(2)
    )
    flags = bytes([random.randrange(256), 0, 0, 0])
    more = [b"ALPH", b"ANIM", b"ANMF", b"ICCP", b"EXIF", b"XMP ", b"????"]
    for _ in range(random.randint(0, 3)):
        body = random.randbytes(random.choice([0, 1, 6, 16, 24, 200]))
        found.insert(random.randrange(len(found) + 1), Part(random.choice(more), body))
    return joined([Part(b"VP8X", flags + canvas), *found])


def bitstream(content: bytes, random: Random) -> bytes:
    """Another size, version or partition in the first bytes of a frame."""
    found = chunks(content)
    at = random.choice(
        [i for i, one in enumerate(found) if one.kind in (b"VP8 ", b"VP8L", b"ANMF")]
    )
    body = bytearray(found[at].body)
    for _ in range(random.randint(1, 4)):
        body[random.randrange(min(len(body), 40))] = random.randrange(256)
    found[at] = Part(found[at].kind, bytes(body))
    return joined(found)


WEBP = {
    "webp-parts": parts,
    "webp-sizes": sizes,
    "webp-extended": extended,
    "webp-bitstream": bitstream,
}
