"""The picture in all seeds, and the metadata that some of them carry."""

import struct
from functools import cache

import numpy as np
import pyvips
from numpy.typing import NDArray
from PIL import Image, ImageCms

from tests.drawing import draw_photo

HEIGHT, WIDTH = 36, 48  # px
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
    b' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    b' xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    b' tiff:Orientation="6" tiff:ImageWidth="48"><dc:title><rdf:Alt><rdf:li xml:lang="x-default">'
    b"A beach</rdf:li></rdf:Alt></dc:title></rdf:Description></rdf:RDF></x:xmpmeta>"
)


@cache
def rgb() -> NDArray[np.uint8]:
    """(36, 48, 3) uint8 sRGB."""
    return np.ascontiguousarray(draw_photo("beach", 0)[:HEIGHT, :WIDTH])


@cache
def gray() -> NDArray[np.uint8]:
    """(36, 48) uint8."""
    return np.asarray(Image.fromarray(rgb()).convert("L"))


@cache
def deep() -> NDArray[np.uint16]:
    """(36, 48) uint16, 0 to 65535."""
    return gray().astype(np.uint16) * 257


def color_image() -> pyvips.Image:
    """The picture for libvips, sRGB."""
    return pyvips.Image.new_from_array(rgb(), interpretation="srgb")


def gray_image() -> pyvips.Image:
    """The same, gray."""
    return pyvips.Image.new_from_array(gray(), interpretation="b-w")


def deep_image() -> pyvips.Image:
    """The same, gray, 16 bits."""
    return pyvips.Image.new_from_array(deep(), interpretation="grey16")


@cache
def exif() -> bytes:
    """An EXIF block without its "Exif" mark: turned, with a sub-directory and GPS."""
    made = Image.Exif()
    made[0x0112] = 6  # orientation
    made[0x010E] = "a beach, drawn"
    made[0x0132] = "2001:02:03 04:05:06"
    made.get_ifd(0x8769).update({0x9003: "2001:02:03 04:05:06", 0xA002: WIDTH, 0xA003: HEIGHT})
    made.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 0.0), 3: "E", 4: (13.0, 24.0, 0.0)})
    return made.tobytes().removeprefix(b"Exif\0\0")


@cache
def icc() -> bytes:
    """The sRGB profile of Little CMS."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def iptc() -> bytes:
    """IPTC datasets: title, keywords, caption."""
    fields = [(5, b"A beach"), (25, b"beach"), (25, b"drawn"), (120, b"By the sea. " * 9)]
    return b"".join(
        struct.pack(">BBBH", 0x1C, 2, number, len(text)) + text for number, text in fields
    )


def photoshop(body: bytes) -> bytes:
    """A block of Photoshop's resources with IPTC in it."""
    padding = b"\0" * (len(body) % 2)
    resource = b"8BIM" + struct.pack(">HHI", 0x0404, 0, len(body)) + body + padding
    return b"Photoshop 3.0\0" + resource
