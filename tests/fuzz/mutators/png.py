"""PNGs whose chunks lie, with right checksums."""

import struct
import zlib
from random import Random

from tests.fuzz.mutators import blind, lists
from tests.fuzz.mutators.lists import Part
from tests.fuzz.seeds.pngs import SIGNATURE

HEADER = struct.Struct(">IIBBBBB")
ODD_CHUNKS = (
    b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"iCCP", b"gAMA", b"cICP", b"cHRM", b"sRGB", b"pHYs",
    b"tIME", b"tRNS", b"PLTE", b"bKGD", b"hIST", b"sBIT", b"sPLT", b"acTL", b"fcTL", b"fdAT",
    b"mDCV", b"cLLI",
)  # fmt: skip


def chunks(content: bytes) -> list[Part]:
    """The chunks of a PNG."""
    parts, at = [], len(SIGNATURE)
    while at + 12 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        parts.append(Part(kind, content[at + 8 : at + 8 + size]))
        at += 12 + size
    return parts


def joined(parts: list[Part]) -> bytes:
    """The PNG of chunks."""
    made = [SIGNATURE]
    for part in parts:
        size = len(part.body) if part.claimed is None else part.claimed & 0xFFFFFFFF
        checksum = zlib.crc32(part.kind + part.body)
        made.append(struct.pack(">I4s", size, part.kind) + part.body + struct.pack(">I", checksum))
    return b"".join(made)


parts = lists.damaging(chunks, joined)


def header(content: bytes, random: Random) -> bytes:
    """Another size, depth, kind of colour or interlacing than is true."""
    found = chunks(content)
    fields = list(HEADER.unpack(found[0].body))
    for _ in range(random.randint(1, 2)):
        at = random.randrange(len(fields))
        size = 4 if at < 2 else 1
        fields[at] = random.choice(
            [0, 1, 2, 3, 4, 6, 8, 16, 47, 49, blind.odd_number(random, size)]
        )
    found[0] = Part(b"IHDR", HEADER.pack(*fields))
    return joined(found)


def pixels(content: bytes, random: Random) -> bytes:
    """Pixels that decompress to too few, too many, or other rows than the header says."""
    found = chunks(content)
    raw = zlib.decompress(b"".join(one.body for one in found if one.kind == b"IDAT"))
    change = random.choice([blind.cut, blind.bits, blind.repeated, blind.run, blind.inserted])
    packed = zlib.compress(change(raw, random))
    first = next(at for at, one in enumerate(found) if one.kind == b"IDAT")
    rest = [one for one in found[first:] if one.kind != b"IDAT"]
    step = random.choice([1, 7, 100, len(packed)])
    several = [packed[at : at + step] for at in range(0, len(packed), step)]
    return joined([*found[:first], *(Part(b"IDAT", one) for one in several), *rest])


def odd_chunks(content: bytes, random: Random) -> bytes:
    """Chunks beside the pixels, with anything in them."""
    found = chunks(content)
    for _ in range(random.randint(1, 4)):
        body = random.randbytes(random.choice([0, 1, 4, 9, 13, 26, 100, 768]))
        if random.random() < 0.5:
            keyword = random.choice([b"Title", b"XML:com.adobe.xmp", b"icc", b"x" * 80, b""])
            packed = random.choice([body, zlib.compress(body), zlib.compress(body)[:-3]])
            body = keyword + random.choice([b"\0", b"\0\0", b"\0\1\0\0\0", b""]) + packed
        part = Part(random.choice(ODD_CHUNKS), body)
        found.insert(random.randrange(1, len(found)), part)
    return joined(found)


def tagged(content: bytes, random: Random) -> bytes:
    """Each code of colour by cICP, each gamma."""
    found = chunks(content)
    gamma = struct.pack(">I", random.choice([0, 1, 45_455, 100_000, 0x7FFFFFFF, 0xFFFFFFFF]))
    codes = [random.choice([1, 9, 12, 0, 2, 255]), random.choice([*range(20), 255]),
             random.choice([0, 1, 255]), random.choice([0, 1, 2])]  # fmt: skip
    found.insert(1, random.choice([Part(b"gAMA", gamma), Part(b"cICP", bytes(codes))]))
    return joined(found)


PNG = {
    "png-parts": parts,
    "png-header": header,
    "png-pixels": pixels,
    "png-odd-chunks": odd_chunks,
    "png-tagged": tagged,
}
