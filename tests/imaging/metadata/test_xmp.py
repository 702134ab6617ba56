"""What XMP says of size, orientation, colours and profile is true of the result; the rest stays."""

import hashlib
import struct
import time
from io import BytesIO
from xml.etree import ElementTree

import pytest
from PIL import Image

from imaging.metadata import rdf
from tests.imaging.metadata.files import (
    HEIGHT,
    MORE_HEAD,
    SUFFIXES,
    WIDTH,
    XMP_HEAD,
    chunk,
    colored,
    exif_block,
    gif,
    heif,
    itxt,
    jpeg,
    png,
    segment,
    segments,
    tiff,
    webp,
    xmp_of,
)  # fmt: skip

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
SPACES = {
    "tiff": "http://ns.adobe.com/tiff/1.0/", "exif": "http://ns.adobe.com/exif/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/", "xmp": "http://ns.adobe.com/xap/1.0/",
    "dc": "http://purl.org/dc/elements/1.1/", "GPano": "http://ns.google.com/photos/1.0/panorama/",
    "hdrgm": "http://ns.adobe.com/hdr-gain-map/1.0/",
    "Container": "http://ns.google.com/photos/1.0/container/",
    "crs": "http://ns.adobe.com/camera-raw-settings/1.0/",
    "GCamera": "http://ns.google.com/photos/1.0/camera/",
}  # fmt: skip
XMLNS = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in SPACES.items())
WAS = {
    "tiff:Orientation": "6", "tiff:ImageWidth": "999", "tiff:ImageLength": "888",
    "exif:PixelXDimension": "999", "exif:PixelYDimension": "888", "exif:ColorSpace": "65535",
    "photoshop:ColorMode": "1", "photoshop:ICCProfile": "Dot Gain 20%",
    "tiff:PhotometricInterpretation": "1", "tiff:SamplesPerPixel": "1", "tiff:BitsPerSample": "8",
    "tiff:Compression": "5", "crs:ConvertToGrayscale": "True", "hdrgm:Version": "1.0",
    "GCamera:MotionPhoto": "1", "GCamera:Rating": "3", "GPano:ProjectionType": "equirectangular",
    "photoshop:City": "K&#xF6;ln &amp; Bonn&#xA;am Rhein",
}  # fmt: skip
TRUE = {
    "tiff:Orientation": "1", "tiff:ImageWidth": str(WIDTH), "tiff:ImageLength": str(HEIGHT),
    "exif:PixelXDimension": str(WIDTH), "exif:PixelYDimension": str(HEIGHT),
    "exif:ColorSpace": "1", "photoshop:ColorMode": "3",
    "photoshop:ICCProfile": "sRGB IEC61966-2.1", "tiff:PhotometricInterpretation": "2",
    "tiff:SamplesPerPixel": "3", "tiff:BitsPerSample": "8 8 8", "GCamera:Rating": "3",
    "GPano:ProjectionType": "equirectangular", "photoshop:City": "Köln & Bonn\nam Rhein",
    "dc:title": "Haus",
}  # fmt: skip
TITLE = '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Haus</rdf:li></rdf:Alt></dc:title>'
THUMBNAIL = "<xmp:Thumbnails><rdf:Alt><rdf:li>AAAAGRAY</rdf:li></rdf:Alt></xmp:Thumbnails>"
CONTAINER = "<Container:Directory><rdf:Seq><rdf:li>GAINMAP</rdf:li></rdf:Seq></Container:Directory>"
REST = f"{TITLE}{THUMBNAIL}{CONTAINER}</rdf:Description>"


def meta(inside: str, wrapped: bool = True) -> str:
    whole = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">{inside}</rdf:RDF>'
    whole += "</x:xmpmeta>"
    if not wrapped:
        return whole
    head = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    return f"{head}{whole}{' ' * 500}<?xpacket end='r'?>"


def as_attributes() -> str:
    said = " ".join(f'{name}="{value}"' for name, value in WAS.items())
    return f'<rdf:Description rdf:about="" {XMLNS} {said}>{REST}'


def as_elements() -> str:
    said = "".join(f"<{name}>{value}</{name}>" for name, value in WAS.items())
    return f'<rdf:Description rdf:about="" {XMLNS}>{said}{REST}'


def as_many() -> str:
    """A description for each property, with prefixes that nobody else uses."""
    said = ""
    for name, value in WAS.items():
        prefix, local = name.split(":")
        said += f'<rdf:Description rdf:about="" xmlns:q="{SPACES[prefix]}"><q:{local}>{value}'
        said += f"</q:{local}></rdf:Description>"
    return f'{said}<rdf:Description rdf:about="" {XMLNS}>{REST}'


FORMS = {
    "attributes": meta(as_attributes()).encode(),
    "elements": meta(as_elements()).encode(),
    "many": meta(as_many(), wrapped=False).encode(),
    "UTF-16": meta(as_attributes()).encode("utf-16"),
    "UTF-16, big, no mark": meta(as_elements()).replace("\ufeff", "", 1).encode("utf-16-be"),
    "UTF-32": meta(as_attributes()).encode("utf-32"),
    "Latin-1": b'<?xml version="1.0" encoding="ISO-8859-1"?>'
    + meta(as_attributes(), wrapped=False).encode("latin-1"),
    "NULs at the end": meta(as_attributes()).encode() + bytes(7),
    "remains of another at the end": meta(as_attributes()).encode() + b"\0d rubbish",
}


def said_by(packet: bytes) -> dict[str, str]:
    """The properties of a packet, as ElementTree reads them."""
    names = {uri: prefix for prefix, uri in SPACES.items()}
    found: dict[str, str] = {}
    for node in ElementTree.fromstring(packet.decode()).iter(f"{{{RDF}}}Description"):
        pairs = [*node.attrib.items(), *((one.tag, one) for one in node)]
        for key, value in pairs:
            uri, _, local = key[1:].partition("}")
            if uri != RDF:
                text = (
                    value
                    if isinstance(value, str)
                    else " ".join(part.strip() for part in value.itertext() if part.strip())
                )
                found[f"{names.get(uri, uri)}:{local}"] = text
    return found


PHOTOS = {
    ".jpg": lambda xmp: jpeg(segment(0xE1, XMP_HEAD + xmp)),
    ".png": lambda xmp: png(chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + xmp)),
    ".webp": lambda xmp: webp(xmp=xmp),
    ".tif": lambda xmp: tiff((700, 1, xmp)),
    ".gif": lambda xmp: gif(xmp=xmp),
    ".heic": lambda xmp: heif(".heic", xmp=xmp),
    ".avif": lambda xmp: heif(".avif", xmp=xmp),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_xmp_says_is_true_of_the_result(tmp_path, form):
    packet = xmp_of(colored(tmp_path, "in.webp", webp(xmp=FORMS[form]), ".webp"), ".webp")
    assert said_by(packet) == TRUE
    for gone in (b"AAAAGRAY", b"GAINMAP", b"hdr-gain-map", b"photos/1.0/container", b"Dot Gain"):
        assert gone not in packet


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("of", PHOTOS)
def test_from_every_format_into_every_format(tmp_path, of, suffix):
    content = PHOTOS[of](FORMS["elements"])
    result = colored(tmp_path, f"in{of}", content, suffix)
    width, height = Image.open(BytesIO(result)).size
    assert (width, height) == {
        ".avif": (4 * WIDTH, 4 * HEIGHT),
        ".heic": (4 * HEIGHT, 4 * WIDTH),  # pillow-heif turns by XMP as it writes
    }.get(of, (WIDTH, HEIGHT))
    size = {"tiff:ImageWidth": str(width), "tiff:ImageLength": str(height)}
    size |= {"exif:PixelXDimension": str(width), "exif:PixelYDimension": str(height)}
    assert said_by(xmp_of(result, suffix)) == TRUE | size


def test_a_turned_photo_has_its_sides_and_its_faces_turned_in_xmp(tmp_path):
    """Orientation 6: what was at the left is at the top."""
    region = (
        'xmlns:r="http://www.metadataworkinggroup.com/schemas/regions/" '
        'xmlns:a="http://ns.adobe.com/xmp/sType/Area#" '
        'xmlns:d="http://ns.adobe.com/xap/1.0/sType/Dimensions#"'
    )
    faces = (
        f'<r:Regions {region} rdf:parseType="Resource"><r:AppliedToDimensions d:w="30" d:h="20" '
        'd:unit="pixel"/><r:RegionList><rdf:Bag><rdf:li><rdf:Description r:Name="Ann">'
        '<r:Area a:x="0.25" a:y="0.75" a:w="0.125" a:h="0.5" a:unit="normalized"/>'
        "</rdf:Description></rdf:li></rdf:Bag></r:RegionList></r:Regions>"
    )
    said = 'tiff:Orientation="6" tiff:ImageWidth="30" tiff:ImageLength="20"'
    packet = meta(
        f'<rdf:Description rdf:about="" {XMLNS} {said}>{faces}</rdf:Description>'
    ).encode()
    exif = exif_block((274, 3, struct.pack("<H", 6)))
    photo = jpeg(segment(0xE1, b"Exif\0\0" + exif), segment(0xE1, XMP_HEAD + packet))
    told = xmp_of(colored(tmp_path, "in.jpg", photo, ".png"), ".png").decode()
    size = {"tiff:Orientation": "1", "tiff:ImageWidth": "20", "tiff:ImageLength": "30"}
    assert size.items() <= said_by(told.encode()).items()
    assert 'a:x="0.25" a:y="0.25" a:w="0.5" a:h="0.125"' in told
    assert 'd:w="20" d:h="30"' in told


BOMB = '<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
FILE = '<!DOCTYPE x [<!ENTITY b SYSTEM "file:///etc/hostname">]>'
ELSEWHERE = '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'
DEEP = f'<rdf:Description rdf:about="" {XMLNS}><dc:source>' + "<dc:a>" * 99
ENTITY = "<rdf:Description>&b;</rdf:Description>"
HOSTILE = {
    "billion laughs": (BOMB + meta(ENTITY, wrapped=False)).encode(),
    "a file": (FILE + meta(ENTITY, wrapped=False)).encode(),
    "a document type elsewhere": (ELSEWHERE + meta("", wrapped=False)).encode(),
    "cut": FORMS["elements"][:900],
    "no XML": b"\0\1\2 tiff:Orientation=6",
    "no RDF": b"<a/>",
    "not UTF-8": FORMS["elements"].replace(b"Haus", b"H\xe4us"),
    "deep": meta(DEEP + "</dc:a>" * 99 + "</dc:source></rdf:Description>").encode(),
    "many": meta("<rdf:Description/>" * (rdf.MOST_NODES + 1)).encode(),
    "many spaces": meta(
        f'<rdf:Description {" ".join(f"""xmlns:n{i}="u{i}" """ for i in range(700))}>'
        + '<a xmlns:b="c"/>' * 700 + "</rdf:Description>"
    ).encode(),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_damaged_or_hostile_xmp_is_left_out_with_a_warning(tmp_path, kind, caplog):
    started = time.process_time()
    result = colored(tmp_path, "in.webp", webp(xmp=HOSTILE[kind]), ".png")
    assert time.process_time() - started < 2
    assert xmp_of(result, ".png") == b""
    assert "its XMP is damaged" in caplog.text
    assert "left out" in caplog.text


def parts_of(extension: bytes, guid: bytes, size: int = 60_000) -> list[bytes]:
    """Segments of an extended XMP, the last one first."""
    found = []
    for at in range(0, len(extension), size):
        head = MORE_HEAD + guid + struct.pack(">LL", len(extension), at)
        found.append(segment(0xE1, head + extension[at : at + size]))
    return found[::-1]


def large_jpeg(length: int, name: bytes = b"") -> tuple[bytes, bytes]:
    depth = "Qk" * (length // 2)
    inside = (
        f'<rdf:Description rdf:about="" xmlns:tiff="{SPACES["tiff"]}" xmlns:dc="{SPACES["dc"]}"'
    )
    said = f"<tiff:Orientation>6</tiff:Orientation><dc:source>{depth}</dc:source>"
    extension = meta(f"{inside}>{said}</rdf:Description>", wrapped=False).encode()
    guid = hashlib.md5(extension).hexdigest().upper().encode()
    note = f'xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="{guid.decode()}"'
    first = meta(f'{inside} {note} tiff:ImageWidth="9">{TITLE}</rdf:Description>').encode()
    return jpeg(segment(0xE1, XMP_HEAD + first), *parts_of(extension, name or guid)), depth.encode()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_xmp_above_64_kb_goes_along(tmp_path, suffix):
    photo, depth = large_jpeg(200_000)
    result = colored(tmp_path, "in.jpg", photo, suffix)
    told = said_by(xmp_of(result, suffix))
    assert told["dc:title"] == "Haus"
    assert told["tiff:ImageWidth"] == str(WIDTH)
    if suffix == ".jpg":
        assert told["http://ns.adobe.com/xmp/note/:HasExtendedXMP"]
        guid = told["http://ns.adobe.com/xmp/note/:HasExtendedXMP"].encode()
        parts = [data[len(MORE_HEAD) :] for _, data in segments(result) if MORE_HEAD in data]
        assert all(part.startswith(guid) for part in parts)
        whole = b"".join(part[40:] for part in parts)
        assert [struct.unpack_from(">LL", part, 32)[0] for part in parts] == [len(whole)] * len(
            parts
        )
        assert hashlib.md5(whole).hexdigest().upper().encode() == guid
        told |= said_by(whole)
    assert told["dc:source"].encode() == depth
    assert told["tiff:Orientation"] == "1"


def test_a_large_packet_of_another_format_is_extended_in_a_jpeg(tmp_path):
    inside = f'<rdf:Description rdf:about="" {XMLNS} dc:format="image/png">{TITLE}<dc:source>'
    packet = meta(inside + "x" * 90_000 + "</dc:source></rdf:Description>")
    result = colored(tmp_path, "in.png", png(itxt("XML:com.adobe.xmp", packet)), ".jpg")
    told = said_by(xmp_of(result, ".jpg"))
    assert (told["dc:title"], told["dc:format"]) == ("Haus", "image/jpeg")
    parts = [data[len(MORE_HEAD) + 40 :] for _, data in segments(result) if MORE_HEAD in data]
    assert said_by(b"".join(parts))["dc:source"] == "x" * 90_000


@pytest.mark.parametrize("damage", ["a part is missing", "too large", "another name"])
def test_an_extension_that_is_not_whole_is_left_out_with_a_warning(tmp_path, damage, caplog):
    length = 9_000_000 if damage == "too large" else 200_000
    photo, _ = large_jpeg(length, b"0" * 32 if damage == "another name" else b"")
    if damage == "a part is missing":
        photo = photo.replace(MORE_HEAD, MORE_HEAD[:-2] + b"x\0", 1)
    result = colored(tmp_path, "in.jpg", photo, ".png")
    assert said_by(xmp_of(result, ".png"))["dc:title"] == "Haus"
    assert "a part of its XMP is left out" in caplog.text
    assert b"QkQkQk" not in result


def test_xmp_that_cannot_be_divided_is_left_out_of_a_jpeg_with_a_warning(tmp_path, caplog):
    said = f'<rdf:Description rdf:about="" {XMLNS} dc:source="{"x" * 70_000}"/>'
    result = colored(tmp_path, "in.png", png(itxt("XML:com.adobe.xmp", meta(said))), ".jpg")
    assert xmp_of(result, ".jpg") == b""
    assert "its XMP is too large for a JPEG and is left out" in caplog.text


def test_many_small_properties_are_divided_in_a_moment(tmp_path):
    inside = f'<rdf:Description rdf:about="" {XMLNS}>' + "<dc:a>b</dc:a>" * 20_000
    packet = meta(inside + "</rdf:Description>").encode()
    started = time.process_time()
    result = colored(tmp_path, "in.webp", webp(xmp=packet), ".jpg")
    assert time.process_time() - started < 2
    parts = [data[len(MORE_HEAD) + 40 :] for _, data in segments(result) if MORE_HEAD in data]
    whole = b"".join(parts) + xmp_of(result, ".jpg")
    assert whole.count(b"dc:a") >= 20_000
