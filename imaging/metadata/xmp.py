"""XMP of a result: its own words on size, colours and profile are true, all else stays."""

import re
from collections.abc import Mapping, Sequence

from imaging.metadata.rdf import RDF, Node, descriptions, empty, graphs, read
from imaging.metadata.regions import turn_regions
from imaging.metadata.resolution import RATIO
from imaging.metadata.result import Result
from imaging.metadata.xmp_extended import NOTE, description, merge

TIFF, EXIF = "http://ns.adobe.com/tiff/1.0/", "http://ns.adobe.com/exif/1.0/"
EXIF_EX = "http://cipa.jp/exif/1.0/"
PHOTOSHOP, XAP = "http://ns.adobe.com/photoshop/1.0/", "http://ns.adobe.com/xap/1.0/"
DC, CAMERA_RAW = "http://purl.org/dc/elements/1.1/", "http://ns.adobe.com/camera-raw-settings/1.0/"
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
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML 1.0
PREFIXES = {"dc": DC, "xmp": XAP, "photoshop": PHOTOSHOP}
LISTS = {(DC, "title"): "Alt", (DC, "description"): "Alt", (DC, "rights"): "Alt",
         (DC, "creator"): "Seq", (DC, "subject"): "Bag",
         (PHOTOSHOP, "SupplementalCategories"): "Bag"}  # fmt: skip

Key = tuple[str, str]  # namespace, local name


def described(packet: bytes, more: bytes, result: Result) -> Node:
    """The tree of a packet and of its extension, true of a result.

    Raises:
        XmpError: the packet, or its extension, cannot be read.
    """
    root = read(packet)
    if more:
        merge(root, read(more))
    words = _words(result)
    for node in descriptions(root):
        _tell(node, words)
    turn_regions(root, result.turned, (result.width, result.height))
    _remove_spaces(root)
    return root


def add_texts(root: Node | None, texts: Mapping[Key, Sequence[str]]) -> Node:
    """A packet that says some texts, too, where it has none of these properties yet."""
    root = root or empty()
    known = {key for node in descriptions(root) for key in _keys(node)}
    missing = {key: text for key, text in texts.items() if key not in known}
    if not missing:
        return root
    graph = next(graphs(root))
    node = description(graph)
    for (space, local), said in missing.items():
        items = [UNWRITABLE.sub("", one) for one in said]
        prefix = next(name for name, uri in PREFIXES.items() if uri == space)
        kind = LISTS.get((space, local))
        child = Node(f"{prefix}:{local}", {f"xmlns:{prefix}": space}, {prefix: space})
        child.children = [_list(kind, items if kind != "Alt" else items[:1]) if kind else items[0]]
        node.children.append(child)
    graph.children.append(node)
    return root


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


def _list(kind: str, items: Sequence[str]) -> Node:
    """Seq or Alt, with its own rdf prefix."""
    entry = {"xml:lang": "x-default"} if kind == "Alt" else {}
    made = Node(f"rdf:{kind}", {"xmlns:rdf": RDF}, {})
    made.children = [Node("rdf:li", dict(entry), {}, [item]) for item in items]
    return made


def _keys(node: Node) -> list[Key]:
    """The properties of a description."""
    return [node.resolve(name) for name in node.attributes] + [one.key for one in node.elements]
