"""Metadata that is an attack: XML that explodes, EXIF in rings, profiles and IPTC that lie."""

import struct
import zlib
from collections.abc import Callable
from random import Random

from tests.fuzz.mutators import blind, boxes, directory, jpeg, png, riff
from tests.fuzz.mutators.lists import Part
from tests.fuzz.seeds import drawn
from tests.fuzz.seeds.jpegs import XMP_MARK

RDF = b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'


def xmp(random: Random) -> bytes:
    """XMP that is no XML, too deep, too long, of entities, or of another encoding."""
    entities = b"".join(
        b'<!ENTITY e%d "%s">' % (i, b"&e%d;" % (i - 1) * 10 if i else b"ha" * 10) for i in range(9)
    )
    deep = random.choice([100, 3000, 15_000])
    outside = b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>'
    odd = drawn.XMP.replace(b"48", random.choice([b"-1", b"1e999", b"9" * 300, b"&#0;", b"\xff"]))
    return random.choice(
        [
            b"<!DOCTYPE x [" + entities + b"]><x>&e8;</x>",
            b"<a>" * deep + b"</a>" * deep,
            b"<a>" * deep,
            outside,
            odd,
            b"\xff\xfe" + drawn.XMP.decode().encode("utf-16-le"),
            b"<x " + b" ".join(b'a%d="%d"' % (i, i) for i in range(2000)) + b"/>",
            drawn.XMP.replace(b"tiff:Orientation", b"tiff:Orientation=\"1\" tiff:Orientation"),
            b'<rdf:RDF ' + RDF + b">" + b"<rdf:Seq>" * 500 + b"</rdf:RDF>",
            blind.bits(drawn.XMP, random),
            blind.cut(drawn.XMP, random),
            drawn.XMP.replace(b"A beach", b"\x1b]0;title\x07\x1b[2J\0" * 9),
            b"",
        ]
    )  # fmt: skip


def exif(random: Random) -> bytes:
    """EXIF with rings, fans, wild offsets and odd values."""
    changes = [*directory.TIFF.values(), blind.bits, blind.number, blind.cut]
    if random.random() < 0.1:
        return directory.fan_out(random.choice([5, 20]), random.choice([2, 3]))
    return random.choice(changes)(drawn.exif(), random)


def profile(random: Random) -> bytes:
    """A colour profile that lies of its size, its tags or its kind."""
    made = bytearray(drawn.icc())
    for _ in range(random.randint(1, 4)):
        at = random.choice([0, 12, 16, 20, 36, 128, 132 + 4 * random.randrange(20)])
        struct.pack_into(">I", made, at, blind.odd_number(random, 4))
    kinds = [b"GRAY", b"CMYK", b"Lab ", b"XYZ ", b"9CLR", b"RGB "]
    if random.random() < 0.3:
        made[16:20] = random.choice(kinds)
    return random.choice([bytes(made), bytes(made), blind.cut(bytes(made), random), b""])


def iptc(random: Random) -> bytes:
    """IPTC whose fields lie of their length, or are as long as they can be."""
    change = random.choice([blind.bits, blind.number, blind.cut, blind.repeated, blind.run])
    long = b"\x1c\x02\x78" + struct.pack(">HI", 0x8004, random.choice([5, 2**31, 2**32 - 1])) + b"x"
    return random.choice([change(drawn.iptc(), random), drawn.iptc() + long, long * 1000])


BODIES: dict[str, Callable[[Random], bytes]] = {
    "xmp": xmp, "exif": exif, "profile": profile, "iptc": iptc,
}  # fmt: skip


def dressed(content: bytes, suffix: str, random: Random) -> bytes:
    """A sound photo with metadata that is an attack, in one or two kinds."""
    for _ in range(random.choice([1, 1, 2])):
        kind = random.choice(list(BODIES))
        content = WEARS[suffix](content, kind, BODIES[kind](random), random)
    return content


def _jpeg(content: bytes, kind: str, body: bytes, random: Random) -> bytes:
    marks = {
        "xmp": (0xE1, XMP_MARK + body),
        "exif": (0xE1, b"Exif\0\0" + body),
        "profile": (0xE2, b"ICC_PROFILE\0" + bytes([1, random.choice([0, 1, 2])]) + body),
        "iptc": (0xED, drawn.photoshop(body)),
    }
    number, made = marks[kind]
    made = made[: jpeg.MOST_BODY]
    found = jpeg.segments(content)
    found.insert(random.choice([0, 0, 1]), Part(bytes([number]), made))
    return jpeg.joined(found)


def _png(content: bytes, kind: str, body: bytes, random: Random) -> bytes:
    raw = b"Raw profile type iptc\0\0" + zlib.compress(
        b"\niptc\n%8d\n" % len(body) + body.hex().encode()
    )
    parts = {
        "xmp": Part(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + body),
        "exif": Part(b"eXIf", body),
        "profile": Part(b"iCCP", b"icc\0\0" + zlib.compress(body)),
        "iptc": Part(b"zTXt", raw),
    }
    found = png.chunks(content)
    found.insert(1, parts[kind])
    return png.joined(found)


def _webp(content: bytes, kind: str, body: bytes, random: Random) -> bytes:
    names = {"xmp": b"XMP ", "exif": b"EXIF", "profile": b"ICCP", "iptc": b"IPTC"}
    flags = {"xmp": 4, "exif": 8, "profile": 32, "iptc": 0}
    is_film = any(one.kind == b"ANMF" for one in riff.chunks(content))
    found = [one for one in riff.chunks(content) if one.kind not in (b"VP8X", names[kind])]
    canvas = (drawn.WIDTH - 1).to_bytes(3, "little") + (drawn.HEIGHT - 1).to_bytes(3, "little")
    head = Part(b"VP8X", bytes([flags[kind] | 2 * is_film, 0, 0, 0]) + canvas)
    made = Part(names[kind], body)
    first = [made] if kind == "profile" else []
    return riff.joined([head, *first, *found, *([] if first else [made])])


def _tiff(content: bytes, kind: str, body: bytes, random: Random) -> bytes:
    """One of the entries that are there becomes this one, its value behind the end."""
    found = directory.directories(content)
    if not found:
        return blind.number(content, random)
    one, tags = found[0], {"xmp": 700, "exif": 34665, "profile": 34675, "iptc": 33723}
    spare = [entry for entry in one.entries if entry.tag not in directory.VALUES]
    entry = random.choice(spare or one.entries)
    one.put("H", entry.at, tags[kind])
    one.put(
        "H", entry.at + 2, random.choice([4, 13]) if kind == "exif" else random.choice([1, 4, 7])
    )
    one.put("I", entry.at + 4, 1 if kind == "exif" else max(1, len(body)))
    one.put("I", entry.at + 8, len(one.content))
    return bytes(one.content) + (body[8:] if kind == "exif" else body) + bytes(4)


def _boxed(content: bytes, kind: str, body: bytes, random: Random) -> bytes:
    """What stands in the file already is overwritten, as far as it goes; else one of its boxes."""
    there = {"exif": drawn.exif()[:40], "xmp": drawn.XMP[:40], "profile": drawn.icc()[:40]}
    lengths = {"exif": len(drawn.exif()), "xmp": len(drawn.XMP), "profile": len(drawn.icc())}
    at = content.find(there[kind]) if kind in there else -1
    if at < 0:
        return boxes.bodies(content, random)
    made = body[: lengths[kind]].ljust(lengths[kind], b" " if kind == "xmp" else b"\0")
    return content[:at] + made + content[at + lengths[kind] :]


WEARS = {"jpg": _jpeg, "png": _png, "webp": _webp, "tif": _tiff, "avif": _boxed, "heic": _boxed}
