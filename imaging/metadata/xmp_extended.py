"""XMP above 64 kB in a JPEG: a packet that names an extension, whose properties are its own."""

import hashlib

from imaging.metadata.rdf import RDF, XML, Node, descriptions, empty, graphs, written

NOTE = "http://ns.adobe.com/xmp/note/"


def merge(root: Node, more: Node) -> None:
    """Add what an extension says to the packet."""
    graph = next(graphs(root))
    for node in descriptions(more):
        graph.children.append(_standing_alone(node, node))


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
    moved: set[int] = set()
    for n_bytes, i in sized:
        if size <= most:
            break
        child, node = found[i]
        target.children.append(_standing_alone(child, node))
        moved.add(id(child))
        size -= n_bytes
    for node in descriptions(root):
        node.children = [one for one in node.children if id(one) not in moved]
    extension = written(more, wrapped=False)
    guid = hashlib.md5(extension, usedforsecurity=False).hexdigest().upper()
    graph = next(graphs(root))
    named = description(graph)
    named.attributes.update({"xmlns:xmpNote": NOTE, "xmpNote:HasExtendedXMP": guid})
    graph.children.append(named)
    first = written(root)
    return (first, extension, guid.encode()) if len(first) <= most else (b"", b"", b"")


def description(graph: Node) -> Node:
    """A description more, of the same photo."""
    about = ""
    for node in graph.elements:
        about = next(
            (v for k, v in node.attributes.items() if node.resolve(k) == (RDF, "about")), ""
        )
        break
    spaces = {**graph.spaces, "rdf": RDF, "xml": XML}
    return Node("rdf:Description", {"xmlns:rdf": RDF, "rdf:about": about}, spaces)


def _standing_alone(node: Node, inside: Node) -> Node:
    """An element with those namespaces that it uses of where it stood."""
    used = _prefixes(node)
    spaces = {
        f"xmlns:{prefix}" if prefix else "xmlns": inside.spaces[prefix]
        for prefix in sorted(used)
        if prefix in inside.spaces and prefix not in ("xml", "xmlns")
    }
    return Node(node.name, {**spaces, **node.attributes}, node.spaces, node.children)


def _prefixes(node: Node) -> set[str]:
    """The prefixes of an element, its attributes and all in it."""
    found = {name.rpartition(":")[0] for name in (node.name, *node.attributes)}
    for child in node.elements:
        found |= _prefixes(child)
    return found


def _size(node: Node) -> int:
    """Bytes of an element."""
    return len(written(node, wrapped=False))
