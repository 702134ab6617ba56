"""The layers of a .caffemodel, read as data: a NetParameter in protobuf's wire format.

Nothing in the file is run, and nothing is believed before it is checked: the file's size, how many
layers and arrays it has, and that every length stays within what holds it. Arrays are views of the
bytes that were read, so that they take no memory twice.
Source: caffe.proto (BVLC/caffe); protobuf's encoding.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from basics.errors import CheckpointError
from release.imports.files import read_bounded

LAYER, NAME, BLOBS = 100, 1, 7  # fields of NetParameter; of LayerParameter
DATA, SHAPE, DIM = 5, 7, 1  # of BlobProto; of BlobShape
OLD_SHAPE = (1, 2, 3, 4)  # of BlobProto: num, channels, height, width
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # wire types; groups, which are older, are refused
MAX_BYTES = 200_000_000  # of a file; the released one has 128,946,764
MAX_FIELDS = 100_000  # of all messages together
MAX_LAYERS, MAX_BLOBS, MAX_DIMS = 1_000, 8, 8
LONGEST_NAME = 200
FIX = "give the released file, colorization_release_v2.caffemodel, whole"

Arrays = tuple[NDArray[np.float32], ...]


class Field(NamedTuple):
    """A field of a message: its number, and a whole number or the bytes of a string or message."""

    number: int
    value: int | memoryview


def read_caffemodel(path: Path) -> dict[str, Arrays]:
    """The arrays of each layer that has some: name -> its blobs, float32, in the file's own order.

    Raises:
        CheckpointError: there is no such file, it is too large, or no NetParameter.
    """
    data = memoryview(read_bounded(path, MAX_BYTES, FIX))
    try:
        return _layers(data)
    except _Unfit as error:
        raise CheckpointError(f"no network of Caffe: {error}", path, FIX) from error


class _Unfit(ValueError):
    """The bytes are no such message."""


class _Reader:
    """Reads fields, and counts them over all messages."""

    def __init__(self) -> None:
        self.left = MAX_FIELDS

    def fields(self, data: memoryview) -> Iterator[Field]:
        """The fields of a message, one after another; fixed numbers are passed over."""
        at = 0
        while at < len(data):
            self.left -= 1
            if self.left < 0:
                raise _Unfit(f"more than {MAX_FIELDS:,} fields")
            key, at = _varint(data, at)
            number, kind = key >> 3, key & 7
            if kind == VARINT:
                value, at = _varint(data, at)
                yield Field(number, value)
                continue
            if kind in (FIXED32, FIXED64):
                length = 4 if kind == FIXED32 else 8
            elif kind == BYTES:
                length, at = _varint(data, at)
            else:
                raise _Unfit(f"a field of wire type {kind}")
            if length > len(data) - at:
                raise _Unfit(f"it ends within a field of {length:,} bytes")
            if kind == BYTES:
                yield Field(number, data[at : at + length])
            at += length


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """A number of up to ten bytes, and where it ends."""
    value = 0
    for place, byte in enumerate(data[at : at + 10]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, at + place + 1
    raise _Unfit("it ends within a number" if len(data) - at < 10 else "a number without end")


def _layers(data: memoryview) -> dict[str, Arrays]:
    reader, found = _Reader(), dict[str, Arrays]()
    for number, value in reader.fields(data):
        if number != LAYER or isinstance(value, int):
            continue
        if len(found) >= MAX_LAYERS:
            raise _Unfit(f"more than {MAX_LAYERS:,} layers")
        name, blobs = "", list[NDArray[np.float32]]()
        for inner, content in reader.fields(value):
            if inner == NAME and not isinstance(content, int):
                name = bytes(content[:LONGEST_NAME]).decode("utf-8", "replace")
            elif inner == BLOBS and not isinstance(content, int):
                blobs.append(_blob(reader, content))
            if len(blobs) > MAX_BLOBS:
                raise _Unfit(f"layer {name!r} has more than {MAX_BLOBS} arrays")
        if blobs:
            if name in found:
                raise _Unfit(f"two layers {name!r}")
            found[name] = tuple(blobs)
    if not found:
        raise _Unfit("it has no layer with weights")
    return found


def _blob(reader: _Reader, data: memoryview) -> NDArray[np.float32]:
    numbers: NDArray[np.float32] | None = None
    dims: list[int] = []
    old: dict[int, int] = {}
    for number, value in reader.fields(data):
        if number == DATA:
            if isinstance(value, int) or len(value) % 4 or numbers is not None:
                raise _Unfit("an array whose numbers are not packed floats")
            numbers = np.frombuffer(value, "<f4")
        elif number == SHAPE and not isinstance(value, int):
            dims = _dims(reader, value)
        elif number in OLD_SHAPE and isinstance(value, int):
            old[number] = value
    if numbers is None:
        raise _Unfit("an array without numbers")
    dims = dims or [old.get(one, 1) for one in OLD_SHAPE]
    size = 1
    for one in dims:  # Python's whole numbers do not overflow
        size *= one
    if len(dims) > MAX_DIMS or size != len(numbers):
        raise _Unfit(f"an array of {len(numbers):,} numbers in the shape {dims[:MAX_DIMS]}")
    return numbers.reshape(dims)


def _dims(reader: _Reader, data: memoryview) -> list[int]:
    """The sizes of a BlobShape, packed or one by one."""
    found: list[int] = []
    for number, value in reader.fields(data):
        if number != DIM:
            continue
        if isinstance(value, int):
            found.append(value)
            continue
        at = 0
        while at < len(value) and len(found) <= MAX_DIMS:
            one, at = _varint(value, at)
            found.append(one)
    return found
