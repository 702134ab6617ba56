"""XMP of a result: its own words on size, colours and profile are true, all else stays."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from imaging.metadata.rdf import RDF, XML, Node, descriptions, empty, graphs, read, written
from imaging.metadata.regions import turn_regions
from imaging.metadata.resolution import RATIO, Resolution

TIFF, EXIF = "http://ns.adobe.com/tiff/1.0/", "http://ns.adobe.com/exif/1.0/"
EXIF_EX = "http://cipa.jp/exif/1.0/"
PHOTOSHOP, XAP = "http://ns.adobe.com/photoshop/1.0/", "http://ns.adobe.com/xap/1.0/"
DC, CAMERA_RAW = "http://purl.org/dc/elements/1.1/", "http://ns.adobe.com/camera-raw-settings/1.0/"
NOTE = "http://ns.adobe.com/xmp/note/"
GOOGLE_CAMERA = "http://ns.google.com/photos/1.0/camera/"
SRGB = "sRGB IEC61966-2.1"
# namespaces (and those below them) of other pictures in the same file, which do not come along:
# gain maps, containers, the first picture, depth; and of where the rest of the packet stood
GONE_SPACES = (
    "http://ns.adobe.com/hdr-gain-map/1.0/", "http://ns.apple.com/HDRGainMap/1.0/",
    "http://ns.google.com/photos/1.0/container/", "http://ns.google.com/photos/1.0/image/",
    "http://ns.google.com/photos/dd/1.0/", NOTE,
)  # fmt: skip
# how the pixels of the former file were stored, or gray ones were made; digests of what has changed
GONE = {
    (XAP, "Thumbnails"), (TIFF, "Compression"), (TIFF, "YCbCrSubSampling"),
    (TIFF, "YCbCrCoefficients"), (TIFF, "YCbCrPositioning"), (TIFF, "TransferFunction"),
    (TIFF, "WhitePoint"), (TIFF, "PrimaryChromaticities"), (TIFF, "ReferenceBlackWhite"),
    (TIFF, "NativeDigest"), (EXIF, "NativeDigest"), (EXIF, "CompressedBitsPerPixel"),
    (EXIF_EX, "Gamma"), (CAMERA_RAW, "ConvertToGrayscale"), (CAMERA_RAW, "Grayscale"),
    (PHOTOSHOP, "LegacyIPTCDigest"),
}  # fmt: skip
FILMS = ("MotionPhoto", "MicroVideo")  # GOOGLE_CAMERA: the film behind a photo stays behind
MEDIA_TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png",
               ".webp": "image/webp", ".tif": "image/tiff", ".tiff": "image/tiff"}  # fmt: skip

Key = tuple[str, str]  # namespace, local name


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a result is.

    Attributes:
        width, height: px.
        bands: 3, or 4 with alpha.
        depth: bits of each, 8 or 16.
        suffix: of its file, in small letters.
        turned: by which orientation of EXIF it was made upright, 1 to 8.
        resolution: None if it is unknown.
    """

    width: int
    height: int
    bands: int
    depth: int
    suffix: str
    turned: int = 1
    resolution: Resolution | None = None


def described(packet: bytes, more: bytes, result: Result) -> Node:
    """The tree of a packet and of its extension, true of a result.

    Raises:
        XmpError: the packet, or its extension, cannot be read.
    """
    root = read(packet)
    if more:
        _merge(root, read(more))
    words = _words(result)
    for node in descriptions(root):
        _tell(node, words)
    turn_regions(root, result.turned, (result.width, result.height))
    _remove_spaces(root)
    return root


def add_texts(root: Node | None, texts: dict[Key, str]) -> Node:
    """A packet that says some texts, too, where it has none of these properties yet."""
    root = root or empty()
    known = {key for node in descriptions(root) for key in _keys(node)}
    missing = {key: text for key, text in texts.items() if key not in known}
    if not missing:
        return root
    graph = next(graphs(root))
    node = _description(graph)
    for (space, local), text in missing.items():
        prefix = next(name for name, uri in PREFIXES.items() if uri == space)
        kind = LISTS.get((space, local))
        child = Node(f"{prefix}:{local}", {f"xmlns:{prefix}": space}, {prefix: space})
        child.children = [_list(kind, [text]) if kind else text]
        node.children.append(child)
    graph.children.append(node)
    return root


def split(root: Node, most: int) -> tuple[bytes, bytes, bytes]:
    """A packet of at most so many bytes, its extension and what names that; the largest go there.

    The packet is empty where even that does not help.
    """
    whole = written(root)
    if len(whole) <= most:
        return whole, b"", b""
    more = empty()
    (target,) = descriptions(more)
    found = [(child, node) for node in descriptions(root) for child in node.elements]
    sized = sorted(((_size(child), i) for i, (child, _) in enumerate(found)), reverse=True)
    size = len(whole) + 200  # and the name of the extension
    for n_bytes, i in sized:
        if size <= most:
            break
        child, node = found[i]
        node.children = [one for one in node.children if one is not child]
        target.children.append(_standing_alone(child, node))
        size -= n_bytes
    extension = written(more, wrapped=False)
    guid = hashlib.md5(extension, usedforsecurity=False).hexdigest().upper()
    graph = next(graphs(root))
    named = _description(graph)
    named.attributes.update({"xmlns:xmpNote": NOTE, "xmpNote:HasExtendedXMP": guid})
    graph.children.append(named)
    first = written(root)
    return (first, extension, guid.encode()) if len(first) <= most else (b"", b"", b"")


PREFIXES = {"dc": DC, "xmp": XAP, "photoshop": PHOTOSHOP}
LISTS = {(DC, "title"): "Alt", (DC, "description"): "Alt", (DC, "rights"): "Alt",
         (DC, "creator"): "Seq"}  # fmt: skip


def _words(result: Result) -> dict[Key, str | Sequence[str]]:
    """What a result says of itself, where its photo said it of itself."""
    width, height = str(result.width), str(result.height)
    words: dict[Key, str | Sequence[str]] = {
        (TIFF, "Orientation"): "1",
        (EXIF, "Orientation"): "1",
        (TIFF, "ImageWidth"): width,
        (TIFF, "ImageLength"): height,
        (EXIF, "PixelXDimension"): width,
        (EXIF, "PixelYDimension"): height,
        (EXIF, "ColorSpace"): "1",
        (EXIF, "ComponentsConfiguration"): ("1", "2", "3", "0"),
        (EXIF_EX, "InteroperabilityIndex"): "R98",
        (PHOTOSHOP, "ColorMode"): "3",
        (PHOTOSHOP, "ICCProfile"): SRGB,
        (TIFF, "PhotometricInterpretation"): "2",
        (TIFF, "PlanarConfiguration"): "1",
        (TIFF, "SamplesPerPixel"): str(result.bands),
        (TIFF, "BitsPerSample"): (str(result.depth),) * result.bands,
        (DC, "format"): MEDIA_TYPES[result.suffix],
    }
    if result.resolution and result.resolution.unit != RATIO:
        one = result.resolution
        words[TIFF, "XResolution"] = f"{one.x.numerator}/{one.x.denominator}"
        words[TIFF, "YResolution"] = f"{one.y.numerator}/{one.y.denominator}"
        words[TIFF, "ResolutionUnit"] = str(one.unit)
    return words


def _is_gone(key: Key) -> bool:
    """Whether a property does not come along."""
    space, local = key
    is_film = space == GOOGLE_CAMERA and local.startswith(FILMS)
    return key in GONE or space.startswith(GONE_SPACES) or is_film


def _tell(node: Node, words: dict[Key, str | Sequence[str]]) -> None:
    """Make the properties of a description true, as attributes or as elements."""
    for name in list(node.attributes):
        key = node.resolve(name)
        if _is_gone(key):
            del node.attributes[name]
        elif key in words:
            said = words[key]
            node.attributes[name] = said if isinstance(said, str) else " ".join(said)
    node.children = [
        child for child in node.children if isinstance(child, str) or not _is_gone(child.key)
    ]
    for child in node.elements:
        said = words.get(child.key)
        if said is None:
            continue
        child.attributes = {k: v for k, v in child.attributes.items() if k.startswith("xmlns")}
        child.children = [said if isinstance(said, str) else _list("Seq", said)]


def _remove_spaces(node: Node) -> None:
    """Take what is gone out of all depths, and then its namespaces."""
    for name, value in list(node.attributes.items()):
        is_space = name.startswith("xmlns:") and value.startswith(GONE_SPACES)
        if is_space or node.resolve(name)[0].startswith(GONE_SPACES):
            del node.attributes[name]
    node.children = [
        child
        for child in node.children
        if isinstance(child, str) or not child.key[0].startswith(GONE_SPACES)
    ]
    for child in node.elements:
        _remove_spaces(child)


def _merge(root: Node, more: Node) -> None:
    """Add what an extension says to the packet."""
    graph = next(graphs(root))
    for node in descriptions(more):
        graph.children.append(_standing_alone(node, node))


def _standing_alone(node: Node, inside: Node) -> Node:
    """An element with all the namespaces that held where it stood."""
    spaces = {
        f"xmlns:{prefix}" if prefix else "xmlns": uri
        for prefix, uri in inside.spaces.items()
        if prefix != "xml"
    }
    alone = Node(node.name, {**spaces, **node.attributes}, node.spaces, node.children)
    used = written(node, wrapped=False).decode()
    alone.attributes = {
        name: value
        for name, value in alone.attributes.items()
        if name in node.attributes or name == "xmlns" or f"{name.removeprefix('xmlns:')}:" in used
    }
    return alone


def _description(graph: Node) -> Node:
    """A description more, of the same photo."""
    about = ""
    for node in graph.elements:
        about = next(
            (v for k, v in node.attributes.items() if node.resolve(k) == (RDF, "about")), ""
        )
        break
    spaces = {**graph.spaces, "rdf": RDF, "xml": XML}
    return Node("rdf:Description", {"xmlns:rdf": RDF, "rdf:about": about}, spaces)


def _list(kind: str, items: Sequence[str]) -> Node:
    """Seq or Alt, with its own rdf prefix."""
    entry = {"xml:lang": "x-default"} if kind == "Alt" else {}
    made = Node(f"rdf:{kind}", {"xmlns:rdf": RDF}, {})
    made.children = [Node("rdf:li", dict(entry), {}, [item]) for item in items]
    return made


def _keys(node: Node) -> list[Key]:
    """The properties of a description."""
    return [node.resolve(name) for name in node.attributes] + [one.key for one in node.elements]


def _size(node: Node) -> int:
    """Bytes of an element."""
    return len(written(node, wrapped=False))
