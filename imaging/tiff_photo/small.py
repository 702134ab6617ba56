"""Small TIFFs in memory, by which libtiff is asked to decode a few blocks of a large one."""

import struct
from collections.abc import Mapping, Sequence

SHORT, LONG = 3, 4
SIZES = {SHORT: "H", LONG: "L"}
Value = tuple[int, int, bytes]  # type, count, the bytes of the values


def small_tiff(
    *,
    width: int,
    rows: int,
    blocks: Sequence[bytes],
    rows_per_block: int,
    compression: int,
    fill_order: int = 1,
    order: str = "<",
    extra: Mapping[int, Value] | None = None,
) -> bytes:
    """A gray picture of 8 bits in strips.

    Args:
        width: px, which are bytes.
        rows: of all blocks together.
        blocks: the strips as they are stored.
        rows_per_block: of a strip; the last may have fewer.
        compression: TIFF's number of the codec.
        fill_order: 1 or 2.
        order: "<" or ">", in which `extra` is.
        extra: further tags.
    """
    start, offsets = 8, []
    for block in blocks:
        offsets.append(start)
        start += len(block) + len(block) % 2
    n = len(blocks)
    tags: dict[int, Value] = {
        256: _long(order, width), 257: _long(order, rows), 258: _short(order, 8),
        259: _short(order, compression), 262: _short(order, 1), 266: _short(order, fill_order),
        273: (LONG, n, struct.pack(f"{order}{n}L", *offsets)), 277: _short(order, 1),
        278: _long(order, rows_per_block),
        279: (LONG, n, struct.pack(f"{order}{n}L", *map(len, blocks))),
        **(extra or {}),
    }  # fmt: skip
    body = b"".join(block + b"\0" * (len(block) % 2) for block in blocks)
    mark = {"<": b"II*\0", ">": b"MM\0*"}[order]
    header = mark + struct.pack(f"{order}L", 8 + len(body))
    directory = struct.pack(f"{order}H", len(tags))
    values, values_at = b"", 8 + len(body) + 2 + 12 * len(tags) + 4
    for tag, (kind, count, content) in sorted(tags.items()):
        directory += struct.pack(f"{order}HHL", tag, kind, count)
        if len(content) <= 4:
            directory += content.ljust(4, b"\0")
        else:
            directory += struct.pack(f"{order}L", values_at + len(values))
            values += content + b"\0" * (len(content) % 2)
    return header + body + directory + bytes(4) + values


def _short(order: str, value: int) -> Value:
    return SHORT, 1, struct.pack(f"{order}H", value)


def _long(order: str, value: int) -> Value:
    return LONG, 1, struct.pack(f"{order}L", value)
