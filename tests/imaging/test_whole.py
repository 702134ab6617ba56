"""What cannot be streamed is bounded, and told with what to do."""

import struct
from pathlib import Path
from zlib import crc32

import pytest
import pyvips

from basics.errors import TooLargeError
from imaging.headers import Header
from imaging.photo import open_photo
from imaging.whole import MOST_BYTES, require_fits, require_writes

COMMON = {"depth": 8, "n_bands": 3, "has_alpha": False, "orientation": 1}
STREAMED = {
    "JPEG": {"loader": "jpegload"},
    "PNG": {"loader": "pngload"},
    "TIFF": {"loader": "tiffload"},
}
WHOLE = {
    "WebP": ({"loader": "webpload"}, 84_000_000),
    "AVIF": ({"loader": "heifload"}, 36_000_000),
    "AVIF, deep": ({"loader": "heifload", "depth": 16}, 27_000_000),
    "HEIC": ({"loader": "heifload", "decoder": "libheif"}, 81_000_000),
    "GIF": ({"loader": "gifload"}, 81_000_000),
    "progressive JPEG": ({"loader": "jpegload", "is_interlaced": True}, 108_000_000),
    "interlaced PNG": ({"loader": "pngload", "is_interlaced": True}, 216_000_000),
    "TIFF of its kind": ({"loader": "tiffload", "decoder": "samples"}, 216_000_000),
}


def header(pixels, facts):
    return Header(width=1000, height=pixels // 1000, **{**COMMON, **facts})


@pytest.mark.parametrize("facts", STREAMED.values(), ids=STREAMED)
def test_what_is_streamed_has_no_bound_here(facts):
    require_fits(header(10**9, facts), Path("a"))
    assert header(10**9, facts).block_bytes == 0


@pytest.mark.parametrize(("facts", "most"), WHOLE.values(), ids=WHOLE)
def test_what_is_decoded_as_a_whole_is_refused_above_a_bound(facts, most):
    require_fits(header(most, facts), Path("a"))
    with pytest.raises(
        TooLargeError, match=r"decoded as a whole, are more than [0-9,]+\n.*\n.*save"
    ):
        require_fits(header(most * 11 // 10, facts), Path("a"))


def test_strips_that_are_decoded_at_once_are_bounded():
    facts = {"loader": "tiffload", "block_bytes": MOST_BYTES // 2}
    require_fits(header(10**6, facts), Path("a"))
    with pytest.raises(TooLargeError, match="have to be decoded at once is too large"):
        require_fits(header(10**6, {**facts, "block_bytes": MOST_BYTES // 2 + 1}), Path("a"))


@pytest.mark.parametrize(
    ("facts", "most"), [({"loader": "jpegload"}, 40_000_000), ({"loader": "webpload"}, 27_000_000)]
)
def test_a_webp_is_written_as_a_whole(facts, most):
    require_writes(header(most, facts), Path("a"), ".webp")
    with pytest.raises(TooLargeError, match="too many for a WebP") as caught:
        require_writes(header(most * 11 // 10, facts), Path("a"), ".webp")
    assert caught.value.setting is not None
    assert caught.value.setting.as_option == "--format png"
    require_writes(header(most * 2, facts), Path("a"), ".png")


def test_a_file_says_it_by_its_header(tmp_path):
    content = pyvips.Image.black(9, 9, bands=3).write_to_buffer(".png", interlace=True, keep="none")
    head = b"IHDR" + struct.pack(">LL", 20_000, 14_000) + content[24:29]
    path = tmp_path / "a.png"
    path.write_bytes(content[:12] + head + struct.pack(">L", crc32(head)) + content[33:])
    with pytest.raises(TooLargeError, match="20000 x 14000 px of interlaced PNG"):
        open_photo(path)
