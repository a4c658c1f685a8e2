"""The works: bibliographies as pybtex formats them, and the corrections offered."""

import html
import re
from pathlib import Path

from pybtex.database import BibliographyData, Entry
from pybtex.exceptions import PybtexError
from pybtex.plugin import find_plugin

from claimbook.book.bibliography import format_entry_html, load_bibliography, printed_authors
from claimbook.book.book import BIBLIOGRAPHY
from claimbook.book.text import markdown_text, safe_link
from claimbook.citations.audit import audit
from claimbook.citations.corrections import CORRECTED, CORRECTED_COLUMNS, errata
from claimbook.site.fragments import markdown_html, raw
from claimbook.site.links import DOWNLOADS
from claimbook.site.record import Record

WORKS, ERRATA = "works", "errata"
PRINTED_BIB, CORRECTED_BIB = "printed.bib", "corrected.bib"
PREFIXES = {PRINTED_BIB: "printed-", CORRECTED_BIB: "is-"}
"""What is put before the keys in anchors: the lists name the same works, and share a page."""


def bibliographies(record: Record) -> dict[str, Path]:
    """Return name -> file of the lists that there are: as printed, and as they are."""
    folder = record.book.folder
    files = {PRINTED_BIB: folder / BIBLIOGRAPHY, CORRECTED_BIB: folder / CORRECTED}
    return {name: path for name, path in files.items() if path.is_file()}


def formatted(bibliography: BibliographyData) -> dict[str, str]:
    """Return key -> HTML of every entry in pybtex's plain style, sorted as that style sorts.

    An address that is not http or https is left out, because pybtex would make a link of it. An
    entry that lacks what the style needs is told in the way of the claim cards.
    """
    style = find_plugin("pybtex.style.formatting", "plain")()
    backend = find_plugin("pybtex.backends", "html")()
    shown = {}
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
            text = made.text.render(backend)
            shown[key] = re.sub(r'<span class="bibtex-protected">(.*?)</span>', r"\1", text)
        except (PybtexError, AttributeError):  # a field or a kind of entry that the style lacks
            shown[key] = format_entry_html(key, bibliography)
    order = sorted(shown, key=lambda k: (printed_authors(bibliography.entries[k]).casefold(), k))
    return {key: " ".join(shown[key].split()) for key in order}


def works_page(record: Record) -> str:
    """Return the source of the page with the bibliographies."""
    text = markdown_text(record.about.text)
    lists = bibliographies(record)
    downloads = {
        PRINTED_BIB: f"[as {text} prints them]({DOWNLOADS}/{PRINTED_BIB})",
        CORRECTED_BIB: f"[as they are]({DOWNLOADS}/{CORRECTED_BIB}), for a reference manager",
    }
    told = " and ".join(downloads[name] for name in lists)
    parts = ["# The works", f"The same lists in BibTeX: {told}."]
    if CORRECTED_BIB in lists:
        parts += ["## As they are", f"What {text} cites, as far as it could be identified."]
        parts.append(_list(lists[CORRECTED_BIB], PREFIXES[CORRECTED_BIB]))
    where = f" [The errata]({ERRATA}.html) say what differs." if errata_text(record) else ""
    parts += [
        "## As printed",
        f"The reference list of {text}, misprints included. A printed DOI may lead to another "
        f"work.{where}",
        _list(lists[PRINTED_BIB], PREFIXES[PRINTED_BIB]),
    ]
    return "\n\n".join(parts) + "\n"


def _list(path: Path, prefix: str) -> str:
    entries = formatted(load_bibliography(path))
    items = "".join(
        f'<li id="{html.escape(prefix + key, quote=True)}">{entry}</li>'
        for key, entry in entries.items()
    )
    return raw(f'<ul class="works">{items}</ul>')


def errata_text(record: Record) -> str:
    """Return the errata as Markdown, or ``""`` where the book has no data for them."""
    works = record.book.table("references")
    if not CORRECTED_COLUMNS.issubset(works.columns):
        return ""
    return errata(audit(record.book.bibliography, works, record.book.claims), works)


def errata_page(text: str) -> str:
    """Return the source of the page of errata; its text is final HTML but for the headings."""
    parts = re.split(r"^(#+ .*)$", text, flags=re.M)
    return "\n\n".join(
        part if part.startswith("#") else raw(markdown_html(part)) for part in parts if part.strip()
    )
