"""JPEGs: baseline, progressive, gray, CMYK, and each kind of metadata."""

import struct
from io import BytesIO

from PIL import Image

from tests.fuzz.seeds import drawn

XMP_MARK = b"http://ns.adobe.com/xap/1.0/\0"
GAIN_MAP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
    b' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description'
    b' xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"'
    b' hdrgm:GainMapMax="2.0" hdrgm:HDRCapacityMax="2.0"/></rdf:RDF></x:xmpmeta>'
)


def photos() -> dict[str, bytes]:
    """File name -> content."""
    plain = _saved(Image.fromarray(drawn.gray()))
    color = Image.fromarray(drawn.rgb())
    return {
        "gray.jpg": plain,
        "color420.jpg": _saved(color, subsampling=2),
        "color411.jpg": _saved(color, subsampling="4:1:1"),
        "progressive.jpg": _saved(color, progressive=True),
        "gray-progressive.jpg": _saved(Image.fromarray(drawn.gray()), progressive=True),
        "cmyk.jpg": _saved(color.convert("CMYK")),
        "restarts.jpg": drawn.color_image().jpegsave_buffer(Q=80, restart_interval=2),
        "exif.jpg": _saved(color, exif=b"Exif\0\0" + drawn.exif()),
        "icc.jpg": _saved(color, icc_profile=drawn.icc()),
        "xmp.jpg": with_segments(plain, (0xE1, XMP_MARK + drawn.XMP)),
        "iptc.jpg": with_segments(plain, (0xED, drawn.photoshop(drawn.iptc()))),
        "comment.jpg": with_segments(plain, (0xFE, b"two words"), (0xFE, b"\xc3\xa9\xff\n")),
        "mpf.jpg": _two_photos(color),
        "gain-map.jpg": with_segments(_two_photos(color), (0xE1, XMP_MARK + GAIN_MAP)),
    }


def with_segments(jpeg: bytes, *segments: tuple[int, bytes]) -> bytes:
    """A JPEG with more segments (second byte of the marker, body) behind its first marker."""
    made = b"".join(
        b"\xff" + bytes([kind]) + struct.pack(">H", (len(body) + 2) & 0xFFFF) + body
        for kind, body in segments
    )
    return jpeg[:2] + made + jpeg[2:]


def _two_photos(image: Image.Image) -> bytes:
    """A photo with a smaller one behind it, as phones and 3-D cameras write it (MPF)."""
    file = BytesIO()
    image.save(file, "MPO", save_all=True, append_images=[image.resize((24, 18))])
    return file.getvalue()


def _saved(image: Image.Image, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, "JPEG", quality=80, **options)
    return file.getvalue()
