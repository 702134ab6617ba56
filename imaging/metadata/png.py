"""The chunks of a PNG that describe its photo."""

import re
import struct
import zlib
from collections.abc import Iterator
from fractions import Fraction
from typing import BinaryIO

from imaging.metadata import resolution
from imaging.metadata.blocks import (
    EXIF,
    MOST_ALL,
    MOST_BYTES,
    MOST_PIECES,
    MOST_TEXTS,
    PHOTOSHOP,
    Blocks,
    Text,
)  # fmt: skip

SIGNATURE = b"\x89PNG\r\n\x1a\n"
XMP = "XML:com.adobe.xmp"
RAW = "Raw profile type "  # ImageMagick's: hexadecimal, in a text
NOTHING = resolution.Resolution(Fraction(1), Fraction(1), resolution.RATIO)
LONG_TEXT = 2_000  # bytes: longer ones are compressed
TEXTS = (b"tEXt", b"zTXt", b"iTXt")


def read(file: BinaryIO) -> Blocks:
    """What stands before and after the pixels."""
    found = Blocks()
    inflating = _Inflating()
    for kind, content in _chunks(file, found):
        if kind == b"pHYs" and len(content) == 9:
            found.resolution = resolution.of_png(*struct.unpack(">LLB", content))
        elif kind == b"eXIf":
            found.exif = found.exif or content.removeprefix(EXIF)
        elif kind in TEXTS:
            text = _text(kind, content, inflating)
            if text and len(found.texts) < MOST_TEXTS:
                _add(found, text)
            else:
                found.lost.append("a text that is damaged or too large")
    return found


def written(image: BinaryIO, blocks: Blocks) -> Iterator[bytes]:
    """A PNG with new chunks after its header, in pieces; its own resolution is left out."""
    image.seek(0)
    yield image.read(8 + 25)  # signature and IHDR
    if blocks.resolution and blocks.resolution != NOTHING:
        yield _chunk(b"pHYs", struct.pack(">LLB", *blocks.resolution.for_png()))
    if isinstance(blocks.exif, bytes) and blocks.exif:
        yield _chunk(b"eXIf", blocks.exif)
    if blocks.xmp:
        yield _chunk(b"iTXt", XMP.encode() + bytes(5) + blocks.xmp)
    if blocks.resources:
        yield _raw_profile("iptc", blocks.resources)
    for text in blocks.texts:
        yield _text_chunk(text)
    while len(head := image.read(8)) == 8 and head[4:] != b"IDAT":
        content = image.read(int.from_bytes(head[:4], "big") + 4)
        if head[4:] != b"pHYs":
            yield head + content
    yield head
    while piece := image.read(1_000_000):
        yield piece


def is_latin(text: str) -> bool:
    """Whether tEXt can hold a text."""
    return all(one < "\u0100" for one in text)


def _chunks(file: BinaryIO, found: Blocks) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of those chunks that describe the photo."""
    file.seek(0)
    if file.read(8) != SIGNATURE:
        return
    left = MOST_ALL
    for _ in range(MOST_PIECES):
        head = file.read(8)
        size, kind = int.from_bytes(head[:4], "big"), head[4:]
        if len(head) < 8 or kind == b"IEND":
            return
        if kind not in (*TEXTS, b"pHYs", b"eXIf"):
            file.seek(size + 4, 1)
            continue
        left -= size
        if size > MOST_BYTES or left < 0:
            found.lost.append("a chunk that is too large")
            file.seek(size + 4, 1)
            continue
        content = file.read(size)
        if len(content) == size and file.read(4) == struct.pack(">L", zlib.crc32(kind + content)):
            yield kind, content
        else:
            found.lost.append("a chunk that is damaged")


def _text(kind: bytes, content: bytes, inflating: "_Inflating") -> Text | None:
    """A chunk's text; None if it is damaged or expands beyond the bound."""
    keyword, _, rest = content.partition(b"\0")
    name = keyword.decode("latin-1")
    if kind == b"tEXt":
        return Text(name, rest.decode("latin-1"))
    if kind == b"zTXt":
        whole = inflating.whole(rest[1:])
        return None if whole is None else Text(name, whole.decode("latin-1"))
    language, _, after = rest[2:].partition(b"\0")
    translated, _, body = after.partition(b"\0")
    whole = inflating.whole(body) if rest[:1] == b"\1" else body
    if whole is None:
        return None
    said = whole.decode("utf-8", "replace")
    return Text(name, said, language.decode("latin-1"), translated.decode("utf-8", "replace"))


class _Inflating:
    """Expands the compressed texts of a file, up to a bound on all of them."""

    def __init__(self) -> None:
        """Nothing has been expanded yet."""
        self.left = MOST_ALL

    def whole(self, content: bytes) -> bytes | None:
        """What a text expands to; None if it is damaged or larger than the bounds."""
        inflating = zlib.decompressobj()
        most = min(MOST_BYTES, self.left)
        self.left -= len(content)
        if most <= 0:
            return None
        try:
            whole = inflating.decompress(content, most)
        except zlib.error:
            self.left -= most  # what may have been expanded till then
            return None
        self.left -= len(whole)
        return whole if inflating.eof else None


def _add(found: Blocks, text: Text) -> None:
    """Keep a text, or the profile that it holds."""
    if text.keyword == XMP:
        found.xmp = found.xmp or text.text.encode()
        return
    if not text.keyword.startswith(RAW):
        found.texts.append(text)
        return
    kind, block = text.keyword.removeprefix(RAW).lower(), _of_hex(text.text)
    if kind in ("exif", "app1") and block.startswith((EXIF, b"II", b"MM")):
        found.exif = found.exif or block.removeprefix(EXIF)
    elif kind in ("xmp", "app1"):
        found.xmp = found.xmp or block.removeprefix(b"http://ns.adobe.com/xap/1.0/\0")
    elif kind in ("iptc", "8bim", "app13"):
        block = block.removeprefix(PHOTOSHOP)
        if block.startswith(b"\x1c"):
            found.iptc = found.iptc or block
        else:
            found.resources = found.resources or block


def _of_hex(text: str) -> bytes:
    """A raw profile: an empty line, its name, its length, hexadecimal; nothing if damaged."""
    match = re.match(r"\s*[^\n]*\n\s*\d+\s*\n", text)
    try:
        return bytes.fromhex(text[match.end() :]) if match else b""
    except ValueError:
        return b""


def _raw_profile(kind: str, block: bytes) -> bytes:
    """A block as ImageMagick and ExifTool look for it."""
    lines = block.hex("\n", 36)
    return _text_chunk(Text(RAW + kind, f"\n{kind}\n{len(block):8d}\n{lines}\n"))


def _text_chunk(text: Text) -> bytes:
    """A text as tEXt, zTXt or iTXt."""
    keyword = text.keyword.encode("latin-1", "replace")[:79] or b"Comment"
    if is_latin(text.text) and not text.language and not text.translated:
        content = text.text.encode("latin-1")
        if len(content) <= LONG_TEXT:
            return _chunk(b"tEXt", keyword + b"\0" + content)
        return _chunk(b"zTXt", keyword + b"\0\0" + zlib.compress(content))
    content = text.text.encode("utf-8", "replace")
    is_long = len(content) > LONG_TEXT
    language = text.language.encode("latin-1", "replace")
    names = language + b"\0" + text.translated.encode("utf-8", "replace") + b"\0"
    content = zlib.compress(content) if is_long else content
    return _chunk(b"iTXt", keyword + b"\0" + bytes((is_long, 0)) + names + content)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return struct.pack(">L", len(content)) + checked + struct.pack(">L", zlib.crc32(checked))
