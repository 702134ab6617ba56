"""The same physical resolution in the container and in EXIF of every format."""

import struct
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.metadata import resolution as units
from tests.imaging.metadata.files import (
    SUFFIXES,
    chunk,
    chunks,
    colored,
    exif_block,
    exif_of,
    heif,
    jfif,
    jpeg,
    png,
    segment,
    segments,
    tags,
    tiff,
    webp,
)  # fmt: skip

PER_METRE = 100 / 2.54  # of one dot per inch


def rational(order: str, number: Fraction) -> bytes:
    return struct.pack(f"{order}LL", number.numerator, number.denominator)


def exif(x: Fraction, y: Fraction, unit: int, *, turned: int = 1) -> bytes:
    return exif_block(
        (274, 3, struct.pack("<H", turned)), (282, 5, rational("<", x)),
        (283, 5, rational("<", y)), (296, 3, struct.pack("<H", unit)),
    )  # fmt: skip


def tagged(x: Fraction, y: Fraction, unit: int) -> bytes:
    return tiff((282, 5, rational(">", x)), (283, 5, rational(">", y)),
                (296, 3, struct.pack(">H", unit)), order=">")  # fmt: skip


TEN, DPI = Fraction(10), Fraction(254, 10)
SAY_10_PER_CM = {
    "JFIF": ("in.jpg", jpeg(jfif(2, 10, 10))),
    "EXIF in JPEG": ("in.jpg", jpeg(segment(0xE1, b"Exif\0\0" + exif(TEN, TEN, 3)))),
    "EXIF over JFIF": (
        "in.jpg",
        jpeg(jfif(1, 72, 72), segment(0xE1, b"Exif\0\0" + exif(DPI, DPI, 2))),
    ),
    "pHYs": ("in.png", png(chunk(b"pHYs", struct.pack(">LLB", 1000, 1000, 1)))),
    "EXIF in PNG": ("in.png", png(chunk(b"eXIf", exif(TEN, TEN, 3)))),
    "EXIF in WebP": ("in.webp", webp(exif=exif(TEN, TEN, 3))),
    "EXIF in HEIC": ("in.heic", heif(".heic", exif=b"Exif\0\0" + exif(TEN, TEN, 3))),
    "EXIF in AVIF": ("in.avif", heif(".avif", exif=exif(TEN, TEN, 3))),
    "TIFF": ("in.tif", tagged(TEN, TEN, 3)),
    "TIFF, by the inch": ("in.tif", tagged(DPI, DPI, 2)),
}


def density(content: bytes) -> tuple[int, int, int]:
    (found,) = (data for _, data in segments(content) if data.startswith(b"JFIF\0"))
    return struct.unpack_from(">BHH", found, 7)


def physical(content: bytes) -> tuple[int, int, int]:
    (found,) = (data for kind, data in chunks(content) if kind == b"pHYs")
    return struct.unpack(">LLB", found)


def dpi_of_tags(found: dict[int, bytes], order: str = "<") -> tuple[float, float]:
    (unit,) = struct.unpack(f"{order}H", found[296])
    factor = {2: 1, 3: 2.54}[unit]
    both = (struct.unpack(f"{order}LL", found[tag]) for tag in (282, 283))
    x, y = (above / below * factor for above, below in both)
    return x, y


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("of", SAY_10_PER_CM)
def test_ten_pixels_per_centimetre_are_25_4_dpi_everywhere(tmp_path, of, suffix):
    result = colored(tmp_path, *SAY_10_PER_CM[of], suffix)
    if suffix == ".jpg":
        assert density(result) == (2, 10, 10)
    if suffix == ".png":
        assert physical(result) == (1000, 1000, 1)
    block = exif_of(result, suffix)
    assert dpi_of_tags(in_little_endian(block)) == pytest.approx((25.4, 25.4), abs=1e-3)


def in_little_endian(block: bytes) -> dict[int, bytes]:
    """The tags of a directory that may be big-endian."""
    if block[:2] == b"II":
        return tags(block)
    found = {}
    (start,) = struct.unpack_from(">L", block, 4)
    for i in range(struct.unpack_from(">H", block, start)[0]):
        tag, kind = struct.unpack_from(">HH", block, start + 2 + 12 * i)
        place = start + 10 + 12 * i
        if kind == 3:
            found[tag] = struct.pack("<H", *struct.unpack_from(">H", block, place))
        elif kind == 5:
            (at,) = struct.unpack_from(">L", block, place)
            found[tag] = struct.pack("<LL", *struct.unpack_from(">LL", block, at))
    return found


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_300_by_600_dpi_change_places_when_the_photo_is_turned(tmp_path, suffix):
    said = exif(Fraction(300), Fraction(600), 2, turned=6)
    result = colored(tmp_path, "in.jpg", jpeg(segment(0xE1, b"Exif\0\0" + said)), suffix)
    if suffix == ".jpg":
        assert density(result) == (1, 600, 300)
    if suffix == ".png":
        assert physical(result) == (round(600 * PER_METRE), round(300 * PER_METRE), 1)
    assert dpi_of_tags(tags(exif_of(result, suffix))) == (600, 300)


ONLY_A_SHAPE = {
    "JFIF": ("in.jpg", jpeg(jfif(0, 2, 1))),
    "pHYs": ("in.png", png(chunk(b"pHYs", struct.pack(">LLB", 2, 1, 0)))),
    "TIFF": ("in.tif", tagged(Fraction(2), Fraction(1), 1)),
}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("of", ONLY_A_SHAPE)
def test_the_mere_shape_of_a_pixel_stays_one(tmp_path, of, suffix):
    result = colored(tmp_path, *ONLY_A_SHAPE[of], suffix)
    if suffix == ".jpg":
        assert density(result) == (0, 2, 1)
    if suffix == ".png":
        assert physical(result) == (2, 1, 0)
    found = in_little_endian(exif_of(result, suffix))
    if suffix == ".tif":
        assert struct.unpack("<H", found[296]) == (1,)
        assert found[282] == struct.pack("<LL", 2, 1)
    else:
        assert not {282, 283, 296} & set(found)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
@pytest.mark.parametrize("content", [png(), png(chunk(b"eXIf", exif(Fraction(0), TEN, 2)))])
def test_a_photo_without_a_resolution_gets_none(tmp_path, suffix, content):
    result = colored(tmp_path, "in.png", content, suffix)
    if suffix == ".jpg":
        assert density(result) == (0, 1, 1)
    if suffix == ".png":
        assert b"pHYs" not in dict(chunks(result))
    assert not {282, 283, 296} & set(in_little_endian(exif_of(result, suffix)))


@given(st.integers(1, 4800), st.integers(1, 4800), st.sampled_from([units.INCH, units.CM]))
def test_whole_numbers_survive_jfif_and_png(x, y, unit):
    found = units.resolution(x, y, unit)
    assert found is not None
    kept = units.of_jfif(*found.for_jfif())
    assert kept is not None
    assert kept.per(unit) == (x, y)
    again = units.of_png(*found.for_png())
    assert again is not None
    assert [float(one) for one in again.per(unit)] == pytest.approx([x, y], abs=0.02)


@given(st.fractions(0, 10**7), st.fractions(0, 10**7), st.integers(0, 5))
def test_no_number_stops_it(x, y, unit):
    found = units.resolution(x, y, unit)
    if found:
        assert all(0 <= one < 2**16 for one in found.for_jfif())
        assert all(0 <= one < 2**32 for one in found.for_png())
