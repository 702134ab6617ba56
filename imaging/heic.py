"""HEIC photos: libvips reads their header and metadata, libheif (pillow-heif) their pixels.

libvips' wheel has no decoder of HEVC. A HEIC is decoded as a whole: 3 bytes a pixel (6 if deep).
"""

from pathlib import Path

import pyvips

from basics.errors import DamagedError

KEPT = ("exif-data", "xmp-data", "iptc-data", "icc-profile-data")


def is_heic(header: pyvips.Image) -> bool:
    """Whether an opened header is of a photo whose pixels libvips cannot decode."""
    return (
        bool(header.get_typeof("heif-compression"))
        and str(header.get("heif-compression")) == "hevc"
    )


def read_heic(path: Path, header: pyvips.Image) -> pyvips.Image:
    """The decoded photo, upright, with the metadata of its header.

    Raises:
        DataError: it is damaged.
    """
    import pillow_heif  # only those who have such photos wait for it

    try:
        with path.open("rb") as file:
            photo = pillow_heif.open_heif(file, convert_hdr_to_8bit=False)
            content, mode = bytes(photo.data or b""), photo.mode
            width, height, stride = *photo.size, photo.stride
    except (OSError, ValueError, RuntimeError, SyntaxError, MemoryError) as error:
        what = f"the photo is damaged: {error}"
        raise DamagedError(what, path, "copy or download it again") from error
    deep = mode.endswith(";16")
    bands = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "RGBa": 4}[mode.removesuffix(";16")]
    row = stride // (2 if deep else 1)
    image = pyvips.Image.new_from_memory(
        content, row // bands, height, bands, "ushort" if deep else "uchar"
    ).crop(0, 0, width, height)
    kind = ("grey16" if deep else "b-w") if bands < 3 else ("rgb16" if deep else "srgb")
    image = image.copy(interpretation=kind)
    for name in KEPT:
        if header.get_typeof(name):
            image.set_type(pyvips.GValue.blob_type, name, header.get(name))
    image.set_type(pyvips.GValue.gint_type, "orientation", 1)  # libheif has turned it
    return image
