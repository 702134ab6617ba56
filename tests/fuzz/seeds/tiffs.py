"""TIFFs: strips, tiles, planes, each codec, odd depths, several pages, CIELAB."""

import struct
from io import BytesIO
from typing import Any

import numpy as np
import tifffile
from PIL import Image

from tests.fuzz.seeds import drawn


def photos() -> dict[str, bytes]:
    """File name -> content."""
    vips, color = drawn.gray_image(), drawn.color_image()
    made = {
        "gray.tif": vips.tiffsave_buffer(),
        "strips.tif": color.tiffsave_buffer(compression="deflate", predictor="horizontal"),
        "tiles.tif": color.tiffsave_buffer(tile=True, tile_width=16, tile_height=16),
        "tiles-jpeg.tif": color.tiffsave_buffer(
            tile=True, tile_width=16, tile_height=16, compression="jpeg"
        ),
        "pyramid.tif": color.tiffsave_buffer(
            tile=True, tile_width=16, tile_height=16, pyramid=True, subifd=True
        ),
        "fax.tif": vips.tiffsave_buffer(bitdepth=1, compression="ccittfax4"),
        "bits2.tif": vips.tiffsave_buffer(bitdepth=2),
        "bits4.tif": vips.tiffsave_buffer(bitdepth=4),
        "deep.tif": drawn.deep_image().tiffsave_buffer(compression="lzw"),
        "alpha.tif": vips.bandjoin(vips).tiffsave_buffer(),
        "big.tif": color.tiffsave_buffer(bigtiff=True),
        "lab.tif": color.colourspace("lab").tiffsave_buffer(),
        "bits12.tif": _packed(12),
        "bits6.tif": _packed(6),
    }
    image = Image.fromarray(drawn.rgb())
    for codec in ("tiff_lzw", "packbits", "jpeg"):
        made[f"{codec.removeprefix('tiff_')}.tif"] = _by_pillow(image, compression=codec)
    made |= {
        "cmyk.tif": _by_pillow(image.convert("CMYK")),
        "palette.tif": _by_pillow(image.quantize(16)),
        "float.tif": _by_pillow(image.convert("F")),
        "metadata.tif": _by_pillow(
            image, exif=b"Exif\0\0" + drawn.exif(), icc_profile=drawn.icc(), dpi=(300, 300)
        ),
        "pages.tif": _by_pillow(image, save_all=True, append_images=[image.rotate(90)] * 3),
        "planes.tif": _by_tifffile(drawn.rgb().transpose(2, 0, 1), planarconfig="separate"),
        "planes-tiles.tif": _by_tifffile(
            drawn.rgb().transpose(2, 0, 1), planarconfig="separate", tile=(16, 16)
        ),
        "big-endian.tif": _by_tifffile(drawn.rgb(), byteorder=">"),
        "xmp.tif": _by_tifffile(
            drawn.gray(),
            photometric="minisblack",
            extratags=[
                (700, "B", len(drawn.XMP), drawn.XMP, True),
                (33723, "B", len(drawn.iptc()), drawn.iptc(), True),
            ],
        ),
    }
    return made


def _packed(bits: int) -> bytes:
    """Gray with an odd number of bits a sample, in one strip without compression."""
    wide = np.unpackbits(drawn.deep().astype(">u2")[..., None].view(np.uint8), axis=-1)
    strip = np.packbits(wide[..., :bits].reshape(drawn.HEIGHT, -1), axis=-1).tobytes()
    entries = [
        (256, 3, drawn.WIDTH), (257, 3, drawn.HEIGHT), (258, 3, bits), (259, 3, 1), (262, 3, 1),
        (273, 4, 8 + 2 + 9 * 12 + 4), (277, 3, 1), (278, 3, drawn.HEIGHT), (279, 4, len(strip)),
    ]  # fmt: skip
    packed = b"".join(
        struct.pack("<HHI", tag, kind, 1) + struct.pack("<HH" if kind == 3 else "<I",
                                                        *([value, 0] if kind == 3 else [value]))
        for tag, kind, value in entries
    )  # fmt: skip
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + packed + bytes(4) + strip


def _by_pillow(image: Image.Image, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, "TIFF", **options)
    return file.getvalue()


def _by_tifffile(array: np.ndarray, **options: Any) -> bytes:
    file = BytesIO()
    byteorder = options.pop("byteorder", "<")
    how = {"photometric": "rgb", **options}
    tifffile.imwrite(file, array, byteorder=byteorder, software="", **how)
    return file.getvalue()
