"""The pages of the book kept between builds while nothing that they depend on changes.

Loading the book and making its pages takes some five of seven seconds of a build after one
notebook changed. The key is the content of every file that the pages are made from, code included.
"""

import hashlib
import pickle
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from claimbook.book.folders import code_files
from claimbook.book.storage import write_whole
from claimbook.site.context import CITATION, Site
from claimbook.site.exports.crate import Provenance
from claimbook.site.markup import TEMPLATES

LIBRARIES = ("jinja2", "markdown-it-py", "pandas", "pybtex")
"""Whose releases may word or format a page otherwise."""


@dataclass(frozen=True)
class BookPages:
    """The pages that follow from the book, and stay the same while only notebooks change.

    name: of the site. sources: page -> Markdown, of all pages but the notebooks. cards: pages of
    the cards, in the order of the text. further: pages after the notebooks. linked: address in a
    notebook -> path in the site, for files that are published. files: path in the site -> content,
    or the file to copy. preview: description and alternative text of a shared link. machine: path
    in the crate -> content of what is made for machines. provenance: what the crate tells of the
    book. The last three are None where nobody can cite the collection.
    """

    name: str
    sources: dict[str, str]
    cards: list[str]
    further: list[str]
    linked: dict[str, str]
    files: dict[str, bytes | Path]
    preview: tuple[str, str] | None = None
    machine: dict[str, bytes] | None = None
    provenance: Provenance | None = None


def cached_book_pages(site: Site, path: Path) -> BookPages:
    """Return the pages of the book, from the file `path` if they are still right."""
    key = fingerprint(site)
    try:
        known, asked, seen, pages = pickle.loads(path.read_bytes())
        if known == key and _shown_of_notebooks(site, *asked) == seen:
            return pages
    except Exception:  # none yet, or of another time
        pass
    from claimbook.site.pages import book_pages

    pages = book_pages(site)
    asked = (site.book.claims["claim"].tolist(), site.about.picture)
    kept = (key, asked, _shown_of_notebooks(site, *asked), pages)
    write_whole(path, pickle.dumps(kept))
    return pages


def _shown_of_notebooks(site: Site, claims: list[str], picture: str | None) -> tuple:
    """Return what the pages of the book show of notebooks: titles, claims named, one picture."""
    return site.titles, site.mentions(claims), picture and site.picture(picture)


def fingerprint(site: Site) -> str:
    """Return a digest of all that the pages of the book are made from, but for the notebooks."""
    hashed = hashlib.sha256()
    files = [*sorted(site.data.rglob("*")), *code_files(site.root), *sorted(TEMPLATES.iterdir())]
    for path in filter(Path.is_file, [*files, site.root / CITATION]):
        content = path.read_bytes()
        hashed.update(f"{path}:{len(content)}:".encode() + content)
    run = (site.digest, site.scenario, site.updates, site.answers)
    versions = [sys.version, *map(version, LIBRARIES)]
    hashed.update(repr((run, versions, site.changed, site.pdf, str(site.root))).encode())
    return hashed.hexdigest()
