"""HEIC photos: libvips reads their header and metadata, libheif (pillow-heif) their pixels.

libvips' wheel has no decoder of HEVC. A HEIC is decoded as a whole: 3 bytes a pixel (6 if deep).
"""

import struct
from pathlib import Path

import numpy as np
import pyvips

from basics.errors import DamagedError, TooLargeError
from imaging.loading import one_line

KEPT = ("exif-data", "xmp-data", "iptc-data", "icc-profile-data")
BANDS = {"L": 1, "I": 1, "LA": 2, "La": 2, "RGB": 3, "RGBA": 4, "RGBa": 4}
# what pillow-heif raises for damaged files; EOFError is no OSError
DAMAGE = (OSError, ValueError, RuntimeError, SyntaxError, MemoryError, EOFError, LookupError,
          ArithmeticError, TypeError, AttributeError, BufferError, struct.error)  # fmt: skip


def is_heic(header: pyvips.Image) -> bool:
    """Whether an opened header is of a photo whose pixels libvips cannot decode."""
    return (
        bool(header.get_typeof("heif-compression"))
        and str(header.get("heif-compression")) == "hevc"
    )


def read_heic(path: Path, header: pyvips.Image) -> pyvips.Image:
    """The decoded photo, upright, with the metadata of its header.

    Raises:
        DamagedError: it is damaged.
    """
    import pillow_heif  # only those who have such photos wait for it

    try:
        with path.open("rb") as file:
            photo = pillow_heif.open_heif(file, convert_hdr_to_8bit=False)
            _require_size(photo.size, header, path)
            content, mode = photo.data, photo.mode
            _require_size(photo.size, header, path)  # as decoded, which may be another again
            width, height, stride = *photo.size, photo.stride
        base, _, depth = mode.partition(";")
        bands, kind = BANDS[base], np.dtype("<u2" if depth else "u1")  # deeper than 8: 16 bits
        rows = np.frombuffer(content or b"", kind).reshape(height, stride // kind.itemsize)
        pixels = rows[:, : width * bands].reshape(height, width, bands)
    except DAMAGE as error:
        said = one_line(str(error) or type(error).__name__)
        if "ecurity limit" in said:
            raise TooLargeError(f"too large for libheif: {said}", path, "shrink it") from error
        what = f"the photo is damaged: {said}"
        raise DamagedError(what, path, "copy or download it again") from error
    gray, deep = bands < 3, kind.itemsize == 2
    name = ("grey16" if deep else "b-w") if gray else ("rgb16" if deep else "srgb")
    native = np.ascontiguousarray(pixels, kind.newbyteorder("="))
    image = pyvips.Image.new_from_array(native, interpretation=name)
    if base in ("La", "RGBa"):
        image = image.unpremultiply(max_alpha=65535 if deep else 255).cast(image.format)
    image = image.copy(interpretation=name)
    for field in KEPT:
        if header.get_typeof(field):
            image.set_type(pyvips.GValue.blob_type, field, header.get(field))
    image.set_type(pyvips.GValue.gint_type, "orientation", 1)  # libheif has turned it
    return image


def _require_size(size: tuple[int, int], header: pyvips.Image, path: Path) -> None:
    """Raise `DamagedError` if libheif finds another size than was checked against bounds."""
    if sorted(size) != sorted((header.width, header.height)):
        what = f"the photo is damaged: {size[0]} x {size[1]} px in a file of another size"
        raise DamagedError(what, path, "copy or download it again")
