"""WebP, GIF, AVIF and HEIC: what came from films, and may hold several frames."""

from io import BytesIO
from typing import Any

import pillow_heif
from PIL import Image

from tests.fuzz.seeds import drawn


def photos() -> dict[str, bytes]:
    """File name -> content."""
    color, gray = Image.fromarray(drawn.rgb()), Image.fromarray(drawn.gray())
    clear = color.copy()
    clear.putalpha(gray)
    several = {"save_all": True, "append_images": [color.rotate(180), color.rotate(90)]}
    carried = {"exif": drawn.exif(), "xmp": drawn.XMP, "icc_profile": drawn.icc()}
    vips = drawn.color_image()
    return {
        "lossy.webp": _saved(color, "WEBP"),
        "lossless.webp": _saved(color, "WEBP", lossless=True),
        "alpha.webp": _saved(clear, "WEBP"),
        "frames.webp": _saved(color, "WEBP", duration=9, **several),
        "metadata.webp": _saved(color, "WEBP", **carried),
        "still.gif": _saved(gray, "GIF"),
        "frames.gif": _saved(color, "GIF", duration=9, loop=0, **several),
        "interlaced.gif": vips.gifsave_buffer(interlace=True),
        "clear.gif": _saved(clear.quantize(8), "GIF", transparency=0, comment=b"a beach"),
        "color.avif": vips.heifsave_buffer(compression="av1", Q=60, effort=0),
        "deep.avif": vips.colourspace("rgb16").heifsave_buffer(
            compression="av1", bitdepth=10, effort=0
        ),
        "alpha.avif": _saved(clear, "AVIF", speed=10),
        "frames.avif": _saved(color, "AVIF", speed=10, **several),
        "metadata.avif": _saved(color, "AVIF", speed=10, **carried),
        "color.heic": _heic(color),
        "gray.heic": _heic(gray),
        "alpha.heic": _heic(clear),
        "deep.heic": _deep_heic(),
        "metadata.heic": _heic(color, exif=b"Exif\0\0" + drawn.exif(), xmp=drawn.XMP),
        "turned.heic": _heic(color, exif=_only_turned()),
    }


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _only_turned() -> bytes:
    made = Image.Exif()
    made[0x0112] = 8
    return made.tobytes()


def _heic(image: Image.Image, **options: Any) -> bytes:
    file = BytesIO()
    pillow_heif.from_pillow(image).save(file, quality=80, **options)
    return file.getvalue()


def _deep_heic() -> bytes:
    """10 bits, gray."""
    file = BytesIO()
    size = (drawn.WIDTH, drawn.HEIGHT)
    pillow_heif.from_bytes("I;16", size, drawn.deep().tobytes()).save(file, quality=80)
    return file.getvalue()
