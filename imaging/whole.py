"""Bounds for what is decoded as a whole, before anything of it is.

JPEG, PNG and TIFF are streamed. What their decoders hold of other files, or of files whose rows do
not come in order, grows with the photo. `python -m benchmarks.large` measures it: with so much a
run stays below 1 GB.
"""

from pathlib import Path

from basics.errors import Setting, TooLargeError
from imaging.headers import Header

MOST_BYTES = 650_000_000  # that a decoder may hold; all else of a run takes less than 300 MB
# bytes per px that decoders hold, measured at 4:2:0 and with room for 4:4:4; of those that are not
# here they follow from the samples
WEBP, AVIF, DEEP_AVIF, HEIC, DEEP_HEIC, GIF = 7.7, 18.0, 24.0, 8.0, 14.0, 8.0
WRITTEN_WEBP = 16.0  # bytes per px that its encoder holds
STREAMED = "save it as JPEG, PNG or TIFF, which are read row by row"


def require_fits(header: Header, path: Path) -> None:
    """Check that what its decoder holds of a photo at once fits into memory.

    Raises:
        TooLargeError: it does not; tells how many pixels would.
    """
    pixels = header.width * header.height
    per_pixel, name, fix = _held(header)
    if pixels * per_pixel > MOST_BYTES:
        what = f"{header.width} x {header.height} px of {name}, which is decoded as a whole"
        most = int(MOST_BYTES / per_pixel)
        raise TooLargeError(f"{what}, are more than {most:,}", path, fix)
    if pixels * per_pixel + 2 * header.block_bytes > MOST_BYTES:
        what = f"a TIFF of which {header.block_bytes:,} bytes have to be decoded at once"
        raise TooLargeError(f"{what} is too large", path, "save it in smaller strips, not planar")


def require_writes(header: Header, path: Path, suffix: str) -> None:
    """Check that what is held to read a photo and to write its result fits into memory.

    Raises:
        TooLargeError: it does not.
    """
    per_pixel = _held(header)[0] + WRITTEN_WEBP
    if suffix == ".webp" and header.width * header.height * per_pixel > MOST_BYTES:
        what = f"{header.width} x {header.height} px are too many for a WebP, written as a whole"
        most, fix = int(MOST_BYTES / per_pixel), "save it as another format"
        raise TooLargeError(f"{what}: more than {most:,}", path, fix, Setting("format", "png"))


def _held(header: Header) -> tuple[float, str, str]:
    """Bytes per pixel that a decoder holds, what it decodes, and how to do without."""
    deep, samples = header.depth == 16, header.n_bands * header.depth / 8
    if header.decoder == "samples":
        return samples, "a TIFF of its kind", "save it as RGB or gray of 8 or 16 bits, not planar"
    if header.decoder == "libheif":
        return DEEP_HEIC if deep else HEIC, "HEIC", STREAMED
    if header.loader == "heifload":
        return DEEP_AVIF if deep else AVIF, "AVIF", STREAMED
    if header.loader == "webpload":
        return WEBP, "WebP", STREAMED
    if header.loader == "gifload":
        return GIF, "GIF", STREAMED
    if header.is_interlaced and header.loader == "jpegload":
        return 2.0 * header.n_bands, "progressive JPEG", "save it as JPEG that is not progressive"
    if header.is_interlaced:
        return samples, "interlaced PNG", "save it as PNG that is not interlaced"
    return 0.0, "", ""
