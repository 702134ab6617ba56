"""A Pillow image is turned as its EXIF says, like a file."""

import numpy as np
import pytest
from PIL import Image

from pipeline.media.images import image_frame

UPRIGHT = np.arange(12 * 20, dtype=np.uint8).reshape(12, 20)
STORED = {1: UPRIGHT, 3: np.rot90(UPRIGHT, 2), 6: np.rot90(UPRIGHT, 1), 8: np.rot90(UPRIGHT, -1)}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("mode", ["L", "I;16"])
def test_a_turned_image_is_seen_upright(orientation, mode):
    kind = np.uint16 if mode == "I;16" else np.uint8
    image = Image.fromarray(np.ascontiguousarray(STORED[orientation].astype(kind)))
    image.getexif()[274] = orientation
    frame = image_frame(image)
    assert frame.size == (20, 12)
    np.testing.assert_array_equal(frame.full().numpy().squeeze(), UPRIGHT)


def test_exif_that_is_damaged_turns_nothing():
    image = Image.fromarray(UPRIGHT)
    image.info["exif"] = b"Exif\0\0II*\0\xff\xff\xff\xff"
    with pytest.warns(UserWarning, match="Corrupt EXIF data"):
        frame = image_frame(image)
    assert frame.size == (20, 12)
