"""What follows from the book, remembered between builds while nothing that it depends on changes.

Loading and checking the book takes longer than all else in a build after one notebook changed. The
memory is keyed on the content of every file that the pages are made from, the code among them.
"""

import hashlib
import inspect
import pickle
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from claimbook.book.folders import code_files
from claimbook.book.storage import write_whole
from claimbook.site.machines import CITATION
from claimbook.site.pages import BookPages
from claimbook.site.results import Results

LIBRARIES = ("pandas", "pybtex", "markdown-it-py")
"""Whose releases may word or format a page otherwise."""


def book_pages_of(results: Results, changed: str | None, memory: Path) -> BookPages:
    """Return the pages of the book, from the file `memory` if they are still right.

    Raises InputError as `book_pages.book_pages` does.
    """
    key = fingerprint(results, changed)
    try:
        known, named, pages = pickle.loads(memory.read_bytes())
        # a card also tells which notebooks name its claim
        if known == key and results.mentions(named) == named:
            return pages
    except Exception:  # none yet, or of another time
        pass
    from claimbook.site.book_pages import book_pages

    pages = book_pages(results, changed)
    named = results.mentions(card.claim for card in pages.cards.values())
    write_whole(memory, pickle.dumps((key, named, pages)))
    return pages


def remembered(memory: Path, make: Callable[..., str], *given) -> str:
    """Return ``make(*given)``, from the folder `memory` if it was made before."""
    parts = [sorted(part) if isinstance(part, set) else part for part in given]
    code = Path(inspect.getfile(make)).read_bytes()
    path = memory / hashlib.sha256(code + repr(parts).encode()).hexdigest()
    if path.is_file():
        return path.read_text(encoding="utf-8")
    made = make(*given)
    write_whole(path, made)
    return made


def _citation(results: Results) -> bytes:
    path = results.root / CITATION
    return path.read_bytes() if path.is_file() else b""


def fingerprint(results: Results, changed: str | None) -> str:
    """Return a digest of all that the pages of the book are made from, but for the notebooks."""
    hashed = hashlib.sha256()
    files = [*sorted(results.data.glob("**/*")), *code_files(results.root)]
    for path in filter(Path.is_file, files):
        content = path.read_bytes()
        hashed.update(f"{path}:{len(content)}:".encode() + content)
    versions = [sys.version, *map(version, LIBRARIES)]
    given = (results.digest, results.scenario, results.updates, results.answers, str(results.root))
    given += (list(results.notebooks), _citation(results))
    hashed.update(repr((versions, changed, given)).encode())
    return hashed.hexdigest()
