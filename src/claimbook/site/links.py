"""Where things stand in the site, and how a notebook's own links lead there.

A page is named as Sphinx names it: its path without ending. Addresses are relative, so that the
site works from any folder and without a server.
"""

import re
from collections.abc import Callable, Mapping
from posixpath import relpath

from claimbook.show.card_links import NOTEBOOK, anchor

FIGURES, DOWNLOADS, MACHINE = "figures", "downloads", "machine"
"""Folders of the site for files."""
CARDS = f"notebooks/{NOTEBOOK.removesuffix('.ipynb')}"
INDEX, WORKS, ERRATA, WHATIF, DATA, OPEN = "index", "works", "errata", "what-if", "data", "open"
"""Pages of the site."""
PDF = "collection.pdf"

_CARD = re.compile(rf"(?:{re.escape(NOTEBOOK)})?#(claim-[A-Za-z0-9_.-]+)")
_NOTEBOOK = re.compile(r"([A-Za-z0-9][\w-]*)\.ipynb(#[A-Za-z][\w.-]*)?", re.ASCII)


def claim_page(claim: str) -> str:
    """Return the page of a claim's card."""
    return f"claims/{anchor(claim).removeprefix('claim-')}"


def notebook_page(stem: str) -> str:
    """Return the page of a notebook."""
    return f"notebooks/{stem}"


def to_page(page: str, here: str) -> str:
    """Return the address of a page, seen from the page `here`."""
    return to_file(f"{page}.html", here)


def to_file(path: str, here: str) -> str:
    """Return the address of a file of the site, seen from the page `here`."""
    return relpath(path, here.rpartition("/")[0] or ".")


def follower(here: str, files: Mapping[str, str]) -> Callable[[str], str]:
    """Return a function that turns an address in a notebook into one for the page `here`.

    Links to cards and notebooks lead to their pages, links to `files` (address in a notebook ->
    path in the site) to what was published of them. All others stay as they are.
    """

    def follow(address: str) -> str:
        if card := _CARD.fullmatch(address):
            return to_page(f"claims/{card[1].removeprefix('claim-')}", here)
        if found := _NOTEBOOK.fullmatch(address):
            return to_page(notebook_page(found[1]), here) + (found[2] or "")
        return to_file(files[address], here) if address in files else address

    return follow
