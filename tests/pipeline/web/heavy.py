"""Photos that cost their worker much: seconds, or memory. Small as files, and quick to make."""

from functools import cache

import pyvips


@cache
def slow() -> bytes:
    """A plain JPEG of 114 megapixels: some seconds of work, and 200 MB."""
    return pyvips.Image.black(12000, 9500).cast("uchar").write_to_buffer(".jpg", Q=60)


@cache
def large() -> bytes:
    """A progressive JPEG of 72 megapixels, whose decoder holds all coefficients: 430 MB of them."""
    image = pyvips.Image.black(9000, 8000, bands=3).copy(interpretation="srgb")
    return image.write_to_buffer(".jpg", Q=60, interlace=True, subsample_mode="off")
