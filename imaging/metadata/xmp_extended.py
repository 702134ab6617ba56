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


def _size(node: Node) -> int:
    """Bytes of an element."""
    return len(written(node, wrapped=False))
