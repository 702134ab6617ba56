"""Small photos of every format that say what a test wants them to say, and what results say.

Written and read byte by byte here, never by the program's own modules.
"""

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image

from imaging.formats import Saving
from imaging.photo import open_photo
from imaging.writer import write_photo
from tests.imaging.network_inputs import network_input

WIDTH, HEIGHT = 30, 20
GRAY = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8)
SUFFIXES = [".jpg", ".png", ".webp", ".tif"]  # of results
XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
MORE_HEAD = b"http://ns.adobe.com/xmp/extension/\0"
Entry = tuple[int, int, bytes]  # tag, type, value
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}  # bytes of a TIFF's types


def segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def jfif(unit: int, x: int, y: int) -> bytes:
    return segment(0xE0, b"JFIF\0" + struct.pack(">HBHHBB", 0x101, unit, x, y, 0, 0))


def jpeg(*parts: bytes) -> bytes:
    """A JPEG that begins with some segments, in place of the JFIF one that Pillow writes."""
    plain = BytesIO()
    Image.fromarray(GRAY).save(plain, "JPEG", quality=95)
    return plain.getvalue()[:2] + b"".join(parts) + plain.getvalue()[20:]


def chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return struct.pack(">L", len(content)) + checked + struct.pack(">L", zlib.crc32(checked))


def png(*parts: bytes, last: bytes = b"") -> bytes:
    """A PNG with some chunks after its header, and some before its end."""
    plain = BytesIO()
    Image.fromarray(GRAY).save(plain, "PNG")
    content = plain.getvalue()
    return content[:33] + b"".join(parts) + content[33:-12] + last + content[-12:]


def itxt(keyword: str, text: str, language: str = "", *, packed: bool = False) -> bytes:
    content = zlib.compress(text.encode()) if packed else text.encode()
    names = language.encode() + b"\0\0"
    return chunk(b"iTXt", keyword.encode("latin-1") + b"\0" + bytes((packed, 0)) + names + content)


def webp(exif: bytes = b"", xmp: bytes = b"") -> bytes:
    plain = BytesIO()
    Image.fromarray(GRAY).convert("RGB").save(plain, "WEBP", lossless=True)
    flags = (8 if exif else 0) | (4 if xmp else 0)
    size = (WIDTH - 1).to_bytes(3, "little") + (HEIGHT - 1).to_bytes(3, "little")
    body = b"VP8X" + struct.pack("<LL", 10, flags) + size + plain.getvalue()[12:]
    for kind, content in ((b"EXIF", exif), (b"XMP ", xmp)):
        if content:
            body += kind + struct.pack("<L", len(content)) + content + b"\0" * (len(content) % 2)
    return b"RIFF" + struct.pack("<L", len(body) + 4) + b"WEBP" + body


def gif(comment: bytes = b"", xmp: bytes = b"") -> bytes:
    plain = BytesIO()
    Image.fromarray(GRAY).save(plain, "GIF")
    content = plain.getvalue()
    at = 13 + (3 << ((content[10] & 7) + 1))
    parts = b""
    if comment:
        pieces = (comment[i : i + 255] for i in range(0, len(comment), 255))
        parts += b"\x21\xfe" + b"".join(bytes((len(one),)) + one for one in pieces) + b"\0"
    if xmp:
        magic = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
        parts += b"\x21\xff\x0bXMP DataXMP" + xmp + magic
    return content[:at] + parts + content[at:]


def heif(suffix: str, exif: bytes = b"", xmp: bytes = b"") -> bytes:
    """A HEIC or an AVIF."""
    made = BytesIO()
    blocks: dict[str, Any] = {"exif": exif or None, "xmp": xmp or None}
    image = Image.fromarray(np.kron(GRAY, np.ones((4, 4), np.uint8))).convert("RGB")
    if suffix == ".avif":
        image.save(made, "AVIF", speed=10, **{k: v for k, v in blocks.items() if v})
    else:
        pillow_heif.from_pillow(image).save(made, quality=50, **blocks)
    return made.getvalue()


def exif_block(
    *tags: Entry,
    below: dict[int, list[Entry]] | None = None,
    order: str = "<",
    following: bytes = b"",
) -> bytes:
    """A TIFF of tags, each of a type and bytes, and of directories below a tag."""
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}L", 8)
    entries = [(tag, kind, raw) for tag, kind, raw in tags]
    body = _directory(entries, below or {}, 8, order)
    return head + body + following


def _directory(
    entries: list[Entry],
    below: dict[int, list[Entry]],
    start: int,
    order: str,
) -> bytes:
    number = len(entries) + len(below)
    end = start + 2 + 12 * number + 4
    told, values = {}, b""
    for tag, kind, raw in entries:
        where = raw.ljust(4, b"\0")
        if len(raw) > 4:
            where = struct.pack(f"{order}L", end + len(values))
            values += raw + b"\0" * (len(raw) % 2)
        told[tag] = struct.pack(f"{order}HHL", tag, kind, len(raw) // SIZES[kind]) + where
    for tag, inner in below.items():
        at = end + len(values)
        told[tag] = struct.pack(f"{order}HHLL", tag, 4, 1, at)
        values += _directory(inner, {}, at, order)
    rows = b"".join(told[tag] for tag in sorted(told))
    return struct.pack(f"{order}H", number) + rows + bytes(4) + values


def tiff(
    *tags: Entry,
    order: str = "<",
    below: dict[int, list[Entry]] | None = None,
    second: list[Entry] | None = None,
) -> bytes:
    """An uncompressed gray TIFF of one strip with more tags, and perhaps a second page."""

    def number(tag: int, kind: int, value: int) -> tuple[int, int, bytes]:
        return tag, kind, struct.pack(f"{order}{'H' if kind == 3 else 'L'}", value)

    strip = 8
    own = [
        number(256, 3, WIDTH), number(257, 3, HEIGHT), number(258, 3, 8), number(259, 3, 1),
        number(262, 3, 1), number(273, 4, strip), number(277, 3, 1), number(278, 3, HEIGHT),
        number(279, 4, GRAY.size),
    ]  # fmt: skip
    first = 8 + GRAY.size
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}L", first)
    content = head + GRAY.tobytes() + _directory([*own, *tags], below or {}, first, order)
    if second is None:
        return content
    after = first + 2 + 12 * (len(own) + len(tags) + len(below or {}))
    content += b"\0" * (len(content) % 2)
    linked = content[:after] + struct.pack(f"{order}L", len(content)) + content[after + 4 :]
    return linked + _directory([*own, *second], {}, len(content), order)


def colored(folder: Path, name: str, content: bytes, suffix: str, **saving: Any) -> bytes:
    """What becomes of a file."""
    path, output = folder / name, folder / f"result{suffix}"
    path.write_bytes(content)
    photo = open_photo(path)
    ab = np.full((4, 4, 2), 0.1, np.float32)
    write_photo(photo, ab, output, lightness=network_input(photo), saving=Saving(**saving))
    return output.read_bytes()


def segments(content: bytes) -> list[tuple[int, bytes]]:
    """Marker and content of a JPEG's segments, up to its scan."""
    found, at = [], 2
    while content[at + 1] != 0xDA:
        (size,) = struct.unpack_from(">H", content, at + 2)
        found.append((content[at + 1], content[at + 4 : at + 2 + size]))
        at += 2 + size
    return found


def chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    """Name and content of a PNG's chunks, whose sums are checked."""
    found, at = [], 8
    while at < len(content):
        (size,) = struct.unpack_from(">L", content, at)
        kind, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + size]
        assert content[at + 8 + size : at + 12 + size] == struct.pack(">L", zlib.crc32(kind + data))
        found.append((kind, data))
        at += 12 + size
    return found


def riff(content: bytes) -> dict[bytes, bytes]:
    """A WebP's chunks."""
    assert struct.unpack_from("<L", content, 4)[0] == len(content) - 8
    found, at = {}, 12
    while at < len(content):
        (size,) = struct.unpack_from("<L", content, at + 4)
        found[content[at : at + 4]] = content[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return found


def tags(content: bytes, at: int | None = None) -> dict[int, bytes]:
    """The tags of a little-endian TIFF's directory, as bytes."""
    (start,) = struct.unpack_from("<L", content, 4) if at is None else (at,)
    found = {}
    for i in range(struct.unpack_from("<H", content, start)[0]):
        tag, kind, count = struct.unpack_from("<HHL", content, start + 2 + 12 * i)
        place, size = start + 10 + 12 * i, SIZES[kind] * count
        place = place if size <= 4 else struct.unpack_from("<L", content, place)[0]
        found[tag] = content[place : place + size]
    return found


def xmp_of(content: bytes, suffix: str) -> bytes:
    """The packet of a result; the first one of a JPEG."""
    if suffix == ".jpg":
        found = [data for _, data in segments(content) if data.startswith(XMP_HEAD)]
        return found[0].removeprefix(XMP_HEAD) if found else b""
    if suffix == ".png":
        head = b"XML:com.adobe.xmp\0\0\0\0\0"
        found = [data for _, data in chunks(content) if data.startswith(head)]
        return found[0].removeprefix(head) if found else b""
    if suffix == ".webp":
        return riff(content).get(b"XMP ", b"")
    return tags(content).get(700, b"")


def exif_of(content: bytes, suffix: str) -> bytes:
    """The EXIF block of a result, which is a TIFF; a TIFF itself."""
    if suffix == ".jpg":
        (found,) = (data for _, data in segments(content) if data.startswith(b"Exif\0\0"))
        return found[6:]
    if suffix == ".png":
        (found,) = (data for kind, data in chunks(content) if kind == b"eXIf")
        return found
    return riff(content)[b"EXIF"] if suffix == ".webp" else content
