"""What photos say of themselves, read back by Pillow, which is not what wrote it."""

from io import BytesIO
from typing import Any

import numpy as np
import pillow_heif
import pytest
import pyvips
from PIL import ExifTags, Image, ImageCms

from imaging.formats import Saving
from imaging.metadata import LARGEST, NOTE
from imaging.photo import open_photo
from imaging.writer import write_photo
from tests.drawing import draw_photo
from tests.imaging.network_inputs import network_input

GRAY = np.random.default_rng(0).integers(0, 256, (60, 90), dtype=np.uint8)
XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
    b'<?xpacket end="w"?>'
)
IPTC = b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\x0a\x1c\x02\x69\x00\x05Emma."
BASE = ExifTags.Base
GPS = {1: "N", 2: (48.0, 51.0, 29.6), 3: "E", 4: (2.0, 17.0, 40.2)}
SAID = {
    BASE.ImageDescription: "Aunt Emma at the sea",
    BASE.Make: "Leica",
    BASE.Artist: "Ann",
    BASE.Copyright: "(c) Ann",
}


def exif(orientation=1, software="Scan 1"):
    made = Image.Exif()
    for tag, value in SAID.items():
        made[tag] = value
    made[BASE.Software] = software
    made[BASE.Orientation] = orientation
    made.get_ifd(ExifTags.IFD.Exif)[BASE.DateTimeOriginal] = "1950:01:02 03:04:05"
    made.get_ifd(ExifTags.IFD.GPSInfo).update(GPS)
    return made


def jpeg(folder, **options):
    path = folder / "in.jpg"
    Image.fromarray(GRAY).save(path, exif=exif(), xmp=XMP, dpi=(300, 300), quality=95, **options)
    return path


def png(folder):
    path = folder / "in.png"
    Image.fromarray(GRAY).save(path, exif=exif(), dpi=(300, 300))
    return path


def webp(folder):
    path = folder / "in.webp"
    made = exif()
    made[BASE.XResolution], made[BASE.YResolution], made[BASE.ResolutionUnit] = 300, 300, 2
    Image.fromarray(GRAY).convert("RGB").save(path, exif=made, xmp=XMP)
    return path


def heic(folder):
    path = folder / "in.heic"
    photo = pillow_heif.from_pillow(Image.fromarray(GRAY).convert("RGB"))
    photo.save(path, exif=exif().tobytes(), xmp=XMP)
    return path


def tiff(folder):
    """Written by libvips and tifftools, as any TIFF that was coloured before."""
    colorize(jpeg(folder), folder / "in.tif")
    return folder / "in.tif"


def colorize(path, output, **saving):
    photo = open_photo(path)
    ab = np.full((4, 4, 2), 0.1, np.float32)
    write_photo(photo, ab, output, lightness=network_input(photo), saving=Saving(**saving))
    return Image.open(BytesIO(output.read_bytes()))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("make", [jpeg, png, webp, heic, tiff])
def test_what_a_photo_says_goes_with_it(tmp_path, make, suffix):
    result = colorize(make(tmp_path), tmp_path / f"out{suffix}")
    said = result.getexif()
    assert {tag: said.get(tag) for tag in SAID} == SAID
    assert said.get_ifd(ExifTags.IFD.Exif)[BASE.DateTimeOriginal] == "1950:01:02 03:04:05"
    assert dict(said.get_ifd(ExifTags.IFD.GPSInfo)) == GPS
    assert said.get(BASE.Orientation, 1) == 1


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("make", [jpeg, webp, heic, tiff])
def test_xmp_goes_with_it(tmp_path, make, suffix):
    result = colorize(make(tmp_path), tmp_path / f"out{suffix}")
    told = result.info.get("xmp") or result.info.get("XML:com.adobe.xmp")
    told = told or result.getexif().get(BASE.XMLPacket)
    assert b"x:xmpmeta" in (told if isinstance(told, bytes) else str(told).encode())


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
@pytest.mark.parametrize("make", [jpeg, png, webp, tiff])
def test_the_resolution_goes_with_it(tmp_path, make, suffix):
    result = colorize(make(tmp_path), tmp_path / f"out{suffix}")
    assert result.info["dpi"] == pytest.approx((300, 300), abs=0.1)


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_iptc_goes_with_it_where_the_format_has_a_place(tmp_path, suffix):
    image = pyvips.Image.new_from_array(GRAY).copy()
    iptc: Any = IPTC  # which pyvips takes, though its types do not say so
    image.set_type(pyvips.GValue.blob_type, "iptc-data", iptc)
    image.write_to_file(str(tmp_path / "in.jpg"))
    colorize(tmp_path / "in.jpg", tmp_path / f"out{suffix}")
    colorize(tmp_path / f"out{suffix}", tmp_path / "again.jpg")
    told: Any = pyvips.Image.new_from_file(str(tmp_path / "again.jpg")).get("iptc-data")
    assert bytes(told) == IPTC


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("strip", [False, True])
def test_a_result_says_that_its_colours_are_predicted(tmp_path, suffix, strip):
    Image.fromarray(GRAY).save(tmp_path / "in.png")
    result = colorize(tmp_path / "in.png", tmp_path / f"out{suffix}", strip=strip)
    assert result.getexif()[BASE.Software] == NOTE


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_the_note_follows_what_software_said_and_comes_once(tmp_path, suffix):
    colorize(jpeg(tmp_path), tmp_path / f"once{suffix}")
    twice = colorize(tmp_path / f"once{suffix}", tmp_path / f"twice{suffix}")
    assert twice.getexif()[BASE.Software] == f"Scan 1; {NOTE}"


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("make", [jpeg, png, webp, heic, tiff])
def test_strip_leaves_nothing_but_the_note(tmp_path, make, suffix):
    colorize(make(tmp_path), tmp_path / f"out{suffix}", strip=True)
    content = (tmp_path / f"out{suffix}").read_bytes()
    for private in (b"Aunt Emma", b"Leica", b"1950:01:02", b"xmpmeta", b"Scan 1"):
        assert private not in content
    result = Image.open(BytesIO(content))
    assert not result.getexif().get_ifd(ExifTags.IFD.GPSInfo)
    assert result.getexif()[BASE.Software] == NOTE


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_a_result_is_tagged_as_srgb(tmp_path, suffix):
    profile = colorize(jpeg(tmp_path), tmp_path / f"out{suffix}").info["icc_profile"]
    assert "sRGB" in ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(BytesIO(profile)))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_a_megabyte_of_exif_is_left_out_with_a_warning(tmp_path, suffix, caplog):
    made = exif()
    made[BASE.ImageDescription] = "x" * 1_000_000
    path = tmp_path / "in.png"
    Image.fromarray(GRAY).save(path, exif=made)
    result = colorize(path, tmp_path / f"out{suffix}")
    assert "too large and is left out" in caplog.text
    assert result.getexif()[BASE.Software].endswith(NOTE)
    assert (tmp_path / f"out{suffix}").stat().st_size < LARGEST + 60_000


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
@pytest.mark.parametrize(
    "block",
    [
        b"Exif\0\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"\0" * 5000,
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff",
    ],
)
def test_damaged_exif_does_not_stop_a_photo(tmp_path, block, suffix):
    image = pyvips.Image.new_from_array(GRAY).copy()
    path = tmp_path / "in.webp"
    Image.fromarray(GRAY).convert("RGB").save(path, exif=block)
    assert image.width == 90
    result = colorize(path, tmp_path / f"out{suffix}")
    assert result.size == (90, 60)


@pytest.mark.parametrize("suffix", [".tif", ".jpg"])
def test_flipped_bits_in_exif_never_stop_a_photo(tmp_path, suffix):
    whole = exif().tobytes()
    random = np.random.default_rng(0)
    small = Image.fromarray(GRAY[:8, :8]).convert("RGB")
    for _ in range(15):
        bits = np.unpackbits(np.frombuffer(whole, np.uint8))
        bits[random.integers(48, len(bits), 12)] ^= 1
        small.save(tmp_path / "in.webp", exif=np.packbits(bits).tobytes())
        small.save(tmp_path / "in.png")
        result = colorize(tmp_path / "in.webp", tmp_path / f"out{suffix}")
        assert result.size == (8, 8)
        colorize(tmp_path / f"out{suffix}", tmp_path / "again.webp")


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_heic_is_turned_once(tmp_path, orientation):
    drawn = Image.fromarray(draw_photo("beach", 0))
    photo = pillow_heif.from_pillow(drawn)
    photo.save(tmp_path / "in.heic", exif=exif(orientation).tobytes(), quality=90)
    drawn.save(tmp_path / "in.png", exif=exif(orientation))
    of_heic = network_input(open_photo(tmp_path / "in.heic"))
    of_png = network_input(open_photo(tmp_path / "in.png"))
    np.testing.assert_allclose(of_heic, of_png, atol=0.05)
    heic_result = colorize(tmp_path / "in.heic", tmp_path / "heic.png")
    png_result = colorize(tmp_path / "in.png", tmp_path / "png.png")
    assert heic_result.size == png_result.size
    assert heic_result.getexif().get(BASE.Orientation, 1) == 1
