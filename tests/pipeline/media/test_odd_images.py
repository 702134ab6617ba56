"""Arrays as programs have them: of any layout in memory, and of kinds that are no pictures."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from basics.errors import DataError
from pipeline import Colorizer

COLORIZER = Colorizer(threads=1)
GRAY = (np.arange(36 * 48) * 7 % 256).astype(np.uint8).reshape(36, 48)
RGB = np.stack([GRAY, GRAY.T.reshape(36, 48), 255 - GRAY], axis=-1)
DEEP = GRAY.astype(np.uint16) * 257


def read_only(array):
    array = array.copy()
    array.setflags(write=False)
    return array


def wide_strides():
    """Pixels that lie 40 kB apart."""
    return np.lib.stride_tricks.as_strided(
        np.tile(np.arange(250, dtype=np.uint8), 4000), (20, 30), (40_000, 1000)
    )


ODD_LAYOUTS = {
    "one channel": GRAY[..., None],
    "backwards": RGB[::-1, ::-1],
    "transposed": RGB.transpose(1, 0, 2),
    "by columns": np.asfortranarray(RGB),
    "every third": RGB[::3, ::2],
    "channels backwards": RGB[..., ::-1],
    "read only": read_only(GRAY),
    "one pixel everywhere": np.broadcast_to(GRAY[:1, :1], (40, 30)),
    "far apart": wide_strides(),
    "big endian": DEEP.astype(">u2"),
    "big endian, every other": DEEP.astype(">u2")[::2],
    "masked": np.ma.masked_array(GRAY, GRAY > 9),
    "one pixel": GRAY[:1, :1],
    "one row": GRAY[:1],
    "one column": DEEP[:, :1],
}


@pytest.mark.parametrize("name", ODD_LAYOUTS)
def test_an_array_is_coloured_as_its_plain_copy_however_it_lies_in_memory(name):
    odd = ODD_LAYOUTS[name]
    before = np.array(odd)
    plain = np.ascontiguousarray(np.array(odd), np.array(odd).dtype.newbyteorder("="))
    result = COLORIZER.colorize_array(odd)
    np.testing.assert_array_equal(result, COLORIZER.colorize_array(plain))
    np.testing.assert_array_equal(np.array(odd), before)
    assert result.shape == (*odd.shape[:2], 3)
    assert result.dtype == plain.dtype


NO_IMAGES = {
    "no rows": np.zeros((0, 5), np.uint8),
    "no columns": np.zeros((5, 0, 3), np.uint8),
    "no channels": np.zeros((5, 5, 0), np.uint8),
    "a number": np.array(3, np.uint8),
    "a row": GRAY[0],
    "two channels": RGB[..., :2],
    "five channels": np.zeros((5, 5, 5), np.uint8),
    "channels first": RGB.transpose(2, 0, 1),
    "a batch": RGB[None],
    "not a number": np.full((9, 9), np.nan),
    "infinite": np.full((9, 9), np.inf, np.float32),
    "0 to 1": GRAY / np.float32(255),
    "half floats": GRAY.astype(np.float16),
    "flags": GRAY > 9,
    "objects": GRAY.astype(object),
    "texts": GRAY.astype(str),
    "complex": GRAY.astype(complex),
    "signed": GRAY.astype(np.int8),
    "wide": GRAY.astype(np.int64),
    "dates": GRAY.astype("M8[s]"),
    "records": np.zeros((5, 5), [("a", np.uint8)]),
    "bytes": np.zeros((5, 5), "V1"),
    "a list": GRAY.tolist(),
    "a view": memoryview(GRAY.tobytes()),
    "nothing": None,
    "a path": "photo.jpg",
    "an empty picture": Image.new("L", (0, 5)),
}


@pytest.mark.parametrize("name", NO_IMAGES)
def test_what_is_no_picture_is_refused_with_what_would_be_one(name):
    with pytest.raises(DataError, match=r"no image that can be coloured: .{1,200}\n[\s\S]*uint8"):
        COLORIZER.colorize_array(NO_IMAGES[name])


def cut_short():
    file = BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 90), np.uint8)).save(
        file, "TIFF"
    )
    return Image.open(BytesIO(file.getvalue()[:4000]))


def closed():
    image = Image.new("L", (5, 5))
    image.close()
    return image


def with_info(mode, **info):
    image = Image.new(mode, (5, 5))
    image.info |= info
    return image


@pytest.mark.parametrize(
    "make",
    [
        cut_short,
        closed,
        lambda: with_info("L", icc_profile="no bytes"),
        lambda: with_info("RGB", icc_profile=12),
        lambda: with_info("L", transparency="odd"),
        lambda: with_info("P", transparency=999),
        lambda: Image.fromarray(np.full((5, 5), np.nan, np.float32)),
    ],
)
def test_a_pillow_image_that_cannot_be_decoded_is_refused(make):
    with pytest.raises(DataError, match=r"no image that can be coloured: .{1,200}\n"):
        COLORIZER.colorize_array(make())


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_profile_that_is_none_is_ignored(mode):
    assert COLORIZER.colorize_array(with_info(mode, icc_profile=b"no profile")).shape == (5, 5, 3)
