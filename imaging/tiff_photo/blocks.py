"""The bytes of a TIFF's strips and tiles, decoded: libtiff undoes each compression but JPEG."""

from collections.abc import Iterator

import numpy as np
import pyvips
from numpy.typing import NDArray

from imaging.loading import first_line
from imaging.tiff_photo.layout import HORIZONTAL, JPEG, NONE, Layout, Tag
from imaging.tiff_photo.small import small_tiff

AT_ONCE = 4_000_000  # bytes, decoded, of blocks that are read together
REVERSED = np.packbits(np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)[:, ::-1], 1)


class BlockError(ValueError):
    """A strip or tile is missing, cut or cannot be decoded."""


def rows_of_blocks(
    layout: Layout, plane: int, *, tolerates: bool
) -> Iterator[tuple[int, int, NDArray[np.uint8]]]:
    """The decoded blocks of a plane in parts: left, top in px, and (rows, bytes of a row) uint8.

    Args:
        layout: of the picture.
        plane: from 0; 0 where it is not planar.
        tolerates: whether what is damaged comes as zeros.

    Raises:
        BlockError: a block is damaged.
    """
    width, height = layout.block
    across, down = layout.grid
    offsets, counts = _places(layout)
    first, number = plane * across * down, across * down
    row_bytes = layout.row_bytes
    if layout.compression == NONE and not counts:
        counts = [row_bytes * height] * len(offsets)
    if len(offsets) < first + number or len(counts) < first + number:
        if not tolerates:
            raise BlockError(f"it names {min(len(offsets), len(counts))} of its blocks")
        lacking = [0] * (first + number)
        offsets, counts = offsets + lacking, counts + lacking
    together = max(1, AT_ONCE // (row_bytes * height))
    step = max(1, AT_ONCE // row_bytes)
    for begin in range(0, number, together):
        several = range(begin, min(begin + together, number))
        blocks = [
            _stored(layout, offsets[first + i], counts[first + i], tolerates=tolerates)
            for i in several
        ]
        rows = _decoded(layout, blocks, several, down, tolerates=tolerates)
        for i in several:
            top, left = i // across * height, i % across * width
            at = (i - begin) * height
            for y in range(0, _rows_in(layout, i, down), step):
                part = rows[at + y : at + min(y + step, _rows_in(layout, i, down))]
                yield left, top + y, _summed(part, layout)


def _places(layout: Layout) -> tuple[list[int], list[int]]:
    """The offsets of the blocks in the file, and how many bytes each has there."""
    numbers = layout.directory.numbers
    if layout.is_tiled:
        return numbers(Tag.TILE_OFFSETS), numbers(Tag.TILE_COUNTS)
    return numbers(Tag.STRIP_OFFSETS), numbers(Tag.STRIP_COUNTS)


def _rows_in(layout: Layout, index: int, down: int) -> int:
    """Rows of a block; the last strip may have fewer, a tile never."""
    height = layout.block[1]
    is_last = not layout.is_tiled and index == down - 1
    return layout.height - index * height if is_last else height


def _stored(layout: Layout, offset: int, count: int, *, tolerates: bool) -> bytes:
    """A block as it stands in the file."""
    directory = layout.directory
    # of an uncompressed block no more than it can hold; a codec that doubles its input is a bomb
    most = 2 * layout.row_bytes * layout.block[1] + 65_536
    if not 0 < offset < directory.size or not count:
        content = b""
    else:
        directory.file.seek(offset)
        content = directory.file.read(min(count, most))
    if not tolerates and (not content or len(content) < min(count, most)):
        raise BlockError(f"a block lies outside of the file: {count} bytes at {offset}")
    return content


def _decoded(
    layout: Layout, blocks: list[bytes], indices: range, down: int, *, tolerates: bool
) -> NDArray[np.uint8]:
    """Blocks one below the other: (rows, bytes of a row) uint8."""
    row_bytes = layout.row_bytes
    sizes = [_rows_in(layout, i, down) for i in indices]
    if layout.compression == NONE:
        return _uncompressed(layout, blocks, sizes, tolerates=tolerates)
    if layout.compression == JPEG:
        pairs = zip(blocks, sizes, strict=True)
        return np.concatenate([_jpeg(layout, one, n, tolerates=tolerates) for one, n in pairs])
    content = small_tiff(
        width=row_bytes, rows=sum(sizes), blocks=blocks, rows_per_block=layout.block[1],
        compression=layout.compression, fill_order=layout.fill_order,
    )  # fmt: skip
    return _pixels(content, "tiffload", tolerates=tolerates).reshape(sum(sizes), row_bytes)


def _uncompressed(
    layout: Layout, blocks: list[bytes], sizes: list[int], *, tolerates: bool
) -> NDArray[np.uint8]:
    row_bytes = layout.row_bytes
    rows = np.zeros((sum(sizes), row_bytes), np.uint8)
    top = 0
    for block, n in zip(blocks, sizes, strict=True):
        content = np.frombuffer(block, np.uint8)[: n * row_bytes]
        if len(content) < n * row_bytes and not tolerates:
            raise BlockError(f"a block has {len(content)} of {n * row_bytes} bytes")
        rows[top : top + n].reshape(-1)[: len(content)] = content
        top += n
    return REVERSED[rows, 0] if layout.fill_order == 2 else rows


def _jpeg(layout: Layout, block: bytes, n_rows: int, *, tolerates: bool) -> NDArray[np.uint8]:
    """A block of one sample per pixel, with the tables that all blocks share."""
    content = _whole_jpeg(block, layout.directory.raw(Tag.TABLES))
    rows = np.zeros((n_rows, layout.block[0]), np.uint8)
    try:
        pixels = _pixels(content, "jpegload", tolerates=tolerates)
    except BlockError:
        if not tolerates:
            raise
        return rows
    if pixels.ndim == 3 and pixels.shape[2] > 1:
        raise BlockError("a block of one sample has several")
    found = pixels.reshape(pixels.shape[:2])[:n_rows, : rows.shape[1]]
    if found.shape != rows.shape and not tolerates:
        raise BlockError(f"a block has {found.shape[1]} x {found.shape[0]} px")
    rows[: found.shape[0], : found.shape[1]] = found
    return rows


def _whole_jpeg(block: bytes, tables: bytes) -> bytes:
    """A block with the tables that all blocks share; each ends and begins with a marker."""
    return tables[:-2] + block[2:] if tables else block


def _pixels(content: bytes, loader: str, *, tolerates: bool) -> NDArray[np.uint8]:
    """What libvips decodes of a block in memory."""
    try:
        return pyvips.Operation.call(
            f"{loader}_buffer", content, fail_on="none" if tolerates else "error", unlimited=True
        ).numpy()
    except pyvips.Error as error:
        raise BlockError(first_line(error)) from error


def _summed(rows: NDArray[np.uint8], layout: Layout) -> NDArray[np.uint8]:
    """Differences between neighbours, if it is those -> samples, in the file's byte order."""
    if layout.predictor != HORIZONTAL:
        return rows
    kind = np.dtype(f"{layout.directory.order}u{layout.bits // 8}")
    step = 1 if layout.is_planar else layout.samples
    values = rows.view(kind).reshape(len(rows), -1, step)
    whole = np.cumsum(values, axis=1, dtype=kind.newbyteorder("=")).astype(kind)
    return np.ascontiguousarray(whole.reshape(len(rows), -1)).view(np.uint8)


def require_blocks(layout: Layout) -> None:
    """Check the blocks of a TIFF: libtiff leaves those black that lie nowhere, or JPEGs cut short.

    Raises:
        BlockError: one is damaged.
    """
    across, down = layout.grid
    number = across * down * (layout.samples if layout.is_planar else 1)
    offsets, counts = (places[:number] for places in _places(layout))
    if lost := sum(not 0 < offset < layout.directory.size for offset in offsets):
        raise BlockError(f"{lost} of {number} blocks lie outside of the file")
    if 0 in counts:
        raise BlockError(f"{counts.count(0)} of {number} blocks are empty")
    if layout.compression != JPEG:
        return
    tables = layout.directory.raw(Tag.TABLES)
    for offset, count in zip(offsets, counts, strict=False):
        content = _whole_jpeg(_stored(layout, offset, count, tolerates=False), tables)
        try:
            pyvips.Image.jpegload_buffer(content, fail_on="warning").avg()
        except pyvips.Error as error:
            raise BlockError(first_line(error)) from error
