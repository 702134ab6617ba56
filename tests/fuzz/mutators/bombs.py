"""Small files that claim, or unpack to, more than any machine has."""

import struct
import zlib
from functools import cache
from random import Random

from tests.fuzz.mutators import boxes, directory, gif, jpeg, png, riff
from tests.fuzz.mutators.lists import Part
from tests.fuzz.seeds import drawn

HUGE = 100_000  # px of a side
MOST = {"jpg": 65_535, "gif": 65_535}  # that the format can claim
UNPACKED = 200_000_000  # bytes


def claimed(content: bytes, suffix: str, random: Random) -> bytes:
    """A photo that claims a hundred thousand pixels a side, or as many as its format can."""
    side = MOST.get(suffix, HUGE)
    return CLAIMS[suffix](content, side)


def _jpeg(content: bytes, side: int) -> bytes:
    found = jpeg.segments(content)
    for at, part in enumerate(found):
        if part.kind and part.kind[0] in jpeg.FRAMES:
            size = struct.pack(">HH", side, side)
            found[at] = Part(part.kind, part.body[:1] + size + part.body[5:])
    return jpeg.joined(found)


def _png(content: bytes, side: int) -> bytes:
    found = png.chunks(content)
    found[0] = Part(b"IHDR", struct.pack(">II", side, side) + found[0].body[8:])
    return png.joined(found)


def _webp(content: bytes, side: int) -> bytes:
    """A canvas of 16 bits a side, which the pictures in it do not fill."""
    canvas = (side - 1).to_bytes(3, "little") * 2
    found = [one for one in riff.chunks(content) if one.kind != b"VP8X"]
    return riff.joined([Part(b"VP8X", bytes(4) + canvas), *found])


def _tiff(content: bytes, side: int) -> bytes:
    one = directory.directories(content)[0] if directory.directories(content) else None
    if one is None:  # a BigTIFF: its entries have 20 bytes
        made = bytearray(content)
        for number in (256, 257):
            at = made.find(struct.pack("<H", number), 16)
            struct.pack_into("<HQI", made, at + 2, 4, 1, side)
        return bytes(made)
    for entry in one.entries:
        if entry.tag in (256, 257):
            one.put("H", entry.at + 2, 4)
            one.put("I", entry.at + 8, side)
    return bytes(one.content)


def _gif(content: bytes, side: int) -> bytes:
    header, found = gif.blocks(content)
    size = struct.pack("<HH", side, side)
    found = [one[:5] + size + one[9:] if one[0] == gif.IMAGE else one for one in found]
    return header[:6] + size + header[10:] + b"".join(found) + b";"


def _boxes(content: bytes, side: int) -> bytes:
    made = bytearray(content)
    for start, _, name in boxes.boxes(content):
        if name == b"ispe":
            struct.pack_into(">II", made, start + 12, side, side)
    return bytes(made)


CLAIMS = {
    "jpg": _jpeg, "png": _png, "webp": _webp, "tif": _tiff, "gif": _gif, "avif": _boxes,
    "heic": _boxes,
}  # fmt: skip


def unpacked(content: bytes, suffix: str, random: Random) -> bytes:
    """A PNG with 200 MB of text, profile or pixels in 200 kB."""
    packed = _packed()
    found = png.chunks(content)
    kind = random.choice([b"zTXt", b"iCCP", b"iTXt", b"IDAT"])
    heads = {b"zTXt": b"Comment\0\0", b"iCCP": b"icc\0\0", b"iTXt": b"XML:com.adobe.xmp\0\1\0\0\0"}
    found.insert(1, Part(kind, heads.get(kind, b"") + packed))
    return png.joined(found)


@cache
def _packed() -> bytes:
    return zlib.compress(bytes(UNPACKED), 6)


def frames(content: bytes, suffix: str, random: Random) -> bytes:
    """A film of thousands of frames."""
    times = random.choice([1000, 5000])
    if suffix == "gif":
        header, found = gif.blocks(content)
        return header + b"".join(found) * times + b";"
    found = riff.chunks(content)
    films = [one for one in found if one.kind == b"ANMF"]
    return riff.joined([*found, *films * times]) if films else content


def metadata(content: bytes, suffix: str, random: Random) -> bytes:
    """A sound photo with megabytes of metadata."""
    size = random.choice([1_000_000, 8_000_000])
    if suffix == "png":
        found = png.chunks(content)
        text = Part(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + drawn.XMP + b" " * size)
        return png.joined([found[0], text, *found[1:]])
    if suffix == "webp":
        found = [one for one in riff.chunks(content) if one.kind not in (b"VP8X", b"XMP ")]
        canvas = (drawn.WIDTH - 1).to_bytes(3, "little") + (drawn.HEIGHT - 1).to_bytes(3, "little")
        head = Part(b"VP8X", bytes([4, 0, 0, 0]) + canvas)
        return riff.joined([head, *found, Part(b"XMP ", drawn.XMP + b" " * size)])
    found = jpeg.segments(content)
    comments = [Part(b"\xfe", bytes(jpeg.MOST_BODY))] * (size // jpeg.MOST_BODY)
    return jpeg.joined([*comments, *found])
