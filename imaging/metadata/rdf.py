"""XMP as a tree: read without entities and under bounds, written as UTF-8."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XML = "http://www.w3.org/XML/1998/namespace"
DEEPEST = 60
MOST_NODES = 100_000  # elements and attributes
BEGIN = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
END = '\n<?xpacket end="w"?>'
EMPTY = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="' + RDF + '">'
    '<rdf:Description rdf:about=""/></rdf:RDF></x:xmpmeta>'
)
FAILURES = (expat.ExpatError, UnicodeError, LookupError)


class XmpError(ValueError):
    """A packet is damaged, too large, or has a document type, which XMP never has."""


@dataclass
class Node:
    """An element: its name as written, its attributes, texts and elements in it.

    Attributes:
        spaces: prefix -> namespace, as they hold inside of it.
    """

    name: str
    attributes: dict[str, str]
    spaces: Mapping[str, str]
    children: list["Node | str"] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and local name."""
        return self.resolve(self.name, is_element=True)

    def resolve(self, name: str, *, is_element: bool = False) -> tuple[str, str]:
        """Namespace and local name of an attribute or an element."""
        prefix, colon, local = name.rpartition(":")
        space = self.spaces.get(prefix, "") if colon or is_element else ""
        return space, local

    @property
    def elements(self) -> list["Node"]:
        """The elements in it."""
        return [child for child in self.children if isinstance(child, Node)]


def read(packet: bytes) -> Node:
    """The root of a packet.

    Raises:
        XmpError: it is no XMP that could be kept.
    """
    builder = _Builder()
    try:
        builder.parser.Parse(_plain(packet), True)
    except FAILURES as error:
        raise XmpError(str(error)) from error
    if builder.root is None or not list(graphs(builder.root)):
        raise XmpError("it has no RDF")
    return builder.root


def empty() -> Node:
    """A packet that says nothing."""
    return read(EMPTY.encode())


def written(root: Node, *, wrapped: bool = True) -> bytes:
    """A packet as UTF-8, without the padding that it may have had."""
    parts: list[str] = []
    _write(root, parts)
    whole = "".join(parts)
    return (BEGIN + whole + END if wrapped else whole).encode("utf-8")


def graphs(root: Node) -> Iterator[Node]:
    """The elements rdf:RDF, of which there should be one."""
    if root.key == (RDF, "RDF"):
        yield root
    else:
        for child in root.elements:
            if child.key == (RDF, "RDF"):
                yield child


def descriptions(root: Node) -> Iterator[Node]:
    """The elements whose attributes and elements are the photo's properties."""
    for graph in graphs(root):
        yield from graph.elements


def _plain(packet: bytes) -> bytes:
    """A packet without what surrounds it; expat reads UTF-8 and UTF-16, but no UTF-32."""
    for mark, encoding in ((b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"),
                           (b"<\0\0\0", "utf-32-le"), (b"\0\0\0<", "utf-32-be")):  # fmt: skip
        if packet.startswith(mark):
            text = packet[: len(packet) // 4 * 4].decode(encoding)
            return re.sub(r"<\?xml .*?\?>", "", text, count=1).strip("\0\ufeff \r\n\t").encode()
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"),
                           (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be")):  # fmt: skip
        if packet.startswith(mark):
            text = packet[: len(packet) // 2 * 2].decode(encoding)
            return re.sub(r"<\?xml .*?\?>", "", text, count=1).strip("\0\ufeff \r\n\t").encode()
    return packet[: packet.rfind(b">") + 1].lstrip(b"\0 \r\n\t")


class _Builder:
    """Makes the tree of what expat tells of; a document type ends it."""

    def __init__(self) -> None:
        """Give expat its handlers."""
        self.root: Node | None = None
        self.open: list[Node] = []
        self.left = MOST_NODES
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self.refuse
        self.parser.EntityDeclHandler = self.refuse
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text

    def refuse(self, *_: object) -> None:
        """Of document types and entities."""
        raise XmpError("it has a document type")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Open an element."""
        self.left -= 1 + len(attributes)
        if self.left < 0 or len(self.open) >= DEEPEST:
            raise XmpError("it has too many elements, or they are too deep")
        spaces: Mapping[str, str] = self.open[-1].spaces if self.open else {"xml": XML}
        declared = {
            key.removeprefix("xmlns").removeprefix(":"): value
            for key, value in attributes.items()
            if key == "xmlns" or key.startswith("xmlns:")
        }
        if declared:
            spaces = {**spaces, **declared}
            self.left -= len(spaces)  # each such element holds all of them
        node = Node(name, attributes, spaces)
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.root = node
        self.open.append(node)

    def end(self, _: str) -> None:
        """Close it."""
        self.open.pop()

    def text(self, text: str) -> None:
        """Add to it."""
        self.open[-1].children.append(text)


def _write(node: Node, parts: list[str]) -> None:
    """Add an element to the parts of a packet."""
    parts.append(f"<{node.name}")
    parts.extend(
        f' {key}="{_escaped(value, attribute=True)}"' for key, value in node.attributes.items()
    )
    if not node.children:
        parts.append("/>")
        return
    parts.append(">")
    for child in node.children:
        if isinstance(child, Node):
            _write(child, parts)
        else:
            parts.append(_escaped(child))
    parts.append(f"</{node.name}>")


def _escaped(text: str, *, attribute: bool = False) -> str:
    """Text as XML has it."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = text.replace("\r", "&#xD;")
    if attribute:
        text = text.replace('"', "&quot;").replace("\n", "&#xA;").replace("\t", "&#x9;")
    return text
