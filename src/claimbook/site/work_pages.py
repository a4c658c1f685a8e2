"""The works: bibliographies as pybtex formats them, and the corrections offered."""

import re
from pathlib import Path

from markupsafe import Markup
from pybtex.database import BibliographyData, Entry
from pybtex.exceptions import PybtexError
from pybtex.plugin import find_plugin

from claimbook.book.bibliography import format_entry_html, load_bibliography, printed_authors
from claimbook.book.book import BIBLIOGRAPHY
from claimbook.book.text import safe_link
from claimbook.citations.audit import audit
from claimbook.citations.corrections import CORRECTED, CORRECTED_COLUMNS, errata
from claimbook.site.context import Site
from claimbook.site.links import DOWNLOADS, ERRATA, WORKS, to_page
from claimbook.site.markup import html_block, markdown_html, render

PRINTED_BIB, CORRECTED_BIB = "printed.bib", "corrected.bib"


def bibliographies(site: Site) -> dict[str, Path]:
    """Return name -> file of the lists that there are: as printed, and as they are."""
    folder = site.book.folder
    files = {PRINTED_BIB: folder / BIBLIOGRAPHY, CORRECTED_BIB: folder / CORRECTED}
    return {name: path for name, path in files.items() if path.is_file()}


def formatted(bibliography: BibliographyData) -> dict[str, str]:
    """Return key -> HTML of every entry in pybtex's plain style, sorted as that style sorts.

    An address that is not http or https is left out, because pybtex would make a link of it. An
    entry that lacks what the style needs is told in the way of the claim cards.
    """
    style = find_plugin("pybtex.style.formatting", "plain")()
    backend = find_plugin("pybtex.backends", "html")()
    texts = {}
    for key, entry in bibliography.entries.items():
        fields = {
            name: value
            for name, value in entry.fields.items()
            if name.lower() != "url" or safe_link(value)
        }
        kept = Entry(entry.type, fields=fields, persons=entry.persons)
        kept.key = key
        try:
            (made,) = style.format_entries([kept])
            texts[key] = made.text.render(backend)
        except (PybtexError, AttributeError):  # a field or a kind of entry that the style lacks
            texts[key] = format_entry_html(key, bibliography)
    order = sorted(texts, key=lambda k: (printed_authors(bibliography.entries[k]).casefold(), k))
    return {key: " ".join(texts[key].split()) for key in order}


def works_page(site: Site) -> str:
    """Return the source of the page with the bibliographies."""
    lists = {
        name: formatted(load_bibliography(path)) for name, path in bibliographies(site).items()
    }
    return render(
        "works.md.jinja",
        text=site.about.text,
        printed=_items(lists[PRINTED_BIB], "printed-"),
        # the lists name the same works, and share a page
        corrected=_items(lists.get(CORRECTED_BIB, {}), "is-"),
        printed_file=f"{DOWNLOADS}/{PRINTED_BIB}",
        corrected_file=f"{DOWNLOADS}/{CORRECTED_BIB}",
        errata=to_page(ERRATA, WORKS) if errata_text(site) else None,
    )


def _items(entries: dict[str, str], prefix: str) -> dict[str, Markup]:
    return {prefix + key: Markup(entry) for key, entry in entries.items()}


def errata_text(site: Site) -> str:
    """Return the errata as Markdown, or ``""`` where the book has no data for them."""
    book, works = site.book, site.book.table("references")
    if not CORRECTED_COLUMNS.issubset(works.columns):
        return ""
    return errata(audit(book.bibliography, works, book.claims), works)


def errata_page(text: str) -> str:
    """Return the source of the page of errata; its text is final HTML but for the headings."""
    parts = filter(str.strip, re.split(r"^(#+ .*)$", text, flags=re.M))
    return "\n\n".join(
        part if part.startswith("#") else html_block(markdown_html(part)) for part in parts
    )
