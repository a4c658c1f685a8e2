"""Pictures that stand in a page itself, with links on their boxes."""

import re
from xml.etree import ElementTree

from markupsafe import Markup

from claimbook.show.card_links import anchor

_SVG = "{http://www.w3.org/2000/svg}"
_NAMESPACES = {"": "http://www.w3.org/2000/svg", "xlink": "http://www.w3.org/1999/xlink"}


def svg_size(svg: str) -> tuple[int, int] | None:
    """Return width and height of a picture in pixels, if it tells them."""
    found = re.search(r'\sviewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    return found and tuple(round(float(number) * 96 / 72) for number in found.groups())


def linked_svg(svg: str, alt: str, links: dict[str, tuple[str, str]]) -> Markup:
    """Return an SVG to stand in a page itself, with links on the groups named after claims.

    links: claim -> address and spoken name. Ids that nothing refers to are dropped.
    """
    for prefix, address in _NAMESPACES.items():
        ElementTree.register_namespace(prefix, address)
    root = ElementTree.fromstring(svg)
    anchors = {anchor(claim): link for claim, link in links.items()}
    for parent in list(root.iter()):
        for waste in [*parent.findall(f"{_SVG}metadata"), *parent.findall(f"{_SVG}title")]:
            parent.remove(waste)
        for place, child in enumerate(list(parent)):
            if child.tag == f"{_SVG}g" and child.get("id") in anchors:
                address, spoken = anchors[child.get("id")]
                link = ElementTree.Element(f"{_SVG}a", {"href": address, "aria-label": spoken})
                link.tail, child.tail = child.tail, None
                link.append(child)
                parent[place] = link
    text = ElementTree.tostring(root, encoding="unicode")
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', text))
    for element in root.iter():
        if element.get("id") and element.get("id") not in used:
            del element.attrib["id"]
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.attrib |= {"role": "group", "aria-label": alt}
    return Markup(ElementTree.tostring(root, encoding="unicode"))
