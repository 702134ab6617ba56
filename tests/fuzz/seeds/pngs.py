"""PNGs: each depth, palette, interlacing, transparency, metadata; several frames."""

import struct
import zlib
from io import BytesIO

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.fuzz.seeds import drawn

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def photos() -> dict[str, bytes]:
    """File name -> content."""
    gray, color = Image.fromarray(drawn.gray()), Image.fromarray(drawn.rgb())
    plain, vips = _saved(gray), drawn.gray_image()
    text = PngInfo()
    text.add_text("Title", "a beach")
    text.add_itxt("Description", "das Meer, grün", "de", "Beschreibung")
    text.add_text("Comment", "packed " * 20, zip=True)
    text.add_itxt("XML:com.adobe.xmp", drawn.XMP.decode())
    return {
        "gray.png": plain,
        "gray1.png": vips.pngsave_buffer(bitdepth=1),
        "gray2.png": vips.pngsave_buffer(bitdepth=2),
        "gray4.png": vips.pngsave_buffer(bitdepth=4),
        "gray16.png": drawn.deep_image().pngsave_buffer(),
        "color.png": _saved(color),
        "color16.png": drawn.color_image().colourspace("rgb16").pngsave_buffer(),
        "palette.png": _saved(color.quantize(16)),
        "palette-clear.png": _saved(color.quantize(4), transparency=1),
        "interlaced.png": drawn.color_image().pngsave_buffer(interlace=True),
        "gray-alpha.png": _saved(gray.convert("LA")),
        "color-alpha.png": _saved(color.convert("RGBA")),
        "alpha16.png": drawn.deep_image().bandjoin(drawn.deep_image()).pngsave_buffer(),
        "text.png": _saved(gray, pnginfo=text),
        "exif.png": _saved(color, exif=drawn.exif()),
        "icc.png": _saved(color, icc_profile=drawn.icc()),
        "gama.png": with_chunk(plain, b"gAMA", struct.pack(">I", 100_000)),
        "cicp.png": with_chunk(plain, b"cICP", bytes([9, 18, 0, 1])),
        "dense.png": _saved(gray, dpi=(300, 300)),
        "frames.png": _saved(color, save_all=True, append_images=[color.rotate(180)], duration=9),
    }


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_chunk(png: bytes, kind: bytes, body: bytes) -> bytes:
    """A PNG with one more chunk behind its first one."""
    first = len(SIGNATURE) + 25
    return png[:first] + chunk(kind, body) + png[first:]


def _saved(image: Image.Image, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, "PNG", **options)
    return file.getvalue()
