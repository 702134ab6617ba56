"""Photos of every format that is read, small, and what damage makes of them."""

from collections.abc import Iterator
from functools import cache
from io import BytesIO

import numpy as np
import pillow_heif
import pyvips
from PIL import Image

from tests.drawing import draw_photo

SIXTEENTHS = range(1, 16)


@cache
def corpus() -> dict[str, bytes]:
    """File name -> content: 48 x 36 px."""
    rgb = draw_photo("beach", 0)[:36, :48]
    color = pyvips.Image.new_from_array(np.ascontiguousarray(rgb), interpretation="srgb")
    gray = color.colourspace("b-w")
    deep = gray.cast("ushort") * 257
    deep = deep.cast("ushort").copy(interpretation="grey16")
    alpha = gray.bandjoin(gray)
    heic = BytesIO()
    pillow_heif.from_pillow(Image.fromarray(rgb)).save(heic, quality=80)
    return {
        "gray.jpg": gray.write_to_buffer(".jpg", Q=85),
        "progressive.jpg": color.write_to_buffer(".jpg", Q=85, interlace=True),
        "cmyk.jpg": color.colourspace("cmyk").write_to_buffer(".jpg", Q=85),
        "gray.png": gray.write_to_buffer(".png"),
        "interlaced.png": color.write_to_buffer(".png", interlace=True),
        "palette.png": color.write_to_buffer(".png", palette=True),
        "deep.png": deep.write_to_buffer(".png"),
        "alpha.png": alpha.write_to_buffer(".png"),
        "color.webp": color.write_to_buffer(".webp", Q=85),
        "lossless.webp": color.write_to_buffer(".webp", lossless=True),
        "strips.tif": gray.write_to_buffer(".tif", compression="deflate"),
        "tiles.tif": color.write_to_buffer(".tif", tile=True, tile_width=16, tile_height=16),
        "deep.tif": deep.write_to_buffer(".tif"),
        "bit.tif": gray.write_to_buffer(".tif", bitdepth=1, compression="ccittfax4"),
        "frame.gif": color.write_to_buffer(".gif"),
        "color.avif": color.write_to_buffer(".avif", Q=60, effort=0),
        "color.heic": heic.getvalue(),
    }


def truncated() -> Iterator[tuple[str, bytes]]:
    """Each file cut at every sixteenth of its length: name, content."""
    for name, content in corpus().items():
        stem, suffix = name.split(".")
        for part in SIXTEENTHS:
            yield f"{stem}-{part:02}.{suffix}", content[: len(content) * part // 16]


def flipped(number: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Files with one to eight bits flipped: name, content."""
    random = np.random.default_rng(seed)
    files = list(corpus().items())
    for index in range(number):
        name, content = files[index % len(files)]
        bits = np.unpackbits(np.frombuffer(content, np.uint8))
        places = random.integers(0, len(bits), random.integers(1, 9))
        bits[places] ^= 1
        stem, suffix = name.split(".")
        yield f"{stem}-{index:04}.{suffix}", np.packbits(bits).tobytes()
