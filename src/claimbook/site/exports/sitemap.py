"""The list of pages for search engines, after the sitemaps.org protocol, version 0.9."""

from collections.abc import Iterable
from datetime import date
from urllib.parse import quote
from xml.etree import ElementTree

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def sitemap(pages: Iterable[str], address: str, changed: date) -> str:
    """Return the sitemap of a site as XML.

    pages: paths relative to the site, such as ``10-the-figures.html``. address: where the site is
    published, with a slash at its end; the protocol knows no relative addresses, so a site without
    one has no sitemap. changed: day of the last change.
    """
    ElementTree.register_namespace("", NAMESPACE)
    urls = ElementTree.Element(f"{{{NAMESPACE}}}urlset")
    for page in sorted(pages):
        url = ElementTree.SubElement(urls, f"{{{NAMESPACE}}}url")
        ElementTree.SubElement(url, f"{{{NAMESPACE}}}loc").text = address + quote(page)
        ElementTree.SubElement(url, f"{{{NAMESPACE}}}lastmod").text = changed.isoformat()
    ElementTree.indent(urls)
    return ElementTree.tostring(urls, encoding="utf-8", xml_declaration=True).decode() + "\n"
