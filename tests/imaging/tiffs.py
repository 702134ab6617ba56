"""TIFFs written byte by byte, by no library: any bits, planes, order, blocks and codecs."""

import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

SHORT, LONG, LONG8 = 3, 4, 16
FORMS = {SHORT: "H", LONG: "L", LONG8: "Q"}
Entries = Mapping[int, tuple[int, Sequence[int]]]  # tag -> type, values


def lzw(content: bytes) -> bytes:
    """LZW without any saving: each byte as it is, the table cleared before its codes grow."""
    codes: list[int] = []
    for start in range(0, len(content), 250):
        codes += [256, *content[start : start + 250]]
    bits = "".join(f"{code:09b}" for code in [*codes, 257])
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def pack_bits(content: bytes) -> bytes:
    """PackBits without any saving: runs of literal bytes."""
    parts = [content[start : start + 128] for start in range(0, len(content), 128)]
    return b"".join(bytes([len(part) - 1]) + part for part in parts)


CODECS: dict[int, Callable[[bytes], bytes]] = {
    1: bytes, 5: lzw, 8: zlib.compress, 32773: pack_bits, 50000: bytes,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How a TIFF stores its samples; `tile` and `rows` say of which blocks."""

    bits: int = 8
    photometric: int = 1
    planar: bool = False
    order: str = "<"
    fill_order: int = 1
    codec: int = 1
    predictor: int = 1
    rows: int = 7
    tile: tuple[int, int] | None = None
    big: bool = False
    extra: Entries = field(default_factory=dict)


def tiff(samples: NDArray[np.integer], kind: Kind) -> bytes:
    """A TIFF of one page.

    Args:
        samples: (height, width, n) whole numbers that fit into `kind.bits`, as they are stored.
        kind: how.
    """
    blocks, entries = page(samples, kind)
    return file_of([(blocks, entries)], kind)


def file_of(pages: Sequence[tuple[Sequence[bytes], Entries]], kind: Kind) -> bytes:
    """A TIFF of several pages, each with the entries that `page` gives."""
    order = kind.order
    mark = {"<": b"II", ">": b"MM"}[order]
    start = 16 if kind.big else 8
    body, at = b"", []
    laid: list[Entries] = []
    for blocks, entries in pages:
        offsets, counts = [], []
        for block in blocks:
            offsets.append(start + len(body))
            counts.append(len(block))
            body += block + b"\0" * (len(block) % 2)
        tags = (324, 325) if kind.tile else (273, 279)
        laid.append({**entries, tags[0]: (LONG, offsets), tags[1]: (LONG, counts)})
    for i, entries in enumerate(laid):
        at.append(start + len(body))
        size = directory_size(entries, big=kind.big)
        following = at[-1] + size if i + 1 < len(laid) else 0
        body += directory(entries, at[-1], following, order, big=kind.big)
    if kind.big:
        return mark + struct.pack(f"{order}HHHQ", 43, 8, 0, at[0]) + body
    return mark + struct.pack(f"{order}HL", 42, at[0]) + body


def directory_size(entries: Entries, *, big: bool) -> int:
    """Bytes of a directory with its values."""
    return len(directory(entries, 0, 0, "<", big=big))


def directory(entries: Entries, at: int, following: int, order: str, *, big: bool) -> bytes:
    """A directory with its values behind it."""
    counting, width, entry = ("Q", 8, "HHQ") if big else ("H", 4, "HHL")
    head = struct.pack(order + counting, len(entries))
    size = len(head) + len(entries) * (20 if big else 12) + width
    values = b""
    for tag, (kind, numbers) in sorted(entries.items()):
        content = struct.pack(f"{order}{len(numbers)}{FORMS[kind]}", *numbers)
        head += struct.pack(order + entry, tag, kind, len(numbers))
        if len(content) <= width:
            head += content.ljust(width, b"\0")
        else:
            head += struct.pack(order + ("Q" if big else "L"), at + size + len(values))
            values += content + b"\0" * (len(content) % 2)
    return head + struct.pack(order + ("Q" if big else "L"), following) + values


def page(samples: NDArray[np.integer], kind: Kind) -> tuple[list[bytes], Entries]:
    """The blocks of a page, and its entries but their offsets and counts."""
    height, width, n = samples.shape
    planes = [samples[..., i : i + 1] for i in range(n)] if kind.planar else [samples]
    blocks = [block for plane in planes for block in _blocks(plane, kind)]
    entries = {
        256: (LONG, [width]), 257: (LONG, [height]), 258: (SHORT, [kind.bits] * n),
        259: (SHORT, [kind.codec]), 262: (SHORT, [kind.photometric]),
        266: (SHORT, [kind.fill_order]), 277: (SHORT, [n]),
        284: (SHORT, [2 if kind.planar else 1]), 317: (SHORT, [kind.predictor]),
    }  # fmt: skip
    if kind.tile:
        entries |= {322: (SHORT, [kind.tile[0]]), 323: (SHORT, [kind.tile[1]])}
    else:
        entries[278] = (LONG, [kind.rows])
    return blocks, {**entries, **kind.extra}


def _blocks(plane: NDArray[np.integer], kind: Kind) -> list[bytes]:
    height, width, _ = plane.shape
    if not kind.tile:
        parts = [plane[top : top + kind.rows] for top in range(0, height, kind.rows)]
        return [_stored(part, kind) for part in parts]
    across, down = kind.tile
    padding = ((0, -height % down), (0, -width % across), (0, 0))
    padded = np.pad(plane, padding, mode="edge")
    return [
        _stored(padded[top : top + down, left : left + across], kind)
        for top in range(0, height, down)
        for left in range(0, width, across)
    ]


def _stored(part: NDArray[np.integer], kind: Kind) -> bytes:
    """A block as it stands in the file."""
    bits = kind.bits
    if kind.predictor == 2:
        part = np.concatenate([part[:, :1], np.diff(part.astype(object), axis=1)], axis=1)
        part = part % (1 << bits)
    rows = part.reshape(len(part), -1)
    if bits % 8 == 0:
        order = "little" if kind.order == "<" else "big"
        content = b"".join(int(one).to_bytes(bits // 8, order) for one in rows.ravel())
    else:
        lines = ["".join(f"{int(one):0{bits}b}" for one in row) for row in rows]
        lines = [line + "0" * (-len(line) % 8) for line in lines]
        content = b"".join(int(line, 2).to_bytes(len(line) // 8, "big") for line in lines)
    content = CODECS[kind.codec](content)
    return content if kind.fill_order == 1 else bytes(int(f"{one:08b}"[::-1], 2) for one in content)
