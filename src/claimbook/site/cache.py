"""The pages of the book kept between builds while nothing that they depend on changes.

Loading the book and making its pages takes some five of seven seconds of a build after one
notebook changed. The key is the content of every file that the pages are made from, code included.
"""

import hashlib
import pickle
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import claimbook
from claimbook.book.storage import write_whole
from claimbook.site.context import CITATION, Site

if TYPE_CHECKING:
    from claimbook.site.pages import BookPages

LIBRARIES = ("jinja2", "markdown-it-py", "pandas", "pybtex")
"""Whose releases may word or format a page otherwise."""


def cached_book_pages(site: Site, path: Path) -> "BookPages":
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
    code = Path(claimbook.__file__).parent
    files = [*site.data.rglob("*"), *code.rglob("*.py"), *code.rglob("*.jinja")]
    for path in sorted(filter(Path.is_file, [*files, site.root / CITATION])):
        content = path.read_bytes()
        hashed.update(f"{path}:{len(content)}:".encode() + content)
    run = (site.digest, site.scenario, site.updates, site.answers)
    versions = [sys.version, *map(version, LIBRARIES)]
    hashed.update(repr((run, versions, site.changed, site.pdf, str(site.root))).encode())
    return hashed.hexdigest()
