"""Faces and other regions that XMP marks: they turn with the photo."""

from collections.abc import Callable

from imaging.metadata.rdf import RDF, Node

AREA = "http://ns.adobe.com/xmp/sType/Area#"  # x, y of the middle, w, h; 0 to 1 of the stored photo
DIMENSIONS = "http://ns.adobe.com/xap/1.0/sType/Dimensions#"
MWG_REGIONS = "http://www.metadataworkinggroup.com/schemas/regions/"
MICROSOFT = "http://ns.microsoft.com/photo/1.2/t/Region#"  # "x, y, w, h", x and y of the corner
# orientation of EXIF -> where a point of the stored photo is in the upright one
POINTS: dict[int, Callable[[float, float], tuple[float, float]]] = {
    2: lambda x, y: (1 - x, y),
    3: lambda x, y: (1 - x, 1 - y),
    4: lambda x, y: (x, 1 - y),
    5: lambda x, y: (y, x),
    6: lambda x, y: (1 - y, x),
    7: lambda x, y: (1 - y, 1 - x),
    8: lambda x, y: (y, 1 - x),
}
QUARTER = 5  # from here on, width and height change places


def turn_regions(root: Node, turned: int, size: tuple[int, int]) -> None:
    """Turn all regions of a packet as its photo was turned, and tell the size they are of.

    Args:
        root: of the packet.
        turned: EXIF's orientation, 1 to 8.
        size: of the upright photo, px.
    """
    for node in root.elements:
        if node.key == (MWG_REGIONS, "AppliedToDimensions"):
            _set(node, DIMENSIONS, {"w": str(size[0]), "h": str(size[1])})
        elif turned in POINTS and node.key == (MWG_REGIONS, "Area"):
            _turn_area(node, turned)
        elif turned in POINTS:
            _turn_microsoft(node, turned)
        turn_regions(node, turned, size)


def _turn_area(node: Node, turned: int) -> None:
    """One of the Metadata Working Group's, by its middle."""
    found = {
        local: value for (space, local), value in _values(_holder(node)).items() if space == AREA
    }
    try:
        x, y = POINTS[turned](float(found["x"]), float(found["y"]))
    except (KeyError, ValueError):
        return
    told = {"x": f"{x:.6g}", "y": f"{y:.6g}"}
    if turned >= QUARTER and "w" in found and "h" in found:
        told |= {"w": found["h"], "h": found["w"]}
    _set(node, AREA, told)


def _turn_microsoft(node: Node, turned: int) -> None:
    """One of Microsoft's, by its corner."""
    found = _values(node).get((MICROSOFT, "Rectangle"))
    if found is None:
        return
    try:
        x, y, w, h = (float(part) for part in found.split(","))
    except ValueError:
        return
    middle_x, middle_y = POINTS[turned](x + w / 2, y + h / 2)
    w, h = (h, w) if turned >= QUARTER else (w, h)
    rectangle = ", ".join(f"{one:.6g}" for one in (middle_x - w / 2, middle_y - h / 2, w, h))
    _set(node, MICROSOFT, {"Rectangle": rectangle})


def _values(node: Node) -> dict[tuple[str, str], str]:
    """The simple properties of a structure, as attributes or as elements."""
    values = {node.resolve(name): value for name, value in node.attributes.items()}
    for child in node.elements:
        if not child.elements:
            values[child.key] = "".join(one for one in child.children if isinstance(one, str))
    return values


def _holder(node: Node) -> Node:
    """What has the properties of a structure: its element, or a description in that."""
    inner = [child for child in node.elements if child.key == (RDF, "Description")]
    return inner[0] if inner else node


def _set(node: Node, space: str, told: dict[str, str]) -> None:
    """Set those of them that there are."""
    holder = _holder(node)
    for name in holder.attributes:
        key = holder.resolve(name)
        if key[0] == space and key[1] in told:
            holder.attributes[name] = told[key[1]]
    for child in holder.elements:
        if child.key[0] == space and child.key[1] in told:
            child.children = [told[child.key[1]]]
