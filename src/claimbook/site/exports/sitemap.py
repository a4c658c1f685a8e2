"""The list of pages for search engines, after the sitemaps.org protocol, version 0.9."""

from collections.abc import Iterable
from datetime import date
from urllib.parse import quote

from claimbook.site.markup import render


def sitemap(pages: Iterable[str], address: str, changed: date) -> str:
    """Return the sitemap of a site as XML.

    pages: paths relative to the site, such as ``10-the-figures.html``. address: where the site is
    published, with a slash at its end; the protocol knows no relative addresses, so a site without
    one has no sitemap. changed: day of the last change.
    """
    addresses = [address + quote(page) for page in sorted(pages)]
    return render("sitemap.xml.jinja", addresses=addresses, changed=changed.isoformat())
