"""Regions that XMP marks lie on the same part of the photo once that is upright."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from imaging.metadata import rdf
from imaging.metadata.regions import MICROSOFT, turn_regions

X, Y, W, H = 0.125, 0.25, 0.25, 0.375  # of the stored photo, from its left upper corner
SIZE = 32, 16
PACKET = (
    f'<rdf:RDF xmlns:rdf="{rdf.RDF}" xmlns:m="{MICROSOFT}"><rdf:Description><m:Regions><rdf:Bag>'
    f'<rdf:li m:Rectangle="{X}, {Y}, {W}, {H}" m:PersonDisplayName="Ann"/>'
    "</rdf:Bag></m:Regions></rdf:Description></rdf:RDF>"
)


@pytest.mark.parametrize("turned", range(1, 9))
def test_a_face_is_where_pillow_turns_it_to(turned):
    stored = np.zeros(SIZE[::-1], np.uint8)
    stored[int(Y * 16) : int((Y + H) * 16), int(X * 32) : int((X + W) * 32)] = 255
    image = Image.fromarray(stored)
    image.getexif()[0x0112] = turned
    upright = ImageOps.exif_transpose(image)
    left, top, right, bottom = upright.getbbox() or (0, 0, 0, 0)
    width, height = upright.size
    root = rdf.read(PACKET.encode())
    turn_regions(root, turned, upright.size)
    (told,) = (
        value
        for part in rdf.written(root).decode().split("<")
        for value in [part.partition('Rectangle="')[2].partition('"')[0]]
        if value
    )
    expected = [left / width, top / height, (right - left) / width, (bottom - top) / height]
    assert [float(one) for one in told.split(",")] == pytest.approx(expected)


@pytest.mark.parametrize("rectangle", ["", "1, 2", "a, b, c, d", "1, 2, 3, 4, 5"])
def test_what_is_no_rectangle_stays_as_it_is(rectangle):
    root = rdf.read(PACKET.replace(f"{X}, {Y}, {W}, {H}", rectangle).encode())
    before = rdf.written(root)
    turn_regions(root, 6, SIZE)
    assert rdf.written(root) == before
